"""Commands that ask, as people on another machine run them: through an Envoy that wants tokens, in TLS, or from a gateway's pod."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest
from tests.conftest import Database
from tests.integration.edge.conftest import MakeOptions, options
from tests.integration.edge.running import running_edge, running_gateway
from tests.integration.edge.test_tokens import Guarded, guarded
from tests.integration.gateway.by_hand import flush_by_hand
from tests.integration.gateway.commands import command, interpreted
from tests.integration.gateway.stored import store_records
from tests.integration.gateway.test_tail_command import command as running_command
from tests.integration.gateway.test_tail_command import ended, line_of

from logmesh.cli.local.certificates import WorkloadFiles, ensure_certificates
from logmesh.edge.options import ServerTls
from logmesh.runtime.access_tokens import LEEWAY_SECONDS
from logmesh.v1.record_pb2 import LogRecord

__all__ = ["guarded", "options"]  # fixtures

TRACE = "0a" * 16


@pytest.fixture
async def records(database: Database) -> None:
    """One of each of two tenants, which share a trace, and a loss of one of them."""
    for spool, tenant in enumerate(("acme", "globex"), 1):
        made = LogRecord(time_unix_nano=time.time_ns(), body=f"of {tenant}", trace_id=bytes.fromhex(TRACE))
        await store_records(database, [made], tenant=tenant, spool=spool)
    owner = await asyncpg.connect(database.owner_dsn)
    await owner.execute(
        "INSERT INTO logmesh.spools (tenant, spool_id, producer, principal, committed, abandoned, last_commit)"
        " VALUES ('acme', gen_random_uuid(), 'agent', 'p', '{[1,5),[8,11)}', '{[1,8)}', now() - interval '1 day')"
    )
    await owner.close()


def asking(gateway: str) -> dict[str, list[str]]:
    """Every command that asks and ends by itself."""
    commands = {
        "search": ["search", "-o", "raw"],
        "trace": ["trace", TRACE, "-o", "raw"],
        "status": ["status", "-o", "json"],
        "list": ["acknowledge", "--list"],
        "acknowledge": ["acknowledge", "lost", "--yes", "-r", "seen"],
    }
    return {name: [*words, "--gateway", gateway] for name, words in commands.items()}


async def test_every_command_shows_what_its_token_may_see(records: None, guarded: Guarded) -> None:
    commands = asking(str(guarded.edge.api))
    token = guarded.issuer.token(tenant="acme", roles=["admin"])
    shown = {}
    for name, words in commands.items():
        code, shown[name], err = await interpreted(*words, LOGMESH_TOKEN=f" {token}\n", COLUMNS="200")
        assert (name, code, err) == (name, 0, "")
    assert shown["search"] == shown["trace"] == "of acme\n"
    assert [fact["producer"] for fact in json.loads(shown["status"])["facts"]] == ["agent"]
    assert shown["list"] == "nothing was acknowledged yet\n"
    assert shown["acknowledge"].endswith("3 batches acknowledged\n")
    _, out, _ = await command(*commands["search"], "--token", guarded.issuer.token(tenant="globex"))
    assert out == "of globex\n"


async def test_without_a_token_each_says_how_to_give_one(records: None, guarded: Guarded) -> None:
    for name, words in asking(str(guarded.edge.api)).items():
        code, out, err = await command(*words)
        assert (name, code, out, err.count("\n")) == (name, 1, "", 1)
        assert "UNAUTHENTICATED" in err and "LOGMESH_TOKEN" in err, err
    code, _, err = await command(*asking(str(guarded.edge.api))["search"], LOGMESH_TOKEN="two\nlines")
    assert (code, "no token" in err, err.count("\n")) == (2, True, 1)
    reader = guarded.issuer.token(tenant="acme", roles=["reader"])
    code, _, err = await command(*asking(str(guarded.edge.api))["acknowledge"], LOGMESH_TOKEN=reader)
    assert (code, err.count("\n")) == (1, 1)
    assert "admin" in err


async def test_plaintext_is_asked_where_it_is_written_and_tls_of_it_is_said(
    records: None, guarded: Guarded, certificates: dict[str, WorkloadFiles]
) -> None:
    address, authority = str(guarded.edge.api), str(certificates["edge"].ca)
    told = {"LOGMESH_TOKEN": guarded.issuer.token(tenant="acme"), "LOGMESH_TLS_CA": authority}
    search = ["search", "-o", "raw", "--gateway"]
    assert await command(*search, f"http://{address}", **told) == (0, "of acme\n", "")
    for gateway in (address, f"https://{address}"):
        code, _, err = await command(*search, gateway, **told)
        assert (code, err) == (1, f"logmesh search: {gateway} does not speak TLS: write http://{address}\n")


async def test_a_tail_sends_its_token_and_ends_with_it(database: Database, guarded: Guarded) -> None:
    address = str(guarded.edge.api)
    await flush_by_hand(database, "hello")
    for words in (["tail", "--since", "5m"], ["search", "--follow"]):
        soon = guarded.issuer.token(tenant="default", exp=int(time.time()) + 8 - LEEWAY_SECONDS)
        async with running_command(*words, "-o", "raw", "--gateway", address, LOGMESH_TOKEN=soon) as process:
            assert await line_of(process) == "hello\n"
            code, err = await ended(process)
        assert (code, err.count("\n")) == (1, 1)
        assert "the token has expired" in err
    async with running_command("tail", "--gateway", address) as process:
        code, err = await ended(process)
    assert (code, "LOGMESH_TOKEN" in err) == (1, True)


@asynccontextmanager
async def edge_in_tls(
    database: Database, certificates: dict[str, WorkloadFiles], options: MakeOptions, folder: Path
) -> AsyncIterator[str]:
    """Address of an Envoy that serves people in TLS, before a gateway in mutual TLS."""
    mine = certificates["edge"]
    async with running_gateway(database.reader_dsn, certificates) as gateway:
        chosen = options(gateway, tls=ServerTls(mine.cert, mine.key))
        with running_edge(folder, chosen):
            yield str(chosen.api)


async def test_an_edge_in_tls_is_asked_under_an_authority_that_is_believed(
    database: Database, certificates: dict[str, WorkloadFiles], options: MakeOptions, tmp_path: Path
) -> None:
    await flush_by_hand(database, "hello")
    stranger = ensure_certificates(tmp_path / "strangers")["edge"].ca
    own = str(certificates["edge"].ca)
    async with edge_in_tls(database, certificates, options, tmp_path / "edge") as address:
        for name, words in asking(f"https://{address}").items():
            # There is neither this trace nor a loss.
            expected = 3 if name in ("trace", "acknowledge") else 0
            code, out, err = await command(*words, LOGMESH_TLS_CA=own)
            assert (name, code) == (name, expected), err
            assert name != "search" or out == "hello\n"
        async with running_command(
            "tail", "--since", "5m", "-o", "raw", LOGMESH_GATEWAY=address, LOGMESH_TLS_CA=own
        ) as process:
            assert await line_of(process) == "hello\n"
        search = ["search", "-o", "raw", "--gateway"]
        assert await command(*search, f"https://{address}", GRPC_DEFAULT_SSL_ROOTS_FILE_PATH=own) == (0, "hello\n", "")
        for believed in ("", str(stranger)):
            code, _, err = await command(*search, f"https://{address}", LOGMESH_TLS_CA=believed)
            assert (code, err.count("\n")) == (1, 1), err
            assert "is not believed: unable to get local issuer certificate (LOGMESH_TLS_CA" in err


async def test_a_gateway_in_mutual_tls_is_asked_with_the_certificate_of_its_pod(
    database: Database, certificates: dict[str, WorkloadFiles]
) -> None:
    await flush_by_hand(database, "hello")
    operator, stranger = certificates["operator"], certificates["log-producer"]
    async with running_gateway(database.reader_dsn, certificates) as address:
        for name, words in asking(address).items():
            code, out, err = await command(*words, **operator.environment())
            assert (name, code) == (name, 3 if name in ("trace", "acknowledge") else 0), err
            assert name != "search" or out == "hello\n"
        async with running_command(
            "tail", "--since", "5m", "-o", "raw", "--gateway", address, **operator.environment()
        ) as process:
            assert await line_of(process) == "hello\n"
        refused, half = await asyncio.gather(
            command(*asking(address)["search"], **stranger.environment()),
            command(*asking(address)["search"], LOGMESH_TLS_CA=str(operator.ca), LOGMESH_TLS_CERT=str(operator.cert)),
        )
        assert (refused[0], "PERMISSION_DENIED" in refused[2]) == (1, True)
        assert (half[0], "LOGMESH_TLS_KEY" in half[2], half[2].count("\n")) == (2, True, 1)
