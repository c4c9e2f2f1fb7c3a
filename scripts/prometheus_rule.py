"""Makes the PrometheusRule of the monitoring component from Prometheus' own rule files, which live in monitoring/prometheus/rules.

`python -m scripts.prometheus_rule` writes it; `--check` only says whether it is up to date. Rules are written once, where promtool
and docker-compose read them; the operator wants them wrapped in an object.
"""

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RULES = ROOT / "monitoring" / "prometheus" / "rules"
OBJECT = ROOT / "manifests" / "components" / "monitoring" / "prometheusrule.yaml"
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


def _groups(text: str) -> list[str]:
    """The lines below `groups:`, which every rule file has on a line of its own."""
    return text.rstrip().split("\ngroups:\n", 1)[1].split("\n")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; end with 1 when it is out of date")
    if not parser.parse_args().check:
        OBJECT.write_text(render())
        return 0
    if not OBJECT.is_file() or OBJECT.read_text() != render():
        print(f"{OBJECT.relative_to(ROOT)} is out of date: run `python -m scripts.prometheus_rule`", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
