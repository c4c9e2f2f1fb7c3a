"""The dashboard's files: types, caching, pages that are no files, and nothing outside of the folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.edge.conftest import MakeOptions
from tests.integration.edge.http import get
from tests.integration.edge.running import running_edge

from logmesh.cli.local.ports import free_port
from logmesh.edge.options import EdgeOptions

INDEX = "<!doctype html><title>Logmesh</title>"


@pytest.fixture
def edge(options: MakeOptions, tmp_path: Path) -> Iterator[EdgeOptions]:
    """An edge with a built dashboard and no gateway."""
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text(INDEX)
    (folder / "assets" / "index-abc123.js").write_text("console.log(1)")
    (folder / "assets" / "index-abc123.css").write_text("a{}")
    (folder / "logo.svg").write_text("<svg/>")
    (tmp_path / "secret.txt").write_text("secret")
    chosen = options(f"127.0.0.1:{free_port()}", dashboard_folder=folder)
    with running_edge(tmp_path / "edge", chosen):
        yield chosen


@pytest.mark.parametrize("path", ["/", "/explore", "/traces/4bf92f3577b34da6", "/explore?q=severity%3E%3DERROR"])
async def test_every_page_is_the_one_page_and_is_asked_for_anew(edge: EdgeOptions, path: str) -> None:
    answer = await get(edge.dashboard, path)
    assert (answer.status, answer.body) == (200, INDEX)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-frame-options"] == "DENY"


async def test_assets_are_kept_by_browsers_since_their_names_change(edge: EdgeOptions) -> None:
    for name, kind in (("js", "text/javascript"), ("css", "text/css")):
        answer = await get(edge.dashboard, f"/assets/index-abc123.{name}")
        assert answer.status == 200
        assert answer.headers["content-type"].startswith(kind)
        assert "immutable" in answer.headers["cache-control"]
    assert (await get(edge.dashboard, "/logo.svg")).headers["content-type"] == "image/svg+xml"


async def test_large_files_travel_compressed(edge: EdgeOptions) -> None:
    assert edge.dashboard_folder is not None
    (edge.dashboard_folder / "assets" / "large.js").write_text("console.log('large');" * 1_000)
    plain = await get(edge.dashboard, "/assets/large.js")
    assert "content-encoding" not in plain.headers
    assert plain.headers["vary"].lower() == "accept-encoding"
    asked = await get(edge.dashboard, "/assets/large.js", Accept__Encoding="gzip")
    assert asked.headers["content-encoding"] == "gzip"
    assert len(asked.body) < len(plain.body) / 10


async def test_a_file_that_is_not_there_is_not_the_page(edge: EdgeOptions) -> None:
    for path in ("/assets/old-123.js", "/favicon.ico", "/v1/nothing"):
        assert (await get(edge.dashboard, path)).status == 404


@pytest.mark.parametrize(
    "path",
    ["/../secret.txt", "/assets/../../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "//secret.txt", "/.."],
)
async def test_nothing_outside_of_the_folder_is_read(edge: EdgeOptions, path: str) -> None:
    assert "secret" not in (await get(edge.dashboard, path)).body


async def test_files_are_read_and_nothing_else(edge: EdgeOptions) -> None:
    for method in ("POST", "PUT", "DELETE"):
        assert (await get(edge.dashboard, "/index.html", method=method)).status == 405
    head = await get(edge.dashboard, "/index.html", method="HEAD")
    assert (head.status, head.body) == (200, "")


async def test_a_new_build_is_served_without_a_restart(edge: EdgeOptions) -> None:
    assert edge.dashboard_folder is not None
    (edge.dashboard_folder / "index.html").write_text("new")
    assert (await get(edge.dashboard, "/explore")).body == "new"


async def test_the_apis_port_serves_no_files(edge: EdgeOptions) -> None:
    assert (await get(edge.api, "/index.html")).status == 404


async def test_without_a_dashboard_one_line_says_so(options: MakeOptions, tmp_path: Path) -> None:
    chosen = options(f"127.0.0.1:{free_port()}")
    with running_edge(tmp_path / "edge", chosen):
        answer = await get(chosen.dashboard, "/")
    assert (answer.status, answer.headers["content-type"]) == (404, "text/plain")
    assert answer.body.startswith("No dashboard is built here.")
    assert answer.body.count("\n") == 1
