"""OpenTelemetry's protocol: logs over gRPC and over HTTP, as protobuf and as JSON, answered as its specification says.

bytes  ->  columns, by compiled code or by protobuf's parser (attributes as JSON text)  ->  records  ->  the inlet
"""
