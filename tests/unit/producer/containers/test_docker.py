"""Whose one of Docker's json-files is, by the file that Docker keeps beside it."""

import json
from pathlib import Path
from typing import Any

import pytest

from logmesh.producer.containers.container import MOST_LABELS, MOST_LABELS_BYTES, MOST_VALUE_BYTES
from logmesh.producer.containers.docker import DockerContainers, read_config

ID = "4f2a8c0e" * 8


class Told(list[str]):
    """Gathers what is told, at a time that a test sets."""

    now = 0.0

    def containers(self) -> DockerContainers:
        return DockerContainers(lambda: self.now, self.append)


def config(name: str = "/shop-web-1", image: str = "registry:5000/team/shop:1.2", **labels: str) -> dict[str, Any]:
    """The fields of a container's file that are read, among some of the others."""
    return {
        "State": {"Running": True, "Pid": 4711},
        "ID": ID,
        "Config": {"Hostname": "4f2a", "Env": ["PASSWORD=secret"], "Image": image, "Labels": labels},
        "Image": "sha256:" + "0" * 64,
        "LogPath": f"/var/lib/docker/containers/{ID}/{ID}-json.log",
        "Name": name,
    }


def folder(tmp_path: Path, **labels: str) -> Path:
    there = tmp_path / ID
    there.mkdir()
    (there / "config.v2.json").write_text(json.dumps(config(**labels)))
    return there


def test_name_image_and_labels_are_said() -> None:
    container = read_config(config(team="shop", **{"com.docker.compose.service": "web"}), ID)
    assert (container.service, container.instance) == ("web", "shop-web-1")
    assert container.attributes == {
        "container.id": ID,
        "container.name": "shop-web-1",
        "container.image.name": "registry:5000/team/shop",
        "container.image.tags": ["1.2"],
        "container.label.com.docker.compose.service": "web",
        "container.label.team": "shop",
    }


@pytest.mark.parametrize(
    ("labels", "service"),
    [
        ({}, "shop-web-1"),
        ({"com.docker.swarm.service.name": "shop_web"}, "shop_web"),
        ({"com.docker.compose.service": "web", "logmesh.io/service": "checkout"}, "checkout"),
    ],
)
def test_a_service_is_named_by_a_hint_or_a_label_or_the_container_s_name(labels: dict[str, str], service: str) -> None:
    assert read_config(config(**labels), ID).service == service


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        [],
        "x",
        {"Config": None, "Name": None},
        {"Config": {"Labels": {"a": 1}, "Image": 7}, "Name": 3},
        {"Config": {"Labels": []}},
    ],
)
def test_what_is_of_a_wrong_kind_is_taken_for_absent(wrong: Any) -> None:
    container = read_config(wrong, ID)
    assert (container.service, container.attributes) == (ID[:12], {"container.id": ID})


def test_labels_are_bounded_in_number_and_size() -> None:
    def labels(given: dict[str, str]) -> dict[str, str]:
        found = read_config(config(**given), ID).attributes
        return {key: value for key, value in found.items() if key.startswith("container.label.")}

    many = labels({f"label-{number:03}": "é" for number in range(200)} | {"k" * 1_000: "v"})
    assert list(many) == [f"container.label.label-{number:03}" for number in range(MOST_LABELS)]
    large = labels({f"label-{number:03}": "é" * 1_000 for number in range(200)})
    assert set(large.values()) == {"é" * (MOST_VALUE_BYTES // 2)}
    assert len(large) == MOST_LABELS_BYTES // (MOST_VALUE_BYTES + len("label-000"))


@pytest.mark.parametrize("ending", ["", ".1", ".12", ".3.gz"])
def test_rotated_files_are_of_the_same_container(tmp_path: Path, ending: str) -> None:
    path = folder(tmp_path, **{"com.docker.compose.service": "web"}) / f"{ID}-json.log{ending}"
    container = Told().containers().container_of(str(path))
    assert container is not None and container.service == "web"


@pytest.mark.parametrize("path", ["/var/log/app.log", f"/x/{ID}/{'0' * 64}-json.log", f"/x/{ID}/{ID}-json.log.old"])
def test_other_paths_are_not_docker_s(path: str) -> None:
    assert Told().containers().container_of(path) is None


def test_a_changed_file_is_read_again_and_a_removed_one_remembered(tmp_path: Path) -> None:
    there, told = folder(tmp_path), Told()
    containers, path = told.containers(), str(there / f"{ID}-json.log")

    def name() -> str:
        told.now += 2
        container = containers.container_of(path)
        assert container is not None
        return container.instance

    assert name() == "shop-web-1"
    (there / "config.v2.json").write_text(json.dumps(config(name="/renamed")))
    assert name() == "renamed"
    (there / "config.v2.json").write_text('{"half')
    assert name() == "renamed"
    (there / "config.v2.json").unlink()
    assert name() == "renamed"
    assert not told


def test_a_file_that_can_t_be_read_is_told_once_and_read_when_it_can_be(tmp_path: Path) -> None:
    told = Told()
    containers, path = told.containers(), str(tmp_path / ID / f"{ID}-json.log")
    for _ in range(3):
        told.now += 2
        container = containers.container_of(path)
        assert container is not None and container.service == ID[:12]
    (what,) = told
    assert "config.v2.json can't be read: there is none" in what
    folder(tmp_path)
    told.now += 2
    container = containers.container_of(path)
    assert container is not None and container.service == "shop-web-1"
