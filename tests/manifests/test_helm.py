"""The chart gives what the base gives, refuses values that are wrong, and does something with each value it offers."""

import difflib

import pytest
import yaml
from scripts.manifests import CHART, MANIFESTS, Combination, Object, has_kubectl, render
from tests.manifests.chart import by_title, find_helm, is_hook, template

import logmesh

pytestmark = pytest.mark.skipif(find_helm() is None, reason="helm is not installed: make tools brings it")
_needs_kubectl = pytest.mark.skipif(
    not has_kubectl(), reason="kubectl is not installed: there is no base to compare with"
)
_BASE = Combination("base", MANIFESTS / "base")


@_needs_kubectl
def test_the_chart_gives_the_objects_of_the_base() -> None:
    left_out = {"Namespace", "Secret"}
    chart = by_title(item for item in template() if item["kind"] not in left_out and not is_hook(item))
    base = by_title(item for item in render(_BASE) if item["kind"] not in left_out)
    assert _difference(base, chart) == ""


@pytest.mark.parametrize(
    ("copy", "original"),
    [
        ("postgresql.conf", "manifests/base/timescaledb/postgresql.conf"),
        ("backup.sh", "manifests/base/timescaledb/backup.sh"),
        ("roles.sh", "manifests/base/timescaledb/init/roles.sh"),
    ],
)
def test_files_of_the_chart_are_those_of_the_base(copy: str, original: str) -> None:
    assert (CHART / "files" / copy).read_text() == (CHART.parent.parent / original).read_text()


def test_versions_are_the_programs() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    assert (chart["version"], chart["appVersion"]) == (logmesh.__version__, logmesh.__version__)


def _difference(expected: dict[str, Object], found: dict[str, Object]) -> str:
    """A diff that names each object that differs; empty where none does."""
    lines: list[str] = []
    for name in sorted(expected.keys() | found.keys()):
        base, chart = (yaml.safe_dump(side[name]).splitlines() if name in side else [] for side in (expected, found))
        lines += difflib.unified_diff(base, chart, f"base: {name}", f"chart: {name}", lineterm="")
    return "\n".join(lines)
