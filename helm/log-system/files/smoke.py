"""What `helm test` asks: does the gateway serve, does it know the pipeline's state, and is a processor ready? Ends with 1 if not."""

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
limit_seconds = float(os.environ.get("LIMIT_SECONDS", "60"))
files = [
    Path(os.environ[name]) for name in ("LOGMESH_TLS_CERT", "LOGMESH_TLS_KEY", "LOGMESH_TLS_CA") if name in os.environ
]
try:
    with Dialer(gateway, TlsFiles(*files) if files else None).open_blocking() as channel:
        # A network policy that was made a moment ago may need some seconds until it is obeyed.
        health = HealthStub(channel).Check(HealthCheckRequest(), timeout=limit_seconds, wait_for_ready=True)
        summary = PipelineServiceStub(channel).GetSummary(GetSummaryRequest(), timeout=limit_seconds)
except grpc.RpcError as error:
    sys.exit(f"{gateway}: {error.code().name}: {error.details()}")
print(f"{gateway} is {HealthCheckResponse.ServingStatus.Name(health.status)}")
print(f"{summary.processors_ready} of {summary.processors} processors are ready; {summary.stored} records are stored")
if health.status != HealthCheckResponse.SERVING or not summary.processors_ready:
    sys.exit("the pipeline is not ready")
