"""OpenTelemetry's protocol: logs over gRPC and over HTTP, as protobuf and as JSON, answered as its specification says.

bytes  ->  values (attributes as JSON text)  ->  records (columns)  ->  the inlet
"""
