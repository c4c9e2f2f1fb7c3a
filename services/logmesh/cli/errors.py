"""What ends a command that asks a gateway, and with which exit code: 1 it failed, 2 the question was wrong, 3 there is no such
thing, 4 a part of the answer is not known."""

import re
from typing import Final

import grpc

from logmesh.client.errors import ConnectionFailed, InvalidRequest, LogmeshError, Unauthenticated, Unsupported

FAILED = 1
USAGE = 2
UNKNOWN = 3
INCOMPLETE = 4

_DISTRUST: Final = re.compile(r"(?:CERTIFICATE_VERIFY_FAILED: |(?=Hostname Verification))(.+?)(?:: OK|\.)?$")
"""How gRPC words that a server's certificate is not believed."""
_NO_HANDSHAKE: Final = re.compile(r"OPENSSL_internal:(\w+)")
"""How it words that the two could not agree on TLS at all."""
_PLAINTEXT: Final = "WRONG_VERSION_NUMBER"
_NOBODY: Final = re.compile(
    "failed to connect|all backends failing|connection (?:refused|reset|timed out|attempt timed out)|socket closed|broken pipe"
    "|errors resolving|resolution failed|upstream connect error",
    re.IGNORECASE,
)
"""How gRPC, and an edge, word that there is nobody; a gateway speaks of the connections of its database, too."""


class CommandError(Exception):
    """A command can't go on. The message is one line for a person; `exit_code` is the process's."""

    def __init__(self, message: str, exit_code: int = FAILED) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def from_client(error: LogmeshError, gateway: str) -> CommandError:
    """What a question that failed means to the person who gave the command."""
    cause = error.__cause__
    if isinstance(error, InvalidRequest):
        return CommandError(str(error), USAGE)
    if isinstance(error, ConnectionFailed) and (distrust := _DISTRUST.search(said(error))):
        why = f"is not believed: {distrust[1]} (LOGMESH_TLS_CA names its authority)"
        return CommandError(f"the certificate of {gateway} {why}")
    if isinstance(error, ConnectionFailed) and (failure := _NO_HANDSHAKE.search(said(error))):
        if failure[1] == _PLAINTEXT:
            return CommandError(f"{gateway} does not speak TLS: write http://{gateway.removeprefix('https://')}")
        return CommandError(f"no TLS with {gateway}: {failure[1]}")
    if isinstance(error, ConnectionFailed) and _nobody_answers(said(error)):
        return CommandError(f"no gateway answers at {gateway}; is it running? (--gateway or LOGMESH_GATEWAY)")
    if isinstance(error, Unsupported):
        return CommandError(f"what answers at {gateway} is not a Logmesh gateway")
    if not isinstance(cause, grpc.RpcError):
        return CommandError(f"the gateway at {error}")  # which begins with its address
    hint = " (--token or LOGMESH_TOKEN)" if isinstance(error, Unauthenticated) else ""
    return CommandError(f"the gateway at {gateway} answers {cause.code().name}: {said(error)}{hint}")


def said(error: LogmeshError) -> str:
    """What the gateway itself said, in one line; what this library says, where that is all."""
    cause = error.__cause__
    return " ".join((cause.details() or cause.code().name).split()) if isinstance(cause, grpc.RpcError) else str(error)


def _nobody_answers(words: str) -> bool:
    """Whether it is no gateway that said so, but the lack of one."""
    return words == grpc.StatusCode.UNAVAILABLE.name or bool(_NOBODY.search(words))
