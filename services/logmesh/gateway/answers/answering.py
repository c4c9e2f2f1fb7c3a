"""The edge of every query: what goes wrong inside becomes a status, and a client that stops reading is let go."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any, Final

import grpc
import structlog

from logmesh.filters import FilterError
from logmesh.gateway.answers.failures import retry_info, status_of
from logmesh.gateway.requests.checks import RequestError
from logmesh.gateway.requests.page_token import PageTokenError
from logmesh.store.errors import StoreError

log = structlog.get_logger()

REQUEST_FAILURES: Final = (FilterError, PageTokenError, RequestError)
"""What reading a request raises; the text is for the caller."""

STALL_SECONDS: Final = 10.0


class Stalled(Exception):
    """The client has not read for `STALL_SECONDS`."""


class NotFound(Exception):
    """What was asked for does not exist, or is another tenant's; the text says what."""


class Unavailable(Exception):
    """What the answer is made of can't be asked just now; the text says why."""


class OutOfTime(Exception):
    """The answer can't be whole within its time; the text says what to ask for instead."""


@contextlib.asynccontextmanager
async def answering(context: Any, call: str) -> AsyncIterator[None]:
    """Abort `context` with the right status when the body raises one of REQUEST_FAILURES, StoreError or these here."""
    try:
        yield
    except REQUEST_FAILURES as error:
        await context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
    except NotFound as error:
        await context.abort(grpc.StatusCode.NOT_FOUND, str(error))
    except Unavailable as error:
        await context.abort(grpc.StatusCode.UNAVAILABLE, str(error))
    except OutOfTime as error:
        await context.abort(grpc.StatusCode.DEADLINE_EXCEEDED, str(error))
    except Stalled:
        log.info("a client stopped reading", event_name="query_stalled", call=call)
        await context.abort(grpc.StatusCode.DEADLINE_EXCEEDED, "the client stopped reading")
    except StoreError as error:
        code, text = status_of(error)
        log.warning("a query failed", event_name="query_failed", call=call, code=code.name, error=error.detail)
        await context.abort(code, text, retry_info(error))


async def write(context: Any, answer: Any) -> None:
    """Send one message of a stream. Raises Stalled: a client that stops reading must not keep a connection to the database."""
    try:
        await asyncio.wait_for(context.write(answer), STALL_SECONDS)
    except TimeoutError as error:
        raise Stalled from error
