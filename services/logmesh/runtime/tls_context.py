"""TLS for servers on asyncio, such as aiohttp's: each connection is made with the certificate that is in the files by then."""

import contextlib
import ssl
from typing import Any

from logmesh.client.tls import Pem, ServedFiles


def server_context(files: ServedFiles) -> ssl.SSLContext:
    """A context for servers, from TLS 1.2 on. Raises OSError for files that can't be read."""
    in_use: tuple[Pem, ssl.SSLContext] = files.current(), _context(files)

    def newest(connection: Any, _name: str | None, _: ssl.SSLContext) -> None:
        nonlocal in_use
        if (pem := files.current()) is not in_use[0]:
            # ssl.SSLError is one: the files were exchanged meanwhile, and are looked at again.
            with contextlib.suppress(OSError):
                in_use = pem, _context(files)
        connection.context = in_use[1]

    # OpenSSL calls it for each connection, whether the client names a server or not.
    context = _context(files)
    context.sni_callback = newest
    return context


def _context(files: ServedFiles) -> ssl.SSLContext:
    *authorities, key, cert = files.paths
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(cert, key, password="")
    # A session that is taken up again would not be looked at again.
    context.options |= ssl.OP_NO_TICKET
    context.num_tickets = 0
    for path in authorities:
        context.load_verify_locations(path)
        context.verify_mode = ssl.CERT_REQUIRED
    return context
