"""A real cluster, through kubectl and the scripts that users call."""

import json
import os
import subprocess
import time
from collections.abc import Callable
from typing import Any, TypeVar

from scripts.manifests import Object
from scripts.node import ROOT

NAMESPACES = ("log-system", "log-agent")
_COMMAND_SECONDS = 600

Found = TypeVar("Found")


class Failed(AssertionError):
    """A command ended with an error; the text is what it said."""


def run(*command: str, given: str | None = None) -> str:
    """What a command prints, from the repository's root. Raises Failed."""
    done = subprocess.run(
        command, input=given, cwd=ROOT, capture_output=True, text=True, timeout=_COMMAND_SECONDS, check=False
    )
    if done.returncode:
        raise Failed(f"{' '.join(command)}\n{done.stdout}\n{done.stderr}")
    return done.stdout


def kubectl(*arguments: str, given: str | None = None) -> str:
    """As `run`, in the namespace log-system where the arguments name no other."""
    return run("kubectl", "--namespace=log-system", *arguments, given=given)


def get(*arguments: str) -> list[Object]:
    """The objects that `kubectl get` finds."""
    return list(json.loads(kubectl("get", *arguments, "--output=json"))["items"])


def status() -> dict[str, Any]:
    """`logmesh status` in a gateway's pod, as JSON."""
    text = kubectl("exec", "deploy/gateway", "--", "logmesh", "status", "-o", "json", "--gateway", "localhost:50050")
    return dict(json.loads(text))


def search(condition: str) -> list[dict[str, Any]]:
    """Up to a hundred records that match, the newest first."""
    text = kubectl(
        "exec", "deploy/gateway", "--", "logmesh", "search", condition, "-o", "json", "--gateway", "localhost:50050"
    )
    return [json.loads(line) for line in text.splitlines()]


def stored() -> int:
    """How many records of all producers are in the database."""
    return sum(producer["stored"] for producer in status()["producers"])


def stop_producers() -> None:
    """Receivers, too. Before what they send to goes: each waits for its last acknowledgements, ten minutes if none comes."""
    for workload in ("deployment/log-producer", "statefulset/log-receiver"):
        kubectl("delete", workload, "--ignore-not-found", "--cascade=foreground", "--timeout=120s")


def eventually(ask: Callable[[], Found], seconds: float = 60) -> Found:
    """What `ask` answers once it is true. Raises AssertionError with its last answer, or what it raised last."""
    deadline = time.monotonic() + seconds
    while True:
        answer: Any = None
        try:
            if answer := ask():
                return answer
        except Failed as failure:
            answer = failure
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {answer}")
        time.sleep(1)


def context() -> str:
    """The cluster that may be changed, by kubectl's name for it; empty: none."""
    return os.environ.get("LOGMESH_TEST_CLUSTER", "")
