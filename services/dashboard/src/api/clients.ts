/** The gateway's services over gRPC-web, on the page's own origin. */

import { createClient, type Interceptor } from "@connectrpc/connect";
import { createGrpcWebTransport } from "@connectrpc/connect-web";
import { PipelineService } from "@/gen/logmesh/v1/pipeline_service_pb";
import { QueryService } from "@/gen/logmesh/v1/query_service_pb";
import { TailService } from "@/gen/logmesh/v1/tail_service_pb";
import { readToken } from "./token";

const withToken: Interceptor = (next) => (request) => {
  const token = readToken();
  if (token) request.header.set("Authorization", `Bearer ${token}`);
  return next(request);
};

const transport = createGrpcWebTransport({ baseUrl: location.origin, interceptors: [withToken] });

export const queries = createClient(QueryService, transport);
export const pipeline = createClient(PipelineService, transport);
export const tails = createClient(TailService, transport);
