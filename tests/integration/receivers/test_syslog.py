"""Syslog over real sockets, from senders' bytes to rows in the database."""

import asyncio
import contextlib
import json
import random
import shutil
import socket
import ssl
import struct
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from tests.integration.processor.running import RunningProcessor
from tests.integration.receivers.running import RunningReceiver, running_receiver
from tests.waiting import until, until_true

from logmesh.cli.local.certificates import WorkloadFiles
from logmesh.cli.local.ports import free_port
from logmesh.producer.receivers.inlet import Inlet
from logmesh.producer.receivers.syslog import connection, connections, origins
from logmesh.runtime.metrics import PRODUCER


def message(number: int) -> bytes:
    """A message of RFC 5424 whose text is a number."""
    return f"<14>1 2026-01-02T03:04:05.{number % 1_000_000:06d}Z host shop 7 - - {number}".encode()


def counted(text: bytes) -> bytes:
    """With its count of octets."""
    return b"%d %b" % (len(text), text)


async def numbers(processor: RunningProcessor, count: int) -> list[int]:
    """The bodies in order, once there are so many."""

    async def enough() -> list[str]:
        bodies = await processor.bodies()
        return bodies if len(bodies) >= count else []

    return sorted(map(int, await until(enough)))


def metric(name: str, **labels: str) -> float:
    return PRODUCER.get_sample_value(name, labels) or 0


def send_datagrams(receiver: RunningReceiver, *texts: bytes) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        for text in texts:
            sock.sendto(text, receiver.syslog)


async def test_udp_tcp_and_both_framings(processor: RunningProcessor, tmp_path: Path) -> None:
    async with running_receiver(processor.target, tmp_path, syslog_port=free_port()) as receiver:
        send_datagrams(receiver, *(message(number) + b"\n" for number in range(100)))
        _, writer = await asyncio.open_connection(*receiver.syslog)
        for number in range(100, 200):
            writer.write(counted(message(number)) if number % 3 else message(number) + b"\n")
        writer.write(message(200))
        writer.close()
        assert await numbers(processor, 201) == list(range(201))


@pytest.mark.skipif(not shutil.which("logger"), reason="logger is of util-linux, which is not here")
@pytest.mark.parametrize(
    "options",
    [("--udp", "--rfc5424"), ("--udp", "--rfc3164"), ("--tcp", "--rfc5424"), ("--tcp", "--rfc3164", "--octet-count")],
)
async def test_logger(processor: RunningProcessor, tmp_path: Path, options: tuple[str, ...]) -> None:
    async with running_receiver(processor.target, tmp_path, syslog_port=free_port()) as receiver:
        host, port = receiver.syslog
        sending = await asyncio.create_subprocess_exec(
            *("logger", *options, "--server", host, "--port", str(port), "--priority", "auth.warning"),
            *("--tag", "sshd", "--id=4711", "Failed password for root"),
        )
        assert await sending.wait() == 0
        await until(processor.bodies)
        (row,) = await processor.query(
            "SELECT body, severity, o.service, instance, attributes::text FROM logmesh.logs JOIN logmesh.origins o USING (origin)"
        )
    assert (row["body"], row["severity"], row["service"]) == ("Failed password for root", 13, "sshd")
    assert row["instance"] in (socket.gethostname(), socket.gethostname().partition(".")[0])
    attributes = json.loads(row["attributes"])
    assert (attributes["syslog.facility"], attributes["syslog.procid"]) == ("auth", "4711")


async def test_tls(processor: RunningProcessor, certificates: dict[str, WorkloadFiles], tmp_path: Path) -> None:
    door, port = certificates["gateway"], free_port()
    context = ssl.create_default_context(cafile=door.ca)
    async with running_receiver(
        processor.target, tmp_path, syslog_tls_port=port, door_tls_cert=door.cert, door_tls_key=door.key
    ):
        refused, in_plaintext = await asyncio.open_connection("127.0.0.1", port)
        in_plaintext.write(message(0) + b"\n")
        assert b"<14>" not in await refused.read()
        in_plaintext.close()
        _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname="gateway")
        writer.write(b"".join(counted(message(number)) for number in range(1, 3_000)))
        writer.close()
        assert await numbers(processor, 2_999) == list(range(1, 3_000))


async def test_a_connection_that_is_closed_in_the_middle_of_a_message_leaves_what_came(
    processor: RunningProcessor, tmp_path: Path
) -> None:
    before = metric("logmesh_syslog_cut_short_total")
    async with running_receiver(processor.target, tmp_path, syslog_port=free_port()) as receiver:
        _, writer = await asyncio.open_connection(*receiver.syslog)
        writer.write(b"9999 " + message(1))
        writer.close()
        assert await numbers(processor, 1) == [1]
        (row,) = await processor.query("SELECT attributes::text FROM logmesh.logs")
    assert json.loads(row["attributes"])["logmesh.cut_short"] is True
    assert metric("logmesh_syslog_cut_short_total") == before + 1


async def test_a_stop_reads_what_was_sent_before_it(processor: RunningProcessor, tmp_path: Path) -> None:
    """The sender goes on until it finds the connection closed, as rsyslog and syslog-ng look before they send."""
    sent = 0
    async with running_receiver(processor.target, tmp_path, syslog_port=free_port(), drain_seconds=60) as receiver:
        reader, writer = await asyncio.open_connection(*receiver.syslog)

        async def send() -> int:
            nonlocal sent
            while not reader.at_eof():
                writer.write(b"".join(message(number) + b"\n" for number in range(sent, sent + 100)))
                sent += 100
                await writer.drain()
                await asyncio.sleep(0)
            writer.close()
            return sent

        sending = asyncio.create_task(send())
        await until_true(lambda: sent > 5_000)
    assert await numbers(processor, await sending) == list(range(sent))


async def test_a_stop_reads_what_has_come_of_a_sender_that_resets_its_connection(
    processor: RunningProcessor, tmp_path: Path
) -> None:
    """As rsyslog does once it hears that the other end is closing: what was not read by then is gone."""
    count = 8_000
    async with running_receiver(processor.target, tmp_path, syslog_port=free_port(), drain_seconds=60) as receiver:
        reader, writer = await asyncio.open_connection(*receiver.syslog)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.write(b"".join(message(number) + b" " * 100 + b"\n" for number in range(count)))
        await until_true(lambda: not writer.transport.get_write_buffer_size())

        async def reset() -> None:
            await reader.read()
            writer.transport.abort()

        resetting = asyncio.create_task(reset())
    await resetting
    assert await numbers(processor, count) == list(range(count))


@pytest.mark.parametrize("tls", [False, True])
async def test_a_sender_that_does_not_look_fails_to_write_after_a_stop(
    processor: RunningProcessor, certificates: dict[str, WorkloadFiles], tmp_path: Path, tls: bool
) -> None:
    """As syslog-ng over TLS: what it can write after the stop counts as sent, and nobody reads it."""
    door, port = certificates["gateway"], free_port()

    def connected() -> socket.socket:
        sock = socket.create_connection(("127.0.0.1", port), 30)
        if not tls:
            return sock
        return ssl.create_default_context(cafile=door.ca).wrap_socket(sock, server_hostname="gateway")

    async with running_receiver(
        processor.target,
        tmp_path,
        syslog_port=0 if tls else port,
        syslog_tls_port=port if tls else 0,
        door_tls_cert=door.cert,
        door_tls_key=door.key,
        drain_seconds=60,
    ):
        sender = await asyncio.to_thread(connected)
        sender.sendall(b"".join(counted(message(number)) for number in range(100)))
    with sender, pytest.raises((BrokenPipeError, ConnectionResetError, ssl.SSLEOFError)):
        sender.sendall(counted(message(100)))
    assert await numbers(processor, 100) == list(range(100))


async def test_a_stop_reads_what_was_sent_by_a_sender_that_does_not_look_though_the_disk_is_slow(
    processor: RunningProcessor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "_READ_SECONDS", 0.1)
    monkeypatch.setattr(connections, "_LAST_SECONDS", 0.1)
    keep = Inlet.keep

    async def keep_slowly(*said: Any) -> None:
        await asyncio.sleep(0.3)
        await keep(*said)

    monkeypatch.setattr(Inlet, "keep", keep_slowly)
    count = 8_000
    async with running_receiver(processor.target, tmp_path, syslog_port=free_port(), drain_seconds=60) as receiver:
        _, writer = await asyncio.open_connection(*receiver.syslog)
        writer.write(b"".join(message(number) + b"\n" for number in range(count)))
        await until_true(lambda: not writer.transport.get_write_buffer_size())
    writer.transport.abort()
    assert await numbers(processor, count) == list(range(count))


async def test_long_messages_come_in_parts_where_connections_hold_too_many(
    processor: RunningProcessor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "_MOST_UNFINISHED_BYTES", 0)
    text = random.Random(1).randbytes(90_000).hex().encode()
    async with running_receiver(processor.target, tmp_path, syslog_port=free_port()) as receiver:
        _, writer = await asyncio.open_connection(*receiver.syslog)
        writer.write(b"<14>1 2026-01-02T03:04:05Z host shop 7 - - " + text)
        await until(processor.bodies)  # what came of it
        writer.write(b"\n" + message(1) + b"\n")
        writer.close()

        async def rows() -> list[asyncpg.Record]:
            found = await processor.query(
                "SELECT body, attributes::json ->> 'logmesh.part' AS part FROM logmesh.logs ORDER BY spool, position"
            )
            return found if found[-1]["body"] == "1" else []

        *parts, _ = await until(rows)
    assert len(parts) > 1 and "".join(row["body"] for row in parts).encode() == text
    assert [row["part"] for row in parts] == [str(number) for number in range(1, len(parts) + 1)]


async def test_garbage_is_kept_and_harms_nobody(processor: RunningProcessor, tmp_path: Path) -> None:
    async with running_receiver(processor.target, tmp_path, syslog_port=free_port()) as receiver:
        for seed in range(3):
            garbage = random.Random(seed).randbytes(300_000)
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection(*receiver.syslog)
                writer.write(garbage)
                await writer.drain()
                writer.close()
            send_datagrams(receiver, garbage[:9_000], b"", b"\n")
        _, writer = await asyncio.open_connection(*receiver.syslog)
        writer.write(message(1))
        writer.close()

        async def came() -> bool:
            return "1" in await processor.bodies()

        await until(came)
        await receiver.all_committed()
        (found,) = await processor.query("SELECT count(*) AS dead FROM logmesh.dead_letters")
    assert found["dead"] == 0


async def test_senders_are_held_while_the_spool_is_full_and_lose_nothing(
    tmp_path: Path, processor: RunningProcessor, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = b"x" * 50_000
    port = free_port()
    held: set[connection.Connection] = set()

    class Seen(connection.Connection):
        """Says whether it is held."""

        def hold(self) -> None:
            super().hold()
            held.add(self)

        def release(self) -> None:
            super().release()
            held.discard(self)

    monkeypatch.setattr(connections, "Connection", Seen)
    async with running_receiver(
        "ipv4:127.0.0.1:1", tmp_path, syslog_port=port, spool_max_bytes=32 << 20, compress=False, drain_seconds=0
    ) as receiver:
        _, writer = await asyncio.open_connection(*receiver.syslog)

        def is_held() -> bool:
            return bool(held) and metric("logmesh_spool_fill_ratio") > 0.9

        async def sends(begin: int, end: int) -> bool:
            """Whether all of it was taken."""
            writer.write(b"".join(b"<14>1 - - - - - - %d %b\n" % (number, text) for number in range(begin, end)))
            draining = asyncio.create_task(writer.drain())
            await until_true(lambda: draining.done() or is_held())
            return draining.done() or not draining.cancel()

        sent = 20
        while await sends(sent - 20, sent):
            sent += 20
            assert sent < 2_000
        writer.transport.abort()
    async with running_receiver(processor.target, tmp_path, syslog_port=port) as again:
        await again.all_committed()
        kept = sorted(int(body.split()[0]) for body in await processor.bodies())
    assert kept == list(range(len(kept)))
    assert sent - len(kept) < 400


async def test_tags_beyond_what_may_be_new_within_an_hour_are_attributes(
    processor: RunningProcessor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(origins, "MOST_NEW", 2)
    before = metric("logmesh_syslog_unlisted_records_total")
    async with running_receiver(processor.target, tmp_path, syslog_port=free_port()) as receiver:
        _, writer = await asyncio.open_connection(*receiver.syslog)
        for number in range(5):
            writer.write(b"<14>1 2026-01-02T03:04:05Z host app-%d 7 - - %d\n" % (number, number))
        writer.close()
        assert await numbers(processor, 5) == list(range(5))
        rows = await processor.query(
            "SELECT body, o.service, instance, attributes::json ->> 'syslog.appname' AS app,"
            " attributes::json ->> 'syslog.hostname' AS host FROM logmesh.logs JOIN logmesh.origins o USING (origin) ORDER BY body"
        )
    assert [tuple(row) for row in rows] == [
        ("0", "app-0", "host", None, None),
        ("1", "app-1", "host", None, None),
        *((str(number), "syslog", "", f"app-{number}", "host") for number in (2, 3, 4)),
    ]
    assert metric("logmesh_syslog_unlisted_records_total") == before + 3


async def test_more_connections_than_the_limit_are_closed(processor: RunningProcessor, tmp_path: Path) -> None:
    async with running_receiver(processor.target, tmp_path, syslog_port=free_port(), max_connections=3) as receiver:
        open_ones = [await asyncio.open_connection(*receiver.syslog) for _ in range(3)]
        await until_true(lambda: metric("logmesh_syslog_connections", kind="tcp") == 3)
        refused, refused_writer = await asyncio.open_connection(*receiver.syslog)
        assert await refused.read() == b""
        refused_writer.close()
        for at, (_, writer) in enumerate(open_ones):
            writer.write(message(at) + b"\n")
            writer.close()
        assert await numbers(processor, 3) == [0, 1, 2]
        await until_true(lambda: metric("logmesh_syslog_connections", kind="tcp") == 0)
        _, writer = await asyncio.open_connection(*receiver.syslog)
        writer.write(message(3))
        writer.close()
        assert await numbers(processor, 4) == [0, 1, 2, 3]


async def test_datagrams_that_the_kernel_drops_are_counted(processor: RunningProcessor, tmp_path: Path) -> None:
    before = metric("logmesh_syslog_dropped_datagrams_total")

    def dropped() -> int:
        return round(metric("logmesh_syslog_dropped_datagrams_total") - before)

    async with running_receiver(processor.target, tmp_path, syslog_port=free_port()) as receiver:
        # Nobody reads while this thread sends.
        send_datagrams(receiver, *(message(number) + b" " * 8_000 for number in range(3_000)))
        await until_true(dropped)
        bodies = await numbers(processor, 3_000 - dropped())
    assert len(bodies) == 3_000 - dropped()
