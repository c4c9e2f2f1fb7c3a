"""Messages and services, generated from protos/logmesh/v1 by `make stubs`."""
