"""Tokens and certificates at the doors of HTTP, in each place where a sender can put one."""

import base64
import json
import ssl
import time
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from tests.integration.identities import issue
from tests.integration.processor.running import RunningProcessor
from tests.integration.receivers.running import running_receiver
from tests.integration.receivers.test_tokens import bodies_of, gateway_of

from logmesh import AsyncClient
from logmesh.cli.local.certificates import WorkloadFiles
from logmesh.cli.local.ports import free_port
from logmesh.runtime.sender_tokens import new_secret

SHOP = "spiffe://logmesh.local/ns/shop/sa/checkout"


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def loki_push(line: str) -> dict[str, Any]:
    return {"streams": [{"stream": {"service_name": "shop"}, "values": [[str(time.time_ns()), line]]}]}


async def test_each_protocol_stores_for_the_tenant_of_the_token_where_its_senders_put_it(
    processor: RunningProcessor, tmp_path: Path
) -> None:
    async with (
        gateway_of(processor, free_port()) as gateway,
        AsyncClient(gateway) as client,
        running_receiver(processor.target, tmp_path, gateway=gateway) as receiver,
        aiohttp.ClientSession(receiver.http) as http,
    ):
        made = {tenant: await client.create_token("shop", tenant=tenant) for tenant in ("acme", "globex")}
        acme, globex = made["acme"], made["globex"]

        async def post(path: str, body: str, shown: str) -> tuple[int, str]:
            kind = "application/json" if path.startswith("/loki") else "application/x-ndjson"
            headers = {"content-type": kind} | ({"authorization": shown} if shown else {})
            async with http.post(path, data=body, headers=headers) as answer:
                assert ("www-authenticate" in answer.headers) is (answer.status == 401)
                return answer.status, await answer.text()

        def bodies(number: int) -> list[tuple[str, str]]:
            bulk = json.dumps({"create": {"_index": "logs"}}) + "\n" + json.dumps({"message": str(number)}) + "\n"
            return [
                ("/lines", str(number + 1)),
                ("/loki/api/v1/push", json.dumps(loki_push(str(number + 2)))),
                ("/_bulk", bulk),
            ]

        shown = [
            f"Bearer {acme.secret}",
            basic("anybody", acme.secret),
            f"ApiKey {base64.b64encode(f'{acme.token.id}:{acme.secret}'.encode()).decode()}",
        ]
        for at, header in enumerate(shown):
            for path, body in bodies(10 * at):
                assert (path, (await post(path, body, header))[0] // 100) == (path, 2)
        for path, body in bodies(100):
            assert (await post(path, body, f"Bearer {globex.secret}"))[0] // 100 == 2
        wrong = new_secret(acme.token.id)
        for header in ("", "Bearer nonsense", f"Bearer {wrong}", basic(acme.secret, ""), f"Splunk {acme.secret}"):
            for path, body in bodies(200):
                status, said = await post(path, body, header)
                assert (header, path, status) == (header, path, 401)
                assert wrong not in said and acme.secret not in said
        # Handshakes are for senders, too.
        async with http.get("/") as answer:
            assert answer.status == 401
        async with http.get("/", headers={"authorization": basic("elastic", acme.secret)}) as answer:
            assert answer.status == 200
        await receiver.all_committed()
    assert await bodies_of(processor, "acme") == ["0", "1", "2", "10", "11", "12", "20", "21", "22"]
    assert await bodies_of(processor, "globex") == ["100", "101", "102"]
    assert await bodies_of(processor, "default") == []


async def test_over_https_a_certificate_says_whose_lines_these_are(
    processor: RunningProcessor, certificates: dict[str, WorkloadFiles], tmp_path: Path
) -> None:
    door = certificates["gateway"]
    asked: dict[str, Any] = {
        "door_tls_cert": door.cert, "door_tls_key": door.key, "door_tls_ca": door.ca, "tenants": {SHOP: "acme"},
    }  # fmt: skip

    async def post(url: str, names: list[str] | None) -> int:
        context = ssl.create_default_context(cafile=door.ca)
        if names is not None:
            files = issue(tmp_path, door.ca, names)
            context.load_cert_chain(files.paths[2], files.paths[1])
        async with aiohttp.ClientSession() as http, http.post(f"{url}/lines", data="1", ssl=context) as answer:
            return answer.status

    async with running_receiver(processor.target, tmp_path, **asked) as receiver:
        url = receiver.http.replace("http:", "https:")
        assert await post(url, [SHOP]) == 200
        assert await post(url, [f"{SHOP}/more"]) == 403
        with pytest.raises(aiohttp.ClientError):
            await post(url, None)
        with pytest.raises(aiohttp.ClientError):
            async with aiohttp.ClientSession() as http, http.post(f"{receiver.http}/lines", data="2"):
                pass
        await receiver.all_committed()
    assert await bodies_of(processor, "acme") == ["1"]
