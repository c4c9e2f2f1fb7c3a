"""Writes the client that blocks from the one for asyncio, or says whether it is current: what the two do has one source."""

import argparse
import re
import subprocess
import sys

from scripts.node import ROOT

FOLDER = ROOT / "services" / "logmesh" / "client" / "asking"
MODULES = ("client", "messages", "search", "tail")
_MADE = "# Made from {source} by `make blocking-client`: change that one.\n"
_RULES = (
    (r"\basync (?=def|for|with)", ""),
    (r"\bawait ", ""),
    (r"\bAwaitable\[(\w+)\]", r"\1"),
    (r"Awaitable, ", ""),
    (r"\banext\(", "next("),
    (r"\b__a(?=(?:enter|exit|iter|next)__)", "__"),
    (r"\bAsync(?=[A-Z])", ""),
    (r"\bStopAsync", "Stop"),
    (r"\baclos(?=e\b|ing\b)", "clos"),
    (r"\basync_(?=client|messages|search|stream|tail)", "sync_"),
    (r"\bdialer\.open\)", "dialer.open_blocking)"),
)


def blocking(text: str, source: str) -> str:
    """The module that blocks, of one for asyncio that is called `source`."""
    for pattern, replacement in _RULES:
        text = re.sub(pattern, replacement, text)
    for tidy in (["check", "--select=I", "--fix-only"], ["format"]):
        command = [sys.executable, "-m", "ruff", *tidy, "-q", f"--stdin-filename={FOLDER / source}", "-"]
        text = subprocess.run(command, input=text, capture_output=True, text=True, check=True, cwd=ROOT).stdout
    return _MADE.format(source=source) + text


def modules() -> dict[str, str]:
    """What each file that is made should hold, by its name."""
    sources = {f"sync_{name}.py": f"async_{name}.py" for name in MODULES}
    return {made: blocking((FOLDER / source).read_text("utf-8"), source) for made, source in sources.items()}


def stale() -> list[str]:
    """Names of files that are not what their source says."""
    return [name for name, text in modules().items() if (FOLDER / name).read_text("utf-8") != text]


def main() -> None:
    """Write them, or with --check say which are stale."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; fail when a file is stale")
    if not parser.parse_args().check:
        for name, text in modules().items():
            (FOLDER / name).write_text(text, "utf-8")
    elif names := stale():
        sys.exit(f"not what their source says: {', '.join(names)}; run make blocking-client")


if __name__ == "__main__":
    main()
