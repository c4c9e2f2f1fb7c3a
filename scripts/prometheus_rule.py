"""Makes the PrometheusRule of the monitoring component from Prometheus' own rule files, which live in monitoring/prometheus/rules.

`python -m scripts.prometheus_rule` writes it, and the chart's copy; `--check` only says whether it is up to date, and `--runbooks` puts
the address of your repository's docs/alerts.md into the rules before. Rules are written once, where promtool and docker-compose read
them; the operator wants them wrapped in an object.
"""

import argparse
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RULES = ROOT / "monitoring" / "prometheus" / "rules"
OBJECT = ROOT / "manifests" / "components" / "monitoring" / "prometheusrule.yaml"
COPY = ROOT / "helm" / "log-system" / "files" / "monitoring" / "prometheusrule.yaml"
_RUNBOOK = re.compile(r"(?<=^          runbook_url: )\S+(?=#)", re.MULTILINE)
_HEAD = """\
# Made by `python -m scripts.prometheus_rule` from monitoring/prometheus/rules: edit those, a test holds this equal.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: logmesh
  namespace: log-system
  labels:
    app: prometheus
    app.kubernetes.io/part-of: logmesh
    release: prometheus
spec:
  groups:
"""


def render() -> str:
    """The object as YAML: the files' groups as they are, further to the right."""
    lines = [line for path in sorted(RULES.glob("*.yaml")) for line in _groups(path.read_text())]
    return _HEAD + "".join(f"  {line}\n" if line else "\n" for line in lines)


def runbooks() -> set[str]:
    """Addresses of the page that alerts lead to, without their headings: one, where all of them agree."""
    return {found for path in RULES.glob("*.yaml") for found in _RUNBOOK.findall(path.read_text())}


def _lead_to(address: str) -> None:
    for path in RULES.glob("*.yaml"):
        path.write_text(_RUNBOOK.sub(lambda _: address, path.read_text()))


def _groups(text: str) -> list[str]:
    """The lines below `groups:`, which every rule file has on a line of its own."""
    return text.rstrip().split("\ngroups:\n", 1)[1].split("\n")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; end with 1 when it is out of date")
    parser.add_argument("--runbooks", metavar="URL", help="where your docs/alerts.md is read")
    arguments = parser.parse_args()
    if not arguments.check:
        if arguments.runbooks:
            _lead_to(arguments.runbooks)
        for path in (OBJECT, COPY):
            path.write_text(render())
        return 0
    if not OBJECT.is_file() or OBJECT.read_text() != render():
        print(f"{OBJECT.relative_to(ROOT)} is out of date: run `python -m scripts.prometheus_rule`", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
