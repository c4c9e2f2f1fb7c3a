"""What the rendered configuration promises, read from its structure."""

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from google.api import annotations_pb2
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from google.protobuf.descriptor_pool import DescriptorPool
from tests.unit.edge.options import PLAIN, everything

from logmesh.edge.bootstrap import bootstrap, render
from logmesh.edge.descriptors import descriptor_set, methods, services
from logmesh.edge.options import EdgeOptions
from logmesh.runtime.json_api import json_calls, json_file
from logmesh.v1 import pipeline_service_pb2, query_service_pb2, tail_service_pb2, token_service_pb2

OPTIONS = [PLAIN, everything()]
STREAMS = {
    "/logmesh.v1.QueryService/Search",
    "/logmesh.v1.QueryService/Export",
    "/logmesh.v1.TailService/Tail",
    "/grpc.health.v1.Health/Watch",
    "/logmesh.v1.JsonService/Search",
    "/logmesh.v1.JsonService/Export",
    "/logmesh.v1.JsonService/Tail",
}


def managers(options: EdgeOptions) -> dict[str, Any]:
    """Connection manager by listener."""
    return {
        listener["name"]: listener["filter_chains"][0]["filters"][0]["typed_config"]
        for listener in bootstrap(options)["static_resources"]["listeners"]
    }


def routes(options: EdgeOptions, listener: str) -> list[dict[str, Any]]:
    """Routes of a listener's own hosts, in order."""
    found: list[dict[str, Any]] = managers(options)[listener]["route_config"]["virtual_hosts"][0]["routes"]
    return found


def filter_names(options: EdgeOptions, listener: str) -> list[str]:
    """The last part of each filter's name, in order."""
    return [found["name"].rpartition(".")[2] for found in managers(options)[listener]["http_filters"]]


def texts(value: Any) -> Iterator[str]:
    """Every key and text in a configuration."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)
    elif isinstance(value, str):
        yield value


def test_equal_options_give_equal_text_which_is_the_configuration_as_json() -> None:
    assert render(everything()) == render(everything())
    assert json.loads(render(everything())) == bootstrap(everything())


@pytest.mark.parametrize("listener", ["api", "dashboard"])
def test_every_method_has_a_route_and_streams_have_no_timeout(listener: str) -> None:
    by_path = {route["match"].get("path"): route["route"] for route in routes(PLAIN, listener) if "route" in route}
    assert {method.path for method in methods()} <= by_path.keys()
    for path, route in by_path.items():
        assert route["cluster"] == "gateway"
        assert route["idle_timeout"] == "0s"
        assert (path, route["timeout"]) == (path, "0s" if path in STREAMS else "30s")
        assert "per_try_timeout" not in route["retry_policy"]


def test_only_what_a_gateway_serves_passes() -> None:
    assert services() == [
        "logmesh.v1.QueryService",
        "logmesh.v1.TailService",
        "logmesh.v1.PipelineService",
        "logmesh.v1.TokenService",
        "logmesh.v1.JsonService",
    ]
    passing = [route["match"] for route in routes(PLAIN, "api") if "route" in route]
    assert all(set(match) == {"path"} for match in passing)
    assert not any(name in match["path"] for match in passing for name in ("IngestService", "ReceiverService"))


def test_reflection_passes_only_when_asked_for() -> None:
    for options, passes in ((PLAIN, False), (replace(PLAIN, reflection=True), True)):
        prefixes = [route["match"].get("prefix", "") for route in routes(options, "api") if "route" in route]
        assert any("ServerReflection" in prefix for prefix in prefixes) is passes


def test_filters_stand_in_order_and_options_switch_them() -> None:
    api = [
        "header_mutation",
        "local_ratelimit",
        "jwt_authn",
        "compressor",
        "grpc_web",
        "grpc_json_transcoder",
        "router",
    ]
    assert filter_names(everything(), "api") == api
    assert filter_names(everything(), "dashboard") == [*api[:-1], "lua", "file_server", "router"]
    assert filter_names(replace(PLAIN, rate_limit=None), "dashboard") == [api[0], *api[3:]]
    assert not any(name == "cors" for listener in ("api", "dashboard") for name in filter_names(everything(), listener))


@pytest.mark.parametrize("options", OPTIONS)
def test_every_listener_is_hardened(options: EdgeOptions) -> None:
    for manager in managers(options).values():
        assert manager["path_with_escaped_slashes_action"] == "REJECT_REQUEST"
        assert manager["normalize_path"] and manager["merge_slashes"] and manager["use_remote_address"]
        assert manager["forward_client_cert_details"] == "SANITIZE"
        assert manager["stream_idle_timeout"] == "0s"
        assert manager["common_http_protocol_options"]["headers_with_underscores_action"] == "REJECT_REQUEST"
        assert manager["http2_protocol_options"]["max_concurrent_streams"] == 100
        assert manager["access_log"][0]["name"] == "envoy.access_loggers.stdout"
    for listener in ("api", "dashboard"):
        removed = managers(options)[listener]["route_config"]["request_headers_to_remove"]
        assert {"x-forwarded-client-cert", "x-logmesh-tenant", "x-logmesh-principal"} <= set(removed)
    assert all(not listener["enable_reuse_port"] for listener in bootstrap(options)["static_resources"]["listeners"])


@pytest.mark.parametrize("options", OPTIONS)
def test_administration_is_a_socket_for_its_owner(options: EdgeOptions) -> None:
    assert bootstrap(options)["admin"] == {"address": {"pipe": {"path": "admin.sock", "mode": 0o600}}}
    reached = [
        (name, route)
        for name, manager in managers(options).items()
        for host in manager["route_config"]["virtual_hosts"]
        for route in host["routes"]
        if route.get("route", {}).get("cluster") == "admin"
    ]
    assert [(name, route["match"], route["route"]["prefix_rewrite"]) for name, route in reached] == (
        [("metrics", {"path": "/metrics"}, "/stats/prometheus"), ("metrics", {"path": "/ready"}, "/ready")]
        if options.metrics
        else []
    )


def test_named_hosts_are_answered_and_others_are_not() -> None:
    for listener in ("api", "dashboard"):
        named, others = managers(everything())[listener]["route_config"]["virtual_hosts"]
        assert named["domains"] == ["localhost", "127.0.0.1"]
        assert [route["direct_response"]["status"] for route in others["routes"]] == [421]


def test_the_log_of_requests_names_no_query() -> None:
    logged = managers(PLAIN)["api"]["access_log"][0]["typed_config"]["log_format"]["json_format"]
    assert logged["listener"] == "api"
    assert not any("REQ(:PATH)" in value or "%PATH%" in value or "WQ" in value for value in logged.values())


def test_tokens_are_asked_for_wherever_the_api_is() -> None:
    for listener in ("api", "dashboard"):
        (jwt,) = [
            found["typed_config"]
            for found in managers(everything())[listener]["http_filters"]
            if found["name"].endswith("jwt_authn")
        ]
        provider = jwt["providers"]["issuer"]
        assert provider["require_expiration"]
        assert (provider["issuer"], provider["audiences"]) == ("https://issuer.test", ["logmesh"])
        protected = tuple(rule["match"]["prefix"] for rule in jwt["rules"])
        assert all(rule["requires"] == {"provider_name": "issuer"} for rule in jwt["rules"])
        for method in methods():
            assert method.path.startswith(protected)
        assert "/v1/" in protected


def test_tls_is_served_only_with_a_certificate() -> None:
    for options, secured in ((PLAIN, []), (everything(), ["api", "dashboard", "producers"])):
        listeners = bootstrap(options)["static_resources"]["listeners"]
        assert [
            listener["name"] for listener in listeners if "transport_socket" in listener["filter_chains"][0]
        ] == secured


def test_the_split_is_drawn_by_stream_and_retried_elsewhere() -> None:
    route = routes(everything(), "producers")[0]["route"]
    weights = {cluster["name"]: cluster["weight"] for cluster in route["weighted_clusters"]["clusters"]}
    assert weights == {"processors-stable": 90, "processors-canary": 10}
    assert route["timeout"] == route["idle_timeout"] == "0s"
    assert route["retry_policy"]["retry_on"] == "connect-failure,refused-stream,unavailable"
    assert "per_try_timeout" not in route["retry_policy"]
    assert not any("producers" in text for text in texts(bootstrap(PLAIN)))


def test_the_descriptor_set_holds_every_file_after_its_imports() -> None:
    found = FileDescriptorSet.FromString(descriptor_set())
    pool = DescriptorPool()
    for file in found.file:
        pool.Add(file)  # raises when an import is not there yet
        pool.FindFileByName(file.name)
    for module in (query_service_pb2, tail_service_pb2, pipeline_service_pb2, token_service_pb2):
        for service in module.DESCRIPTOR.services_by_name.values():
            assert len(pool.FindServiceByName(service.full_name).methods) == len(service.methods)
    transcoder = managers(PLAIN)["api"]["http_filters"][-2]["typed_config"]
    assert base64.b64decode(transcoder["proto_descriptor_bin"]) == descriptor_set()


def test_json_paths_are_all_below_the_prefix_that_tokens_protect() -> None:
    rules = [
        method.GetOptions().Extensions[annotations_pb2.http]
        for module in (query_service_pb2, tail_service_pb2, pipeline_service_pb2, token_service_pb2)
        for service in module.DESCRIPTOR.services_by_name.values()
        for method in service.methods
    ]
    assert all((rule.get or rule.post).startswith("/v1/") for rule in rules)
    calls = [call.name for call in json_calls() if not call.is_head]
    assert len(rules) == len(calls) == len(set(calls))


def test_what_is_read_with_get_is_read_with_head_and_post_too() -> None:
    (service,) = json_file().service
    rules = {method.name: method.options.Extensions[annotations_pb2.http] for method in service.method}
    assert rules["Search"].get == rules["Search"].additional_bindings[0].post == "/v1/logs"
    assert (rules["HeadSearch"].custom.kind, rules["HeadSearch"].custom.path) == ("HEAD", "/v1/logs")
    assert rules["AcknowledgeFacts"].post == "/v1/pipeline/acknowledgements"
    assert not rules["ListAcknowledgements"].additional_bindings
    assert "HeadAcknowledgeFacts" not in rules
