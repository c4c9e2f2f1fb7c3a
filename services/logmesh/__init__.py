"""Log aggregation on gRPC: producers with a durable spool, processors that store exactly once, a gateway to query."""

__version__ = "0.1.0"
