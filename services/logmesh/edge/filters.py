"""The HTTP filters in their order: limit, authenticate, translate, route.

rate limit ─► JWT ─► gzip ─► gRPC-web ─► JSON ─► files ─► router
"""

import base64
from typing import Final

from logmesh.edge.descriptors import descriptor_set, services
from logmesh.edge.issuer import keys
from logmesh.edge.options import EdgeOptions, Jwt, RateLimit
from logmesh.edge.typed import Config, extension
from logmesh.runtime.json_api import SERVICE

MAX_MESSAGE_BYTES: Final = 16 << 20
"""The largest answer that becomes JSON."""
CLIENTS_REMEMBERED: Final = 10_000
HEALTH_PREFIX: Final = "/grpc.health.v1.Health/"
REFLECTION_PREFIXES: Final = (
    "/grpc.reflection.v1.ServerReflection/",
    "/grpc.reflection.v1alpha.ServerReflection/",
)
JSON_PREFIX: Final = "/v1/"
COMPRESSED: Final = (
    "application/json", "application/x-ndjson", "text/csv", "text/html", "text/css", "text/javascript", "image/svg+xml",
)  # fmt: skip
"""Types of answers. gRPC has a compression of its own."""
PROVIDER: Final = "issuer"


def api_filters(options: EdgeOptions) -> list[Config]:
    """What stands between a client and the gateway, without the router at the end."""
    found = []
    if options.rate_limit:
        found.append(_rate_limit(options.rate_limit))
    if options.jwt:
        found.append(_jwt(options.jwt))
    return [
        *found,
        _gzip(),
        extension("envoy.filters.http.grpc_web", "envoy.extensions.filters.http.grpc_web.v3.GrpcWeb"),
        _json(),
    ]


def _gzip() -> Config:
    """Smaller answers for those who accept them so. Each piece of a stream is sent when it comes."""
    return extension(
        "envoy.filters.http.compressor",
        "envoy.extensions.filters.http.compressor.v3.Compressor",
        compressor_library=extension(
            "gzip",
            "envoy.extensions.compression.gzip.compressor.v3.Gzip",
            compression_level="COMPRESSION_LEVEL_6",
        ),
        response_direction_config={
            "common_config": {"min_content_length": 1_000, "content_type": list(COMPRESSED)},
        },
    )


def router() -> Config:
    """The last filter. It tells clients nothing of Envoy."""
    return extension(
        "envoy.filters.http.router", "envoy.extensions.filters.http.router.v3.Router", suppress_envoy_headers=True
    )


def _json() -> Config:
    """Requests in JSON, or in an address, for each method with an HTTP annotation; the gateway writes the answers."""
    return extension(
        "envoy.filters.http.grpc_json_transcoder",
        "envoy.extensions.filters.http.grpc_json_transcoder.v3.GrpcJsonTranscoder",
        proto_descriptor_bin=base64.b64encode(descriptor_set()).decode(),
        services=[SERVICE],
        # A mistyped parameter would otherwise be a search of everything.
        request_validation_options={
            "reject_unknown_query_parameters": True,
            "reject_binding_body_field_collisions": True,
        },
        convert_grpc_status=True,
        query_param_unescape_plus=True,
        case_insensitive_enum_parsing=True,
        max_response_body_size=MAX_MESSAGE_BYTES,
    )


def _rate_limit(limit: RateLimit) -> Config:
    """A bucket a client address, so that one client can't use up what others need, and a larger one for all."""
    return extension(
        "envoy.filters.http.local_ratelimit",
        "envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit",
        stat_prefix="edge",
        filter_enabled={"default_value": {"numerator": 100}},
        filter_enforced={"default_value": {"numerator": 100}},
        rate_limited_as_resource_exhausted=True,
        enable_retry_after_header=True,
        token_bucket=_bucket(limit, 10),
        rate_limits=[{"actions": [{"remote_address": {}}]}],
        # A descriptor without a value stands for every value, each with a bucket of its own.
        descriptors=[{"entries": [{"key": "remote_address"}], "token_bucket": _bucket(limit, 1)}],
        max_dynamic_descriptors=CLIENTS_REMEMBERED,
    )


def _bucket(limit: RateLimit, times: int) -> Config:
    return {
        "max_tokens": (limit.requests_per_second + limit.burst) * times,
        "tokens_per_fill": limit.requests_per_second * times,
        "fill_interval": "1s",
    }


def _jwt(jwt: Jwt) -> Config:
    """Tokens for the API, none for health and the dashboard's files. The gateway checks them again."""
    required = {"provider_name": PROVIDER}
    protected = (JSON_PREFIX, *(f"/{service}/" for service in services()), *REFLECTION_PREFIXES)
    return extension(
        "envoy.filters.http.jwt_authn",
        "envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication",
        providers={
            PROVIDER: {
                "issuer": jwt.issuer,
                "audiences": [jwt.audience],
                **keys(jwt),
                "require_expiration": True,
                "clock_skew_seconds": 30,
                "forward": True,
                # Not from the URL, which lands in logs and histories.
                "from_headers": [{"name": "authorization", "value_prefix": "Bearer "}],
            }
        },
        rules=[{"match": {"prefix": prefix}, "requires": required} for prefix in protected],
    )
