"""Makes the PrometheusRule of the monitoring component from Prometheus' own rule files, which live in monitoring/prometheus/rules.

`python -m scripts.prometheus_rule` writes it; `--check` only says whether it is up to date. Rules are written once, where promtool
and docker-compose read them; the operator wants them wrapped in an object.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

import yaml

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
    app.kubernetes.io/part-of: logmesh
    release: prometheus
"""


def groups() -> list[dict[str, Any]]:
    """All rule groups, in the order of their files' names."""
    return [group for path in sorted(RULES.glob("*.yaml")) for group in yaml.safe_load(path.read_text())["groups"]]


def render() -> str:
    """The object as YAML."""
    spec = yaml.dump({"spec": {"groups": groups()}}, Dumper=_Dumper, sort_keys=False, width=130, allow_unicode=True)
    return _HEAD + spec


class _Dumper(yaml.SafeDumper):
    """Expressions of several lines stay so."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)


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
