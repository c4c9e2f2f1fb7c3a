"""The table of formats: each example is read as it says, by its own format; and what a stream keeps."""

import json
from datetime import UTC, datetime
from random import Random

import pytest

from logmesh.producer.formats.fitting import LOOSE, PARTICULAR, likeness
from logmesh.producer.formats.format import Example, Format
from logmesh.producer.formats.stream import StreamParser
from logmesh.producer.formats.table import FORMATS
from logmesh.producer.timestamps.clock import Clock
from logmesh.producer.timestamps.zones import UTC_ZONE
from logmesh.record.severity import severity_name

NOW = int(datetime(2026, 11, 30, 16, tzinfo=UTC).timestamp()) * 10**9
EXAMPLES = [(format_, example) for format_ in FORMATS for example in format_.examples]


def nanos(text: str) -> int:
    """Of an ISO time in UTC with up to nine digits of a fraction."""
    whole, _, fraction = text.partition(".")
    return int(datetime.fromisoformat(whole + "+00:00").timestamp()) * 10**9 + int(fraction.ljust(9, "0"))


@pytest.mark.parametrize(
    ("format_", "example"), EXAMPLES, ids=[f"{one.name}-{one.examples.index(example)}" for one, example in EXAMPLES]
)
def test_an_example_is_of_its_format_and_says_what_it_says(format_: Format, example: Example) -> None:
    first = likeness(example.line)
    fitting = [one.name for one in (*PARTICULAR[first], *LOOSE[first]) if one.read(example.line, Clock(UTC_ZONE, NOW))]
    assert fitting[:1] == [format_.name]
    parsed = format_.read(example.line, Clock(UTC_ZONE, NOW))
    assert parsed is not None
    assert parsed.time_unix_nano == nanos(example.time)
    assert severity_name(parsed.severity) == example.level
    assert json.loads(parsed.attributes or b"{}") == example.fields


@pytest.mark.parametrize("seed", range(5))
def test_a_stream_of_many_formats_reads_each_line_as_if_it_were_alone(seed: int) -> None:
    lines = [example.line for _, example in EXAMPLES] * 3
    Random(seed).shuffle(lines)
    stream = StreamParser(UTC_ZONE)
    for line in lines:
        assert stream.parse(line, NOW, live=True) == StreamParser(UTC_ZONE).parse(line, NOW, live=True)


def test_every_format_has_a_name_of_its_own_and_an_example() -> None:
    assert len({one.name for one in FORMATS}) == len(FORMATS)
    assert all(one.examples for one in FORMATS)
