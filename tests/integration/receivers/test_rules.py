"""Rules on the way, from a shipped file and from a sender's request to rows in the database."""

import asyncio
import json
from pathlib import Path

import grpc
from tests import commands
from tests.integration.processor.running import RunningProcessor
from tests.integration.receivers.running import running_receiver
from tests.integration.receivers.test_otlp_grpc import export, request_of

RULES = """
[[rule]]
name = "health checks"
when = 'body : "/healthz"'
action = "drop"

[[rule]]
name = "secrets"
action = "redact"

[[rule]]
name = "users"
action = "rename"
attributes = { usr = "user.id" }
"""


async def test_a_shipped_file_is_stored_as_rules_leave_it(processor: RunningProcessor, tmp_path: Path) -> None:
    log, rules = tmp_path / "app.log", tmp_path / "rules.toml"
    rules.write_text(RULES)
    log.write_text('GET /healthz 200\n{"msg":"paid by a@example.com","usr":42}\nGET /healthz 200\n')
    arguments = ["ship", str(log), "--service", "shop", "--target", processor.target, "--rules", str(rules)]
    arguments += ["--data-dir", str(tmp_path / "data")]
    first = await asyncio.to_thread(commands.run, *arguments)
    assert (first.returncode, first.stdout) == (0, "1 records committed\n"), first.stderr
    assert first.stderr == "2 were left out by rules\n"
    [row] = await processor.query(
        "SELECT body, attributes ->> 'msg' AS msg, attributes ->> 'user.id' AS usr FROM logmesh.logs"
    )
    assert row["body"] == '{"msg":"paid by [redacted:email]","usr":42}'
    assert (row["msg"], row["usr"]) == ("paid by [redacted:email]", "42")
    with log.open("a") as file:
        file.write("GET /healthz 200\n")
    again = await asyncio.to_thread(commands.run, *arguments)
    assert (again.stdout, again.stderr) == ("0 records committed\n", "1 were left out by rules\n")
    last = await asyncio.to_thread(commands.run, *arguments)
    assert "nothing new" in last.stderr


async def test_a_receiver_spools_what_rules_leave_and_stores_a_repeated_request_once(
    processor: RunningProcessor, tmp_path: Path
) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text('[[rule]]\nname = "half"\naction = "sample"\nkeep = "1/2"\n')
    request = request_of(0, 400)
    async with (
        running_receiver(processor.target, tmp_path, "log-receiver-0", rules=rules) as one,
        running_receiver(processor.target, tmp_path, "log-receiver-1", rules=rules) as other,
        grpc.aio.insecure_channel(one.otlp) as to_one,
        grpc.aio.insecure_channel(other.otlp) as to_other,
    ):
        for channel in (to_one, to_other, to_one):
            answer = await export(channel, request)
            assert not answer.partial_success.rejected_log_records
        await one.all_committed()
        await other.all_committed()
    bodies = list(map(int, await processor.bodies()))
    assert len(bodies) == len(set(bodies))
    assert 140 < len(bodies) < 260


async def test_a_request_of_which_nothing_is_left_is_acknowledged(processor: RunningProcessor, tmp_path: Path) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text('[[rule]]\nname = "all"\naction = "drop"\n')
    async with (
        running_receiver(processor.target, tmp_path, rules=rules) as receiver,
        grpc.aio.insecure_channel(receiver.otlp) as channel,
    ):
        await export(channel, request_of(0, 3))
        await receiver.all_committed()
    assert await processor.bodies() == []


async def test_what_redaction_makes_larger_than_a_record_is_stored(processor: RunningProcessor, tmp_path: Path) -> None:
    """From a file and from a sender: a line of three full parts, and attributes of as many bytes as there may be."""
    log, rules = tmp_path / "app.log", tmp_path / "rules.toml"
    rules.write_text('[[rule]]\nname = "secrets"\naction = "redact"\n')
    long = "2026-12-01T09:00:00Z ERROR dump for a@b.io: " + "item=42 a@b.io;" * 50_000
    fields = {"level": "error", "text": "Ошибка оплаты\n a@b.io", "to": ["a@b.io"] * 6_500}
    log.write_text(f"{long}\n{json.dumps(fields, ensure_ascii=False)}\n")
    arguments = ["ship", str(log), "--service", "shop", "--target", processor.target, "--rules", str(rules)]
    shipped = await asyncio.to_thread(commands.run, *arguments, "--data-dir", str(tmp_path / "data"))
    assert (shipped.returncode, shipped.stderr) == (0, ""), shipped.stderr
    request = request_of(0, 2)
    record = request.resource_logs[0].scope_logs[0].log_records[0]
    record.body.string_value = long[: 256 << 10]
    record.attributes.add(key="user").value.string_value = "ann"
    addresses = record.attributes.add(key="to").value.array_value.values
    for _ in range(6_500):
        addresses.add(string_value="a@b.io")
    async with (
        running_receiver(processor.target, tmp_path, rules=rules) as receiver,
        grpc.aio.insecure_channel(receiver.otlp) as channel,
    ):
        await export(channel, request)
        await receiver.all_committed()
    assert await processor.dead_letters() == []
    rows = await processor.query(
        "SELECT body, severity, attributes::text AS attributes FROM logmesh.logs ORDER BY spool, position"
    )
    assert not any("a@b.io" in row["body"] for row in rows)
    assert "".join(row["body"] for row in rows).count("item=42 [redacted:email];") > 50_000
    assert sum(row["severity"] == 17 for row in rows) > 4
    [found] = [row for row in rows if "Ошибка оплаты" in row["body"]]
    assert json.loads(found["attributes"]) == {
        "text": "Ошибка оплаты\n [redacted:email]",
        "logmesh.attributes_omitted": True,
    }
    users = [json.loads(row["attributes"]) for row in rows if "user" in (row["attributes"] or "")]
    assert [(one["user"], one["logmesh.part"], one["logmesh.attributes_omitted"]) for one in users] == [
        ("ann", 1, True)
    ]
