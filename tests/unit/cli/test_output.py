"""A child's log line on the terminal: a sentence with its fields, and anything else untouched."""

from datetime import datetime

from logmesh.cli.local.output import render_line

NOON = datetime(2026, 1, 2, 12, 0, 0)  # noqa: DTZ001 - only its clock is shown


def test_a_json_line_becomes_a_sentence_with_fields() -> None:
    line = '{"event":"stream is open","level":"warning","timestamp":"x","event_name":"open","n":3,"to":"a b"}'
    text = render_line("log-producer-0", "cyan", line, NOON)
    assert text.plain == "12:00:00 log-producer-0  stream is open n=3 to=a b"
    assert "yellow" in {str(span.style) for span in text.spans}


def test_other_lines_stay_as_they_are() -> None:
    for line in ("Traceback [bold]x[/bold]", "{broken", '{"no":"event"}', "[1]"):
        assert render_line("x", "cyan", line, NOON).plain.endswith(" " + line)
