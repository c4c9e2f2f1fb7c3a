"""`logmesh ship --dry-run`: what it writes, that it sends nothing, and what it says of a wrong rules file."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from logmesh.cli.local.errors import WrongOption
from logmesh.cli.main import app

ROOT = Path(__file__).parents[3]
DOCUMENT = (ROOT / "docs/rules.md").read_text("utf-8")


def run(*arguments: str | Path) -> tuple[int, str]:
    """The exit code and what is written to standard output."""
    result = CliRunner().invoke(app, ["ship", *map(str, arguments)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout


def test_the_documents_example_is_what_it_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    [command] = re.findall(r"^    logmesh ship (.*)$", DOCUMENT, re.MULTILINE)
    [shown] = re.findall(r"```text\n(.*?)```", DOCUMENT, re.DOTALL)
    assert run(*command.split()) == (0, shown)


def test_json_is_the_same_for_a_program(tmp_path: Path) -> None:
    log, rules = tmp_path / "app.log", tmp_path / "rules.toml"
    log.write_text("a@example.com\nnoise 1\nnoise 2\nnoise 3\nnoise 4\n")
    rules.write_text(
        '[[rule]]\nname = "n"\naction = "drop"\nwhen = "noise"\n[[rule]]\nname = "r"\naction = "redact"\npatterns = ["email"]\n'
        '[[rule]]\nname = "x"\naction = "rename"\nattributes = { a = "b" }\n'
    )
    code, text = run(log, "--rules", rules, "--dry-run", "-o", "json", "--data-dir", tmp_path / "data")
    written = json.loads(text)
    assert (code, written["records"], written["sent"]) == (0, 5, 1)
    drop, redact, rename = written["rules"]
    assert (drop["matched"], drop["counts"], len(drop["examples"])) == (4, {"dropped": 4}, 3)
    assert drop["examples"][0] == {"before": {"body": "noise 1", "attributes": ""}, "after": None}
    assert redact["examples"] == [
        {"before": {"body": "a@example.com", "attributes": ""}, "after": {"body": "[redacted:email]", "attributes": ""}}
    ]
    assert (rename["matched"], rename["counts"], rename["examples"]) == (1, {}, [])
    assert not (tmp_path / "data").exists()


def test_a_long_line_is_shown_where_it_changes(tmp_path: Path) -> None:
    log, rules = tmp_path / "app.log", tmp_path / "rules.toml"
    log.write_text("x" * 5_000 + " \x1b[31ma@example.com" + " y" * 5_000 + "\n")
    rules.write_text('[[rule]]\nname = "r"\naction = "redact"\n')
    _, text = run(log, "--rules", rules, "--dry-run")
    before, after = (line for line in text.splitlines() if line.startswith(("  - ", "  + ")))
    assert "…xxx" in before
    assert "a@example.com y" in before
    assert "[redacted:email] y" in after
    assert max(len(before), len(after)) < 220
    assert "\x1b" not in text


@pytest.mark.parametrize("arguments", [("--dry-run",), ()])
def test_wrong_rules_are_named_with_their_line(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    log, rules = tmp_path / "app.log", tmp_path / "rules.toml"
    log.write_text("a\n")
    rules.write_text('[[rule]]\nname = "r"\n\naction = "redakt"\n')
    with pytest.raises(WrongOption, match=re.escape(f"{rules}:4: action of rule 'r': 'redakt' is none of")) as raised:
        run(log, "--rules", rules, "--data-dir", tmp_path / "data", *arguments)
    assert raised.value.exit_code == 2
    assert not (tmp_path / "data").exists()


def test_a_dry_run_needs_rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LOGMESH_RULES", raising=False)
    with pytest.raises(WrongOption, match="--rules"):
        run(tmp_path / "app.log", "--dry-run")
