"""What ends a command that asks a gateway, and with which exit code: 1 it failed, 2 the question was wrong, 3 there is no such
thing, 4 a part of the answer is not known."""

import grpc

FAILED = 1
USAGE = 2
UNKNOWN = 3
INCOMPLETE = 4


class CommandError(Exception):
    """A command can't go on. The message is one line for a person; `exit_code` is the process's."""

    def __init__(self, message: str, exit_code: int = FAILED) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def from_rpc(error: grpc.RpcError, gateway: str) -> CommandError:
    """What a failed call means to the person who gave the command."""
    code, details = error.code(), " ".join((error.details() or "").split())
    match code:
        case grpc.StatusCode.INVALID_ARGUMENT:
            return CommandError(details, USAGE)
        case grpc.StatusCode.UNAVAILABLE if not details or "connect" in details or "Socket closed" in details:
            return CommandError(f"no gateway answers at {gateway}; is it running? (--gateway or LOGMESH_GATEWAY)")
        case grpc.StatusCode.UNIMPLEMENTED:
            return CommandError(f"what answers at {gateway} is not a Logmesh gateway")
        case _:
            return CommandError(f"the gateway at {gateway} answers {code.name}: {details}")
