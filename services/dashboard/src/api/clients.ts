/** The gateway's services over gRPC-web, on the page's own origin. */

import { createClient, type Interceptor } from "@connectrpc/connect";
import { createGrpcWebTransport } from "@connectrpc/connect-web";
import { PipelineService } from "@/gen/logmesh/v1/pipeline_service_pb";
import { QueryService } from "@/gen/logmesh/v1/query_service_pb";
import { TailService } from "@/gen/logmesh/v1/tail_service_pb";
import { observe } from "@/lib/clock";
import { readToken } from "./token";

const withToken: Interceptor = (next) => (request) => {
  const token = readToken();
  if (token) request.header.set("Authorization", `Bearer ${token}`);
  return next(request);
};

const withClock: Interceptor = (next) => async (request) => {
  const sent = Date.now();
  const response = await next(request);
  observe(response.header.get("date"), sent, Date.now());
  return response;
};

const transport = createGrpcWebTransport({ baseUrl: location.origin, interceptors: [withToken, withClock] });

export const queries = createClient(QueryService, transport);
export const pipeline = createClient(PipelineService, transport);
export const tails = createClient(TailService, transport);
