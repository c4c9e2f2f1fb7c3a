"""What `helm test` asks: does the gateway serve, does it know the pipeline's state, and is a processor ready? Ends with 1 if not.

With ASKS_FOR_TOKENS=true, does it serve, and refuse whoever shows no token?
"""

import os
import sys
from pathlib import Path

import grpc
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from grpc_health.v1.health_pb2_grpc import HealthStub

from logmesh.client.channel import Dialer
from logmesh.client.tls import TlsFiles
from logmesh.v1.pipeline_service_pb2 import GetSummaryRequest
from logmesh.v1.pipeline_service_pb2_grpc import PipelineServiceStub

gateway = os.environ.get("LOGMESH_GATEWAY", "gateway:50050")
asks_for_tokens = os.environ.get("ASKS_FOR_TOKENS") == "true"
limit_seconds = float(os.environ.get("LIMIT_SECONDS", "60"))
files = [
    Path(os.environ[name]) for name in ("LOGMESH_TLS_CERT", "LOGMESH_TLS_KEY", "LOGMESH_TLS_CA") if name in os.environ
]
try:
    with Dialer(gateway, TlsFiles(*files) if files else None).open_blocking() as channel:
        # A network policy that was made a moment ago may need some seconds until it is obeyed.
        health = HealthStub(channel).Check(HealthCheckRequest(), timeout=limit_seconds, wait_for_ready=True)
        print(f"{gateway} is {HealthCheckResponse.ServingStatus.Name(health.status)}")
        if health.status != HealthCheckResponse.SERVING:
            sys.exit("the pipeline is not ready")
        summary = PipelineServiceStub(channel).GetSummary(GetSummaryRequest(), timeout=limit_seconds)
except grpc.RpcError as error:
    if asks_for_tokens and error.code() is grpc.StatusCode.UNAUTHENTICATED:
        print(f"{gateway} asks for tokens; `logmesh status` with one says how many processors are ready")
        sys.exit()
    sys.exit(f"{gateway}: {error.code().name}: {error.details()}")
if asks_for_tokens:
    sys.exit(f"{gateway} answers whoever shows no token, although edge.jwt names an issuer of tokens")
print(f"{summary.processors_ready} of {summary.processors} processors are ready; {summary.stored} records are stored")
if not summary.processors_ready:
    sys.exit("the pipeline is not ready")
