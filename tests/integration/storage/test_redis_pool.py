"""Connections to Redis over TLS read their files whenever they connect."""

import asyncio
import ssl
from pathlib import Path

import redis.asyncio
from tests.integration.renewed import CA, CERT, KEY, Authority, Volume

from logmesh.storage.redis_pool import pool_of


async def test_a_connection_that_is_made_again_believes_who_is_believed_by_then(tmp_path: Path) -> None:
    """What answers is the test's own, for the Redis that tests start has no TLS; what connects is not."""
    mounted = Volume(tmp_path / "client", "client", Authority())
    writers: list[asyncio.StreamWriter] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        while line := await reader.readline():
            if line.startswith(b"PING"):
                writer.write(b"+PONG\r\n")
                await writer.drain()

    async def serve(authority: Authority, port: int) -> asyncio.Server:
        folder = tmp_path / authority.name.rfc4514_string()
        files = Volume(folder, "redis", authority).files
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(files.cert, files.key)
        return await asyncio.start_server(answer, "127.0.0.1", port, ssl=context)

    server = await serve(mounted.authority, 0)
    port = server.sockets[0].getsockname()[1]
    url = f"rediss://127.0.0.1:{port}/0?ssl_ca_certs={mounted.files.ca}&protocol=2"
    pool = pool_of(redis.asyncio.ConnectionPool, url, max_connections=1, lib_name=None, lib_version=None)
    client = redis.asyncio.Redis.from_pool(pool)
    try:
        assert await client.ping()
        server.close()
        for writer in writers:
            writer.close()
        renewed = Authority()
        cert, key = renewed.issue("client")
        mounted.exchange({CERT: cert, KEY: key, CA: renewed.pem})
        server = await serve(renewed, port)
        assert await client.ping()
    finally:
        await client.aclose()
        server.close()
