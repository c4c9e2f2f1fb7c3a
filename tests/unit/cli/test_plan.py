"""What `logmesh up` runs, without running it."""

from dataclasses import replace
from pathlib import Path

import pytest

from logmesh.cli.local.certificates import WORKLOADS, WorkloadFiles, spiffe_id
from logmesh.cli.local.edge import plan_edge
from logmesh.cli.local.plan import LocalOptions, Program, listening, plan_system
from logmesh.cli.local.postgres import Role
from logmesh.cli.local.run_state import DEFAULT_DATA_DIR

FILES = {name: WorkloadFiles(Path(f"{name}.crt"), Path(f"{name}.key"), Path("ca.crt")) for name in WORKLOADS}
DSNS: dict[Role, str] = {"logmesh_owner": "o", "logmesh_writer": "w", "logmesh_reader": "r"}
OPTIONS = LocalOptions(Path("data"), producers=2, processors=3)
LAKE = replace(OPTIONS, store="lake")


def plan(options: LocalOptions = OPTIONS) -> list[list[Program]]:
    return plan_system(options, FILES, DSNS, "redis")


def test_tiers_start_downstream_first() -> None:
    assert [[program.name for program in tier] for tier in plan()] == [
        ["log-processor-0", "log-processor-1", "log-processor-2"],
        ["gateway"],
        ["log-receiver", "log-producer-0", "log-producer-1"],
    ]


def test_a_lake_has_a_keeper_and_one_folder_that_all_its_processes_know() -> None:
    processors, [gateway, keeper], _ = plan(LAKE)
    assert (keeper.name, keeper.module) == ("log-keeper", "logmesh.keeper")
    assert keeper.environment["LOGMESH_OWNER_DSN"] == "o"
    assert {one.environment["LOGMESH_LAKE_DIR"] for one in (*processors, gateway, keeper)} == {"data/lake"}
    assert {one.environment["LOGMESH_STORE"] for one in (*processors, gateway)} == {"lake"}
    assert {one.environment["LOGMESH_STORE"] for tier in plan()[:2] for one in tier} == {"rows"}


@pytest.mark.parametrize(
    "options", [OPTIONS, LAKE, replace(OPTIONS, canary_percent=10), replace(OPTIONS, producers=0, processors=1)]
)
def test_as_many_processes_are_forked_as_become_a_program(options: LocalOptions) -> None:
    assert sum(map(len, plan(options))) == options.programs


def test_nothing_listens_twice_on_one_port_and_nothing_shares_a_folder() -> None:
    programs = [program for tier in plan() for program in tier]
    ports = [port for program in programs for port in program.ports]
    assert len(set(ports)) == len(ports)
    folders = [
        value
        for program in programs
        for name, value in program.environment.items()
        if name.endswith(("SPOOL_DIR", "BUFFER_DIR"))
    ]
    assert len(set(folders)) == len(folders) == 6


def test_producers_are_told_of_every_processor_and_all_speak_mutual_tls_as_themselves() -> None:
    processors, [gateway], producers = plan()
    target = producers[0].environment["LOGMESH_TARGET"]
    assert target == "ipv4:127.0.0.11:50052,127.0.0.12:50052,127.0.0.13:50052"
    assert gateway.environment["LOGMESH_PROCESSORS"] == target
    certs = {program.environment["LOGMESH_TLS_CERT"] for program in [*processors, *producers]}
    assert certs == {"log-processor.crt", "log-producer.crt", "log-receiver.crt"}


def test_the_gateway_is_told_how_one_sends_from_this_machine() -> None:
    _, [gateway], _ = plan(replace(OPTIONS, data_dir=Path("/my logs"), command="/venv/bin/logmesh"))
    assert gateway.environment["LOGMESH_SHIP_COMMAND"] == "/venv/bin/logmesh ship --data-dir '/my logs'"
    assert gateway.environment["LOGMESH_SHIP_CERTIFICATES"] == "/my logs/certificates"
    _, [gateway], _ = plan(replace(OPTIONS, data_dir=DEFAULT_DATA_DIR.expanduser()))
    assert gateway.environment["LOGMESH_SHIP_COMMAND"] == "logmesh ship"


def test_each_process_gets_the_least_role_that_does() -> None:
    processors, [gateway], producers = plan()
    assert gateway.environment["LOGMESH_DATABASE_DSN"] == "r"
    assert gateway.environment["LOGMESH_REDIS_URL"] == "redis"
    assert processors[0].environment["LOGMESH_DATABASE_DSN"] == "w"
    assert not any("DSN" in name for name in producers[0].environment)


def test_the_gateway_takes_calls_from_edge_and_operator_alone_and_processors_from_the_gateway() -> None:
    processors, [gateway], _ = plan()
    assert gateway.environment["LOGMESH_SERVE_TLS"] == "true"
    assert gateway.environment["LOGMESH_CALLERS"] == f"{spiffe_id('edge')},{spiffe_id('operator')}"
    assert {program.environment["LOGMESH_CALLERS"] for program in processors} == {spiffe_id("gateway")}


def test_the_edge_is_open_to_this_machine_alone_and_shares_no_port() -> None:
    options = replace(OPTIONS, canary_percent=10)
    edge = plan_edge(options, FILES)
    assert edge.hosts == ("localhost", "127.0.0.1")
    assert edge.split is not None
    own = {
        (address.host, address.port)
        for address in (edge.api, edge.dashboard, edge.metrics, edge.split.listen)
        if address
    }
    assert own == {("127.0.0.1", port) for port in (8080, 3000, 9091, 50051)}
    assert not own & {port for tier in plan(options) for program in tier for port in program.ports}


def test_what_must_be_free_is_what_its_parts_listen_on() -> None:
    options = replace(LAKE, canary_percent=10, api_port=8085, dashboard_port=3005)
    edge = plan_edge(options, FILES)
    assert edge.split is not None and edge.dashboard is not None and edge.metrics is not None
    edges = {(address.host, address.port) for address in (edge.api, edge.dashboard, edge.metrics, edge.split.listen)}
    programs = {port for tier in plan(options) for program in tier for port in program.ports}
    assert {(host, port) for host, port, _ in listening(options)} == edges | programs
    assert len(listening(options)) == len(edges | programs)


def test_a_canary_gets_its_share_through_the_edge_and_is_asked_for_its_state() -> None:
    options = replace(OPTIONS, canary_percent=10)
    processors, [gateway], producers = plan(options)
    tracks = {program.name: program.environment["LOGMESH_TRACK"] for program in processors}
    assert tracks == {f"log-processor-{n}": "stable" for n in range(3)} | {"log-processor-canary-0": "canary"}
    assert {program.environment["LOGMESH_TARGET"] for program in producers} == {"ipv4:127.0.0.1:50051"}
    assert gateway.environment["LOGMESH_PROCESSORS"].endswith(",127.0.0.14:50052")
    split = plan_edge(options, FILES).split
    assert split is not None
    assert [str(address) for address in split.canary] == ["127.0.0.14:50052"]
    assert len(split.stable) == 3
    assert plan_edge(OPTIONS, FILES).split is None


def test_a_second_system_on_another_loopback_shares_no_port() -> None:
    one, other = (
        {port for tier in plan(options) for program in tier for port in program.ports}
        for options in (OPTIONS, replace(OPTIONS, loopback="127.0.1"))
    )
    assert not one & other
