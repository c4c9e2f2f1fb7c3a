"""The dashboard's own routes and filters: its files, its pages, and the headers that keep a browser strict."""

from pathlib import Path
from typing import Final

from logmesh.edge.options import EdgeOptions
from logmesh.edge.routes import direct
from logmesh.edge.typed import Config, extension, typed

NO_DASHBOARD: Final = "No dashboard is built here. The API answers on this port too: /v1/logs, gRPC-web logmesh.v1.*\n"
POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "worker-src 'self'",
        "style-src 'self'",
        # Charts and virtual lists place elements by style attributes; those can't load or run anything under this policy.
        "style-src-attr 'unsafe-inline'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
SECURITY_HEADERS: Final = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
CONTENT_TYPES: Final = {
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "json": "application/json",
    "map": "application/json",
    "webmanifest": "application/manifest+json",
    "svg": "image/svg+xml",
    "png": "image/png",
    "ico": "image/x-icon",
    "woff2": "font/woff2",
    "txt": "text/plain; charset=utf-8",
}
_HEADERS: Final = "envoy.filters.http.header_mutation"
_PAGES: Final = "envoy.filters.http.lua"
_PAGES_TYPE: Final = "envoy.extensions.filters.http.lua.v3"
# Neither a route nor a mutation of headers may change the path before the file server reads it.
_TO_INDEX: Final = "function envoy_on_request(handle) handle:headers():replace(':path', '/index.html') end"
_FILES: Final = "envoy.filters.http.file_server"
_HEADERS_TYPE: Final = "envoy.extensions.filters.http.header_mutation.v3"
_FILES_TYPE: Final = "envoy.extensions.filters.http.file_server.v3.FileServerConfig"

_READERS: Final[Config] = {"id": "dashboard", "thread_pool": {"thread_count": 1}}


def browser_headers(options: EdgeOptions) -> Config:
    """A filter that sets the security headers on every answer, whoever gives it; JSON may be looked at in a browser, too."""
    headers = SECURITY_HEADERS
    if options.tls:
        headers = headers | {"strict-transport-security": "max-age=31536000"}
    return extension(
        _HEADERS,
        f"{_HEADERS_TYPE}.HeaderMutation",
        mutations={"response_mutations": [_set(name, value) for name, value in headers.items()]},
    )


def file_filters(options: EdgeOptions) -> list[Config]:
    """Pages and the file server, idle except on the routes that tell them what to do."""
    if options.dashboard_folder is None:
        return []
    return [
        extension(_PAGES, f"{_PAGES_TYPE}.Lua"),
        extension(_FILES, _FILES_TYPE, manager_config=_READERS),
    ]


def file_routes(options: EdgeOptions) -> list[Config]:
    """Assets under names that change with their content, other files, and every page as index.html."""
    if options.dashboard_folder is None:
        return [{"match": {"prefix": "/"}, **direct(404, NO_DASHBOARD)}]
    folder = options.dashboard_folder
    return [
        _route({"prefix": "/assets/"}, folder, "public, max-age=31536000, immutable"),
        # A page's address holds its state and is no file: what has no dot in its path is the one page.
        _route({"safe_regex": {"regex": "/[^.]*"}}, folder, "no-cache", page=True),
        _route({"prefix": "/"}, folder, "no-cache"),
    ]


def _route(match: Config, folder: Path, caching: str, *, page: bool = False) -> Config:
    configs = {
        _FILES: typed(
            _FILES_TYPE,
            manager_config=_READERS,
            path_mappings=[{"request_path_prefix": "/", "file_path_prefix": f"{folder}/"}],
            content_types=CONTENT_TYPES,
            default_content_type="application/octet-stream",
        ),
        _HEADERS: typed(
            f"{_HEADERS_TYPE}.HeaderMutationPerRoute",
            mutations={"response_mutations": [_set("cache-control", caching)]},
        ),
    }
    if page:
        configs[_PAGES] = typed(f"{_PAGES_TYPE}.LuaPerRoute", source_code={"inline_string": _TO_INDEX})
    return {
        "match": match,
        # Reached by what is no GET or HEAD; the file server answers those before.
        **direct(405, "Files are read with GET.\n"),
        "typed_per_filter_config": configs,
    }


def _set(name: str, value: str) -> Config:
    return {"append": {"header": {"key": name, "value": value}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}}
