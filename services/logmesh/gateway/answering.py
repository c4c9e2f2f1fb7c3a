"""Failures of a call, translated in one place: what the request did wrong, and what the database did not do."""

import contextlib
from collections.abc import AsyncIterator
from typing import Any, Final

import grpc
import structlog

from logmesh.filters import FilterError
from logmesh.gateway.failures import QUERY_FAILURES, status_of
from logmesh.gateway.page_token import PageTokenError
from logmesh.gateway.request import RequestError

log = structlog.get_logger()

REQUEST_FAILURES: Final = (FilterError, PageTokenError, RequestError)
"""What reading a request raises; the text is for the caller."""


@contextlib.asynccontextmanager
async def answering(context: Any, call: str) -> AsyncIterator[None]:
    """Abort `context` with the right status when the body raises one of REQUEST_FAILURES or QUERY_FAILURES."""
    try:
        yield
    except REQUEST_FAILURES as error:
        await context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
    except QUERY_FAILURES as error:
        code, text = status_of(error)
        log.warning("a query failed", event_name="query_failed", call=call, code=code.name, error=repr(error))
        await context.abort(code, text)
