"""What the dashboard installs is pinned, and from no registry in particular."""

import json

from scripts.dashboard import DASHBOARD


def test_the_lock_names_no_registry_and_pins_by_content() -> None:
    packages = json.loads((DASHBOARD / "package-lock.json").read_text())["packages"]
    del packages[""]  # the dashboard itself
    assert [name for name, package in packages.items() if "resolved" in package] == []
    # What comes inside another package is pinned with it.
    assert [name for name, package in packages.items() if not package.keys() & {"integrity", "inBundle"}] == []


def test_every_dependency_is_of_one_version() -> None:
    package = json.loads((DASHBOARD / "package.json").read_text())
    versions = package["dependencies"] | package["devDependencies"]
    assert {name: version for name, version in versions.items() if not version[0].isdigit()} == {}
