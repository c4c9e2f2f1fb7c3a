"""Log aggregation on gRPC: producers with a durable spool, processors that store exactly once, a gateway that answers."""

__version__ = "0.1.0"
