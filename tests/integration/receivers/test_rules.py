"""Rules on the way, from a shipped file and from a sender's request to rows in the database."""

import asyncio
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
