"""Logs of Docker's containers, from folders as Docker keeps them."""

import json
import os
from pathlib import Path
from typing import Any

from tests.docker_logs import container_folder, json_lines, write_log

from logmesh.producer.sources import Chunk
from logmesh.producer.sources.file import FileSource

WEB, DATABASE = "a1" * 32, "b2" * 32


async def read_all(root: Path, **settings: Any) -> Chunk:
    """All records below Docker's folder."""
    source = FileSource([os.fspath(root / "containers/*/*-json.log*")], {}, follow=False, **settings)
    chunk = await source.read(1_000, 0)
    rest = await source.read(1_000, 0)
    await source.close()
    assert chunk is not None and not rest
    return chunk


async def test_rotated_and_compressed_files_and_split_lines_are_records_of_their_container(tmp_path: Path) -> None:
    web = container_folder(tmp_path, WEB, "shop-web-1", **{"com.docker.compose.service": "web", "team": "shop"})
    database = container_folder(tmp_path, DATABASE, "quiet_darwin", image="postgres:17@sha256:" + "c" * 64)
    long = '{"level":"error","what":"' + "é" * 40_000 + '"}'
    write_log(web, json_lines("one", "two"), ".2.gz")
    write_log(web, json_lines("three", first=2), ".1")
    write_log(web, json_lines("four", long, "  and more", first=3))
    write_log(database, json_lines("ready", stream="stderr"))
    chunk = await read_all(tmp_path)
    found: dict[bytes, list[str]] = {}
    for origin, body in zip(chunk.origins, chunk.bodies, strict=True):
        found.setdefault(origin.service_name, []).append(body.decode())
    assert sorted(found[b"web"]) == sorted(["one", "two", "three", "four", f"{long}\n  and more"])
    assert found[b"quiet_darwin"] == ["ready"]
    origins = {origin.service_name: json.loads(origin.resource_attributes) for origin in chunk.origins}
    assert origins[b"web"] | {"log.file.path": ""} == {
        "container.id": WEB,
        "container.name": "shop-web-1",
        "container.image.name": "shop",
        "container.image.tags": ["1.2"],
        "container.label.com.docker.compose.service": "web",
        "container.label.team": "shop",
        "log.file.path": "",
    }
    assert origins[b"quiet_darwin"]["container.image.name"] == "postgres"
    assert not any(b"not-for-a-log" in origin.resource_attributes for origin in chunk.origins)
    assert 17 in chunk.severities


async def test_a_container_whose_label_says_so_is_not_read(tmp_path: Path) -> None:
    for container_id, name, labels in ((WEB, "web", {"logmesh.io/exclude": "true"}), (DATABASE, "database", {})):
        write_log(container_folder(tmp_path, container_id, name, **labels), json_lines(name))
    assert (await read_all(tmp_path)).bodies == [b"database"]


async def test_labels_say_how_a_log_is_read(tmp_path: Path) -> None:
    labels = {"logmesh.io/join": "false", "logmesh.io/timezone": "Asia/Tokyo", "logmesh.io/service": "checkout"}
    folder = container_folder(tmp_path, WEB, "web", **labels)
    write_log(folder, json_lines("2025-01-02 12:00:00 ERROR failed", "\tat shop.Pay", "x" * 20_000))
    chunk = await read_all(tmp_path)
    assert [len(body) for body in chunk.bodies] == [32, 12, 20_000]
    assert chunk.times[0] == 1_735_786_800_000_000_000  # 03:00 UTC
    assert {origin.service_name for origin in chunk.origins} == {b"checkout"}


async def test_a_service_that_is_given_goes_first(tmp_path: Path) -> None:
    write_log(container_folder(tmp_path, WEB, "web"), json_lines("x"))
    chunk = await read_all(tmp_path, service="edge", instance="node-a")
    assert (chunk.origins[0].service_name, chunk.origins[0].service_instance_id) == (b"edge", b"node-a")


async def test_a_label_that_comes_later_stops_reading_and_lets_go_of_the_file(tmp_path: Path) -> None:
    folder = container_folder(tmp_path, WEB, "web")
    log = write_log(folder, json_lines("one"))
    now = [1_000.0]
    source = FileSource([os.fspath(log)], {}, scan_seconds=0, clock=lambda: now[0])

    async def bodies() -> list[bytes]:
        found: list[bytes] = []
        for _ in range(3):
            now[0] += 10
            chunk = await source.read(10, 0)
            assert chunk is not None
            found += chunk.bodies
        return found

    assert await bodies() == [b"one"]
    config = json.loads((folder / "config.v2.json").read_text())
    config["Config"]["Labels"] = {"logmesh.io/exclude": "true"}
    (folder / "config.v2.json").write_text(json.dumps(config))
    with log.open("ab") as file:
        file.write(json_lines("two"))
    assert await bodies() == []
    assert log not in {file.readlink() for file in Path("/proc/self/fd").iterdir() if file.is_symlink()}
    config["Config"]["Labels"] = {}
    (folder / "config.v2.json").write_text(json.dumps(config))
    assert await bodies() == [b"two"]
    await source.close()
