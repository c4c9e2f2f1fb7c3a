"""Tokens of senders as administrators make and end them, and as receivers learn of them."""

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import grpc
import pytest
from google.protobuf.duration_pb2 import Duration
from tests.conftest import Database
from tests.integration.edge.running import running_gateway as running_secured_gateway
from tests.integration.edge.running import tls_files
from tests.integration.gateway.commands import command, interpreted
from tests.integration.gateway.running import running_gateway
from tests.unit.runtime.issuer import AUDIENCE, ISSUER, Issuer

from logmesh import AsyncClient
from logmesh.cli.local.certificates import WorkloadFiles, spiffe_id
from logmesh.client.errors import InvalidRequest
from logmesh.gateway.tokens import create_token, list_digests
from logmesh.runtime.channel import open_channel
from logmesh.runtime.sender_tokens import digest_of, is_secret
from logmesh.v1 import receiver_service_pb2, token_service_pb2
from logmesh.v1.receiver_service_pb2_grpc import ReceiverServiceStub
from logmesh.v1.token_service_pb2_grpc import TokenServiceStub

DENIED, UNAUTHENTICATED = grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.UNAUTHENTICATED


async def digests_of(address: str, known: str = "") -> tuple[str, dict[str, str]]:
    """The version of the list, and the tenant by digest."""
    async with grpc.aio.insecure_channel(address) as channel:
        stub: Any = ReceiverServiceStub(channel)
        request = receiver_service_pb2.ListTokenDigestsRequest(known_version=known)
        found: dict[str, str] = {}
        while True:
            page = await stub.ListTokenDigests(request)
            found |= {one.sha256.hex(): one.tenant for one in page.digests}
            request.page_token = page.next_page_token
            if not request.page_token:
                return page.version, found


async def refusal(call: Any) -> tuple[grpc.StatusCode, str]:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await call
    return refused.value.code(), refused.value.details() or ""


async def test_a_token_is_made_listed_and_revoked_by_commands(database: Database) -> None:
    async with running_gateway(database.reader_dsn, receivers="anonymous") as gateway:
        at = ("--gateway", gateway)
        by = "[/ann] :key:"
        code, secret, said = await interpreted("token", "create", "checkout", "--expires", "90d", *at, LOGNAME=by)
        assert (code, is_secret(secret.strip()), secret.count("\n")) == (0, True, 1)
        assert "can't be shown again" in said and secret.strip() not in said
        secret = secret.strip()
        code, other, _ = await command("token", "create", "ci", "--tenant", "acme", "-o", "json", *at)
        made = json.loads(other)
        assert (code, made["tenant"], made["expire_time"], made["name"]) == (0, "acme", None, "ci")
        version, known = await digests_of(gateway)
        assert known == {digest_of(secret).hex(): "default", digest_of(made["secret"]).hex(): "acme"}
        assert await digests_of(gateway, version) == (version, {})
        code, out, _ = await command("token", "list", *at, COLUMNS="200")
        assert code == 0
        assert "checkout" in out and by in out and "ci" not in out and secret not in out
        (listed,) = json.loads((await command("token", "list", "--tenant", "acme", "-o", "json", *at))[1])
        assert listed == {name: value for name, value in made.items() if name != "secret"}
        # Names and ids both name it; another tenant's do not.
        assert (await command("token", "revoke", "ci", *at))[0] == 3
        assert (await command("token", "revoke", made["id"], *at))[0] == 3
        code, out, _ = await command("token", "revoke", "checkout", *at)
        assert (code, out.split()[0]) == (0, "checkout")
        changed, known = await digests_of(gateway, version)
        assert (changed != version, list(known.values())) == (True, ["acme"])
        assert (await command("token", "list", *at))[1].strip() == "there are no tokens"
        assert "revoked" in (await command("token", "list", "--all", *at, COLUMNS="200"))[1]
        assert (await command("token", "revoke", "checkout", *at))[0] == 3


async def test_what_no_token_can_be_is_said(database: Database) -> None:
    async with running_gateway(database.reader_dsn) as gateway:
        at = ("--gateway", gateway)
        assert (await command("token", "create", "one", *at))[0] == 0
        for arguments, words in (
            (("create", "one"), "there is a good token named one"),
            (("create", "a b"), "name must have"),
            (("create", "0123456789abcdef"), "16 hexadecimal digits"),
            (("create", "two", "--expires", "soon"), "no length of time"),
            (("create", "two", "--expires", "40000d"), "36500 days"),
            (("create", "two", "--tenant", "x" * 256), "tenant must have"),
        ):
            code, out, err = await command("token", *arguments, *at)
            assert (arguments, code, out, err.count("\n")) == (arguments, 2, "", 1)
            assert words in err


async def test_an_expired_token_is_no_receivers_and_leaves_its_name(database: Database) -> None:
    async with (
        running_gateway(database.reader_dsn, receivers="anonymous") as gateway,
        AsyncClient(gateway) as client,
    ):
        first = await client.create_token("short", lifetime=timedelta(days=1), by="ada")
        assert "lm_" not in repr(first)
        with pytest.raises(InvalidRequest, match="there is a good token named short"):
            await client.create_token("short")
        owner = await asyncpg.connect(database.owner_dsn)
        await owner.execute("UPDATE logmesh.tokens SET expires = now() - interval '1 s'")
        assert (await digests_of(gateway))[1] == {}
        second = await client.create_token("short")
        assert (await digests_of(gateway))[1] == {digest_of(second.secret).hex(): "default"}
        kept = await client.tokens(revoked=True)
        assert [(one.name, one.created_by, one.revoked is None) for one in kept] == [
            ("short", "anonymous", True),
            ("short", "ada", False),
        ]
        assert kept[1].revoked_by == ""
        # Nothing of the secret is in the database.
        rows = await owner.fetch("SELECT t::text FROM logmesh.tokens AS t")
        assert not any(second.secret[-49:] in row[0] for row in rows)
        await owner.close()


async def test_lists_have_pages_and_tenants_an_end(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(create_token, "MAX_TOKENS", 5)
    monkeypatch.setattr(list_digests, "PAGE", 2)
    async with (
        running_gateway(database.reader_dsn, receivers="anonymous") as gateway,
        AsyncClient(gateway) as client,
        grpc.aio.insecure_channel(gateway) as channel,
    ):
        made = [await client.create_token(f"n{number}") for number in range(5)]
        stub: Any = TokenServiceStub(channel)
        page = await stub.ListTokens(token_service_pb2.ListTokensRequest(page_size=3))
        rest = await stub.ListTokens(token_service_pb2.ListTokensRequest(page_token=page.next_page_token))
        assert [token.name for token in (*page.tokens, *rest.tokens)] == ["n4", "n3", "n2", "n1", "n0"]
        assert (await digests_of(gateway))[1].keys() == {digest_of(one.secret).hex() for one in made}
        request = token_service_pb2.CreateTokenRequest(name="n5")
        assert (await refusal(stub.CreateToken(request)))[0] is grpc.StatusCode.FAILED_PRECONDITION
        await client.create_token("n5", tenant="acme")
        await client.revoke_token(made[0].token.id)
        await client.create_token("n5")


async def test_with_access_tokens_an_administrator_manages_the_own_tenants(database: Database, tmp_path: Path) -> None:
    issuer = Issuer()
    jwks = str(issuer.write_keys(tmp_path / "jwks.json"))
    async with (
        running_gateway(database.reader_dsn, jwt_issuer=ISSUER, jwt_audience=AUDIENCE, jwt_jwks=jwks) as gateway,
        grpc.aio.insecure_channel(gateway) as channel,
    ):
        stub: Any = TokenServiceStub(channel)

        def bearer(**claims: Any) -> Sequence[tuple[str, str]]:
            return [("authorization", f"Bearer {issuer.token(**claims)}")]

        acme, globex = bearer(tenant="acme", roles=["admin"]), bearer(tenant="globex", roles=["admin"])
        create, listing = token_service_pb2.CreateTokenRequest(name="a"), token_service_pb2.ListTokensRequest()
        for call in (stub.CreateToken(create), stub.ListTokens(listing)):
            assert (await refusal(call))[0] is UNAUTHENTICATED
        reader = bearer(tenant="acme", roles=["reader"])
        revoke = token_service_pb2.RevokeTokenRequest(id="0" * 16)
        for method, request in ((stub.CreateToken, create), (stub.ListTokens, listing), (stub.RevokeToken, revoke)):
            assert (await refusal(method(request, metadata=reader)))[0] is DENIED
        other = token_service_pb2.CreateTokenRequest(name="a", tenant="globex")
        assert (await refusal(stub.CreateToken(other, metadata=acme)))[0] is DENIED
        made = await stub.CreateToken(create, metadata=acme)
        assert (made.token.tenant, made.token.created_by) == ("acme", "someone")
        assert not (await stub.ListTokens(listing, metadata=globex)).tokens
        foreign = token_service_pb2.RevokeTokenRequest(id=made.token.id)
        assert (await refusal(stub.RevokeToken(foreign, metadata=globex)))[0] is grpc.StatusCode.NOT_FOUND
        assert not (await stub.ListTokens(listing, metadata=acme)).tokens[0].HasField("revoke_time")
        ended = await stub.RevokeToken(foreign, metadata=acme)
        assert (ended.token.revoked_by, ended.token.HasField("revoke_time")) == ("someone", True)


async def test_digests_are_for_the_receivers_that_are_named(
    database: Database, certificates: dict[str, WorkloadFiles]
) -> None:
    request = receiver_service_pb2.ListTokenDigestsRequest()
    async with (
        running_gateway(database.reader_dsn) as gateway,
        grpc.aio.insecure_channel(gateway) as channel,
    ):
        code, said = await refusal(ReceiverServiceStub(channel).ListTokenDigests(request))
        assert (code, "LOGMESH_RECEIVERS" in said) == (DENIED, True)
    named = [spiffe_id("log-producer")]
    async with running_secured_gateway(
        database.reader_dsn, certificates, callers=[spiffe_id("edge")], receivers=named
    ) as address:
        async with open_channel(address, tls_files(certificates["log-producer"]), server_name="gateway") as channel:
            stub: Any = ReceiverServiceStub(channel)
            assert (await stub.ListTokenDigests(request)).version
            # Whoever may ask for digests may ask for nothing else.
            listing = TokenServiceStub(channel).ListTokens(token_service_pb2.ListTokensRequest())
            assert (await refusal(listing))[0] is DENIED
        async with open_channel(address, tls_files(certificates["edge"]), server_name="gateway") as channel:
            assert (await refusal(ReceiverServiceStub(channel).ListTokenDigests(request)))[0] is DENIED


async def test_the_last_use_counts_whoever_reports_it_and_none_is_in_the_future(database: Database) -> None:
    async with (
        running_gateway(database.reader_dsn, receivers="anonymous") as gateway,
        AsyncClient(gateway) as client,
        grpc.aio.insecure_channel(gateway) as channel,
    ):
        stub: Any = ReceiverServiceStub(channel)
        ids = [(await client.create_token(f"n{number}", tenant="acme")).token.id for number in range(3)]
        before, _ = await digests_of(gateway)

        def uses(*given: tuple[str, datetime]) -> receiver_service_pb2.NoteTokenUsesRequest:
            request = receiver_service_pb2.NoteTokenUsesRequest()
            for token_id, at in given:
                request.uses.add(id=token_id).use_time.FromDatetime(at)
            return request

        noon = datetime(2026, 1, 2, 12, tzinfo=UTC)
        await stub.NoteTokenUses(uses((ids[0], noon), (ids[0], noon - timedelta(hours=1)), ("f" * 16, noon)))
        await stub.NoteTokenUses(
            uses((ids[0], noon - timedelta(minutes=1)), (ids[1], datetime(2200, 1, 1, tzinfo=UTC)))
        )
        reports = [uses(*((token_id, noon) for token_id in order)) for order in (ids, ids[::-1])]
        await asyncio.gather(*(stub.NoteTokenUses(report) for report in reports * 10))
        used = {token.id: token.last_used for token in await client.tokens(tenant="acme")}
        assert (used[ids[0]], used[ids[2]]) == (noon, noon)
        assert (latest := used[ids[1]]) is not None and latest <= datetime.now(UTC)
        assert (await digests_of(gateway))[0] == before
        far = uses((ids[0], noon))
        far.uses[0].use_time.seconds = 1 << 60
        for wrong in (uses(("x", noon)), far):
            assert (await refusal(stub.NoteTokenUses(wrong)))[0] is grpc.StatusCode.INVALID_ARGUMENT


async def test_a_page_of_another_site_manages_no_tokens(database: Database) -> None:
    async with running_gateway(database.reader_dsn) as gateway, grpc.aio.insecure_channel(gateway) as channel:
        stub: Any = TokenServiceStub(channel)
        request = token_service_pb2.CreateTokenRequest(name="a", lifetime=Duration(seconds=60))
        for sent in (
            [("sec-fetch-site", "cross-site")],
            [("sec-fetch-site", "same-site"), ("origin", "https://else.where")],
            [("origin", "http://else.where")],
        ):
            assert (await refusal(stub.CreateToken(request, metadata=sent)))[0] is DENIED
        own = [("sec-fetch-site", "same-origin"), ("origin", "https://logs.test")]
        assert (await stub.CreateToken(request, metadata=own)).token.HasField("expire_time")


async def test_the_reader_changes_tokens_by_the_functions_alone(database: Database) -> None:
    reader = await asyncpg.connect(database.reader_dsn)
    for statement in (
        "SELECT * FROM logmesh.tokens",
        "DELETE FROM logmesh.tokens",
        "UPDATE logmesh.token_list SET version = version",
        "UPDATE logmesh.tokens SET revoked = NULL",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await reader.execute(statement)
    await reader.close()
