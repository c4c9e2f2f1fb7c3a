"""HTTP/1.1 as a client would send it that follows no rules: the path goes out as it is given."""

import asyncio
import http.client
from dataclasses import dataclass

from logmesh.edge.options import Address


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer; names of headers are lower-case."""

    status: int
    headers: dict[str, str]
    body: str


async def get(address: Address, path: str, *, method: str = "GET", body: str = "", **headers: str) -> Answer:
    """One request on a connection of its own. A keyword `x__y` is the header `x-y`."""

    def ask() -> Answer:
        connection = http.client.HTTPConnection(address.host, address.port, timeout=20)
        try:
            connection.putrequest(method, path, skip_host="Host" in headers, skip_accept_encoding=True)
            for name, value in headers.items():
                connection.putheader(name.replace("__", "-"), value)
            if body:
                connection.putheader("content-length", str(len(body.encode())))
            connection.endheaders(body.encode() or None)
            answer = connection.getresponse()
            return Answer(
                answer.status,
                {name.lower(): value for name, value in answer.getheaders()},
                answer.read().decode(errors="replace"),
            )
        finally:
            connection.close()

    return await asyncio.to_thread(ask)
