"""The document of rules: its example does what it says, and nothing that there is goes unmentioned."""

import re
from pathlib import Path

from logmesh.filters import parse_filter
from logmesh.producer.rules import read_rules
from logmesh.producer.rules.patterns import NAMES
from logmesh.producer.rules.rule_table import ACTION_KEYS
from logmesh.producer.rules.rules_file import LOOK_SECONDS

DOCS = Path(__file__).parents[4] / "docs"
TEXT = (DOCS / "rules.md").read_text("utf-8")


def test_the_example_has_every_action() -> None:
    rules = read_rules(DOCS / "examples/rules.toml").rules
    assert {rule.kind for rule in rules} == set(ACTION_KEYS)


def test_every_action_key_and_pattern_is_in_it() -> None:
    for action, keys in ACTION_KEYS.items():
        [row] = re.findall(rf"^\| `{action}` \|.*$", TEXT, re.MULTILINE)
        assert re.findall(r"`(\w+)`", row.split("|")[2]) == list(keys)
    assert re.findall(r"^\| `(\w+)` \| [^`|]*(?:`|\|)", TEXT.split("## What redact finds")[1], re.MULTILINE) == list(
        NAMES
    )


def test_it_says_how_often_the_file_is_looked_at() -> None:
    assert LOOK_SECONDS == 5
    assert "every five seconds" in TEXT


def test_filters_of_the_example_are_in_the_language() -> None:
    for text in re.findall(r"^when = ['\"](.*)['\"]$", (DOCS / "examples/rules.toml").read_text("utf-8"), re.MULTILINE):
        parse_filter(text)
