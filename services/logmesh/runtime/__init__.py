"""What every process shares: settings, logging and traces, the metric catalogue, the gRPC server and channel."""
