"""What a request brings once its protocol is read, and why one is not taken."""

from dataclasses import dataclass, field

from logmesh.producer.sources import Chunk


@dataclass(slots=True)
class Received:
    """Records of one request. `told_apart`: their times tell it from every other request, and it is stored once however often it comes.
    Each record has one then, and where equal requests may be meant, as of lines, one is finer than a second.

    `refused` are those that can't be taken: their place in the request, and why. `identity`: bytes that are the same when the
    request is repeated, where its body's may be others; else empty.
    """

    chunk: Chunk
    told_apart: bool
    refused: list[tuple[int, str]] = field(default_factory=list)
    identity: bytes = b""


class RequestRefused(Exception):
    """The request can't be read, and never will be: its sender must not repeat it. The message says what is wrong with it."""


class Overloaded(Exception):
    """Nothing of the request was kept; it is to be repeated after `retry_after_seconds`."""

    def __init__(self, reason: str, retry_after_seconds: float = 1.0) -> None:
        super().__init__(reason)
        self.retry_after_seconds = retry_after_seconds
