"""``make fuzz-doors``: bytes that libFuzzer makes so that they reach ever new branches of a door's parser.

Each input is refused in words, or becomes batches that a processor takes. One that does not, or takes more than ten seconds or 1 GiB,
is printed and kept.
"""

import argparse
import contextlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final
from uuid import UUID

try:
    import atheris
except ModuleNotFoundError:
    sys.exit("fuzzing needs atheris: .venv/bin/pip install atheris")

with atheris.instrument_imports(include=["logmesh.producer", "logmesh.record", "google.protobuf.json_format"]):
    from logmesh.producer.receivers.cutting import columns_of, cut
    from logmesh.producer.receivers.http.elasticsearch.bulk import read_bulk, read_one
    from logmesh.producer.receivers.http.lines import read_lines, whose
    from logmesh.producer.receivers.http.loki.json_push import read_json
    from logmesh.producer.receivers.http.loki.messages import read_message
    from logmesh.producer.receivers.http.loki.records import read_streams
    from logmesh.producer.receivers.http.unpacking import unpack, unpack_block
    from logmesh.producer.receivers.otlp.json import from_json
    from logmesh.producer.receivers.otlp.records import read_request
    from logmesh.producer.receivers.received import Received, RequestRefused
    from logmesh.producer.receivers.syslog.framing import Framer
    from logmesh.producer.receivers.syslog.messages import MessageReader
    from logmesh.producer.timestamps.zones import zone_of
    from logmesh.record.batch import encode_link

from tests.unit.producer.receivers.fuzz_seeds import SEEDS

from logmesh.processor.frame import Header
from logmesh.processor.payload import decode_payload
from logmesh.storage.ledger import SpoolKey

_NOW: Final = 1_764_590_000_000_000_000
_ZONE: Final = zone_of("Europe/Berlin")
_MOST_BYTES: Final = 1 << 20
_SPOOL: Final = str(UUID(int=1))


def _lines(body: bytes) -> Received:
    media_type = "application/json" if body[:1] in (b"{", b"[") else "text/plain"
    return read_lines(body, media_type, "", whose({"service": "shop"}, {}, _ZONE), _NOW)


def _syslog(body: bytes) -> Received:
    """The first byte says in pieces of how many bytes the others come."""
    framer, messages, size = Framer(256), [], body[:1][0] + 1 if body else 1
    for begin in range(1, len(body), size):
        messages += framer.feed(body[begin : begin + size])
    messages += framer.end()
    return MessageReader(_ZONE).read([(message, b"192.0.2.7") for message in messages], _NOW)


def _unpacked(body: bytes) -> None:
    for encoding in ("gzip", "deflate", "zstd", "snappy"):
        with contextlib.suppress(RequestRefused):
            assert len(unpack(body, encoding, _MOST_BYTES)) <= _MOST_BYTES


DOORS: Final[dict[str, Callable[[bytes], Received | None]]] = {
    "otlp": read_request,
    "otlp-json": lambda body: read_request(from_json(body)),
    "loki": lambda body: read_streams(read_message(body), _NOW),
    "loki-snappy": lambda body: read_streams(read_message(unpack_block(body, _MOST_BYTES)), _NOW),
    "loki-json": lambda body: read_streams(read_json(body), _NOW),
    "bulk": lambda body: read_bulk(body, "logs", _NOW),
    "document": lambda body: read_one(body, "logs", "1", _NOW),
    "lines": _lines,
    "syslog": _syslog,
    "unpacking": _unpacked,
}


def check(read: Callable[[bytes], Received | None], body: bytes) -> None:
    """Raises whatever is no refusal."""
    try:
        received = read(body)
        pieces = [] if received is None else list(cut(received, "fuzz", body))
    except RequestRefused:
        return
    for piece in pieces:
        raw, _ = encode_link(1, columns_of(piece.chunk, _NOW), False, _SPOOL, 0, piece.request)
        decode_payload(raw, Header(SpoolKey("default", _SPOOL), 1, len(piece.chunk), "fuzz", "", _NOW))


def main() -> None:
    """Fuzz one door."""
    parser = argparse.ArgumentParser(prog="make fuzz-doors", description=__doc__)
    parser.add_argument("--door", choices=sorted(DOORS), required=True)
    parser.add_argument("--seconds", type=int, default=600, help="for how long (default 600)")
    parser.add_argument(
        "--folder", type=Path, default=Path(".tools/fuzz"),
        help="where inputs are kept, from which the next run goes on (default .tools/fuzz)",
    )  # fmt: skip
    options = parser.parse_args()
    folder = options.folder / options.door
    folder.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(SEEDS[options.door]):
        (folder / f"seed-{number}").write_bytes(seed)
    read = DOORS[options.door]
    limits = ["-timeout=10", "-rss_limit_mb=1024", "-max_len=8192", f"-max_total_time={options.seconds}"]
    said = ["-print_final_stats=1", f"-artifact_prefix={folder}/failed-"]
    atheris.Setup([sys.argv[0], *limits, *said, str(folder)], lambda body: check(read, body))
    atheris.Fuzz()


if __name__ == "__main__":
    main()
