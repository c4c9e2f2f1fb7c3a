"""A rules file: what may stand in it, and what is said of what may not."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.producer.rules.chunks import TIME, chunk_of

from logmesh.producer.rules import RulesError, RulesFile, read_rules
from logmesh.producer.rules.reading import MAX_FILE_BYTES, parse_rules
from logmesh.producer.rules.rules_file import LOOK_SECONDS
from logmesh.producer.settings import ProducerSettings
from logmesh.runtime.metrics import PRODUCER

DROP_A = '[[rule]]\nname = "a"\nwhen = "a"\naction = "drop"\n'
BEGIN = '[[rule]]\nname = "x"\n'

WRONG = {
    "a =": "r:1: this is not TOML",
    "\n[[rule]\n": "r:2: this is not TOML: Expected ']]'",
    "[[rules]]": "r:1: there is no 'rules'; each rule begins with [[rule]]",
    "[rule]\nname = 'x'": "r:1: each rule begins with [[rule]]",
    "[[rule]]\naction = 'drop'": "r:1: name: a rule must have one",
    BEGIN: "r:1: action of rule 'x': a rule must have one",
    BEGIN + "action = 1": "r:3: action of rule 'x': must be a text in quotes",
    BEGIN + "action = 'sampel'": "'sampel' is none of drop, sample, rename, redact, limit; did you mean sample?",
    BEGIN + "action = 'drop'\nkeep = 1": "r:4: keep of rule 'x': a rule that has action = 'drop' knows name, when, action",
    BEGIN + "action = 'limit'\nper_secnd = 1": "r:4: per_secnd of rule 'x'",
    BEGIN + "action = 'limit'": "per_second of rule 'x': must be a number from 0.1 to 1e+09",
    BEGIN + "action = 'limit'\nper_second = nan": "r:4: per_second",
    BEGIN + "action = 'limit'\nper_second = true": "r:4: per_second",
    BEGIN + "action = 'limit'\nper_second = 1\ninterval_seconds = 0": "r:5: interval_seconds",
    BEGIN + "action = 'drop'\nwhen = 'level >= 3'": "r:4: when of rule 'x': there is no field \"level\"",
    BEGIN + "action = 'sample'": "keep of rule 'x': must be a share",
    BEGIN + "action = 'sample'\nkeep = 1": "r:4: keep of rule 'x': must be a share",
    BEGIN + "action = 'sample'\nkeep = '2/1'": "r:4: keep",
    BEGIN + "action = 'sample'\nkeep = 'some'": "r:4: keep",
    BEGIN + "action = 'sample'\nkeep = [1]": "r:4: keep",
    BEGIN + "action = 'rename'": "attributes of rule 'x': must say the new name of each old one",
    BEGIN + "action = 'rename'\nattributes = { a.b = 'c' }": "r:4: attributes of rule 'x': the new name of 'a' must be a text",
    BEGIN + "action = 'rename'\nattributes = { a = 'c', b = 'c' }": "'c' would be the name of two",
    BEGIN + "action = 'redact'\npatterns = ['crd']": "r:4: patterns of rule 'x': 'crd' is none of",
    BEGIN + "action = 'redact'\npatterns = 'card'": "r:4: patterns of rule 'x': must be a list of names",
    BEGIN + "action = 'redact'\npatterns = []": "r:4: patterns of rule 'x': there is no pattern to look for",
    BEGIN + "action = 'redact'\nresource = 1": "r:4: resource of rule 'x': must be true or false",
    BEGIN + "action = 'redact'\n\n[rule.own]\na = 'b'\nfoo = '(a'": "r:7: own of rule 'x': the pattern foo is none of RE2's: missing )",
    BEGIN + "action = 'redact'\nown = { foo = 'a*' }": "r:4: own of rule 'x': the pattern foo matches nothing at all",
    BEGIN + "action = 'redact'\nown = { card = 'a' }": "'card' can't be a pattern's name",
    BEGIN + "action = 'redact'\nown = { Foo = 'a' }": "'Foo' can't be a pattern's name",
    BEGIN + "action = 'redact'\nown = { foo = '' }": "the pattern foo must be a text of 1 to 1000 characters",
    DROP_A + "\n" + DROP_A: "r:7: name of rule 'a': another rule has it already",
    "rule = [{ name = 'x' }]": "r:1: action of rule 'x': a rule must have one",
    "[[rule]]\nname = 'a\"b'": "r:2: name of rule",
    DROP_A.replace('"a"', '"a{}"') * 101: "the most",
}  # fmt: skip


@pytest.mark.parametrize("text", WRONG)
def test_what_is_wrong_is_named_with_its_line(text: str) -> None:
    with pytest.raises(RulesError) as raised:
        parse_rules(text, "r")
    assert WRONG[text] in str(raised.value)
    assert "\n" not in str(raised.value)


EXAMPLE = (Path(__file__).parents[4] / "docs/examples/rules.toml").read_text("utf-8")
PIECES = st.sampled_from(
    [
        *EXAMPLE.split("\n"),
        *re.findall(r"\w+|\S", EXAMPLE),
        "9" * 400,
        "9" * 5_000,
        "[" * 2_000,
        "1979-05-27",
        "nan",
        "-1",
    ]
)


@settings(max_examples=400)
@given(st.lists(st.tuples(st.integers(0, len(EXAMPLE)), st.integers(0, 30), PIECES), min_size=1, max_size=4))
def test_whatever_is_edited_is_rules_or_a_line_that_says_what_is_wrong(edits: list[tuple[int, int, str]]) -> None:
    text = EXAMPLE
    for at, length, piece in edits:
        text = text[:at] + piece + text[at + length :]
    said = ""
    try:
        parse_rules(text, "r")
    except RulesError as error:
        said = str(error)
    assert not said or re.match(r"r:\d+: ", said)


@pytest.mark.parametrize("value", ["9" * 400, "9" * 5_000, "[" * 2_000, "1979-05-27", "1e999", "inf"])
def test_a_share_that_is_none_is_refused_whatever_it_is(value: str) -> None:
    with pytest.raises(RulesError, match=r"r:4|this is not TOML"):
        parse_rules(f"{BEGIN}action = 'sample'\nkeep = {value}", "r")


def test_a_file_without_rules_is_one() -> None:
    assert parse_rules("# none yet\n", "r") == []


@pytest.mark.parametrize(
    ("raw", "said"),
    [(b"# \n\xff", ":2: the rules are not UTF-8"), (b"#" * (MAX_FILE_BYTES + 1), "more than"), (None, "can't be read: No such file")],
)  # fmt: skip
def test_a_file_that_is_none_is_refused(tmp_path: Path, raw: bytes | None, said: str) -> None:
    path = tmp_path / "rules.toml"
    if raw is not None:
        path.write_bytes(raw)
    with pytest.raises(RulesError, match=said):
        read_rules(path)
    with pytest.raises(ValueError, match=said):
        ProducerSettings(rules=path)


def test_rules_are_applied_in_their_order_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(
        '[[rule]]\nname = "first"\naction = "rename"\nattributes = { a = "b" }\n'
        '[[rule]]\nname = "second"\naction = "drop"\nwhen = "attributes.b = 1"\n'
        '[[rule]]\nname = "third"\naction = "redact"\n'
    )
    rules = read_rules(path)
    chunk = chunk_of([b"x", b"ann@example.com"], attributes=[b'{"a":1}', b'{"a":2}'])
    new = rules.apply(chunk, TIME)
    assert (new.bodies, new.attributes) == ([b"[redacted:email]"], [b'{"b":2}'])
    assert new.positions == chunk.positions
    assert chunk.bodies == [b"x", b"ann@example.com"]
    counted = {("first", "renamed"): 2, ("second", "dropped"): 1, ("third", "redacted"): 1}
    for (rule, action), records in counted.items():
        labels = {"rule": rule, "action": action}
        assert PRODUCER.get_sample_value("logmesh_rule_records_total", labels) == records
    assert rules.apply(empty := chunk_of([]), TIME) is empty


def test_a_file_that_changed_is_read_again_and_a_wrong_one_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(DROP_A)
    rules = RulesFile(path)
    chunk = chunk_of([b"a", b"b"])
    steps = [
        (DROP_A, [b"b"], 0),
        (DROP_A.replace('when = "a"', 'when = "b"'), [b"a"], 0),
        ("[[rule]]", [b"a"], 1),
        (None, [b"a"], 1),
        ("# none any more", [b"a", b"b"], 0),
    ]
    for at, (text, bodies, stale) in enumerate(steps):
        path.unlink(missing_ok=True)
        if text is not None:
            path.write_text(text)
        assert rules.apply(chunk, TIME + at * LOOK_SECONDS * 10**9).bodies == bodies
        assert PRODUCER.get_sample_value("logmesh_rules_stale") == stale
