"""References of images, taken apart."""

from typing import Any

import pytest

from logmesh.producer.containers.images import image_attributes

_DIGEST = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("reference", "name", "tags"),
    [
        ("nginx", "nginx", None),
        ("nginx:1.27", "nginx", ["1.27"]),
        ("localhost:5000/shop", "localhost:5000/shop", None),
        ("localhost:5000/team/shop:v2", "localhost:5000/team/shop", ["v2"]),
        (f"ghcr.io/team/shop:v2@{_DIGEST}", "ghcr.io/team/shop", ["v2"]),
        (f"ghcr.io/team/shop@{_DIGEST}", "ghcr.io/team/shop", None),
    ],
)
def test_an_image_has_a_name_and_perhaps_a_tag(reference: str, name: str, tags: list[str] | None) -> None:
    expected: dict[str, Any] = {"container.image.name": name}
    assert image_attributes(reference) == (expected | {"container.image.tags": tags} if tags else expected)


@pytest.mark.parametrize("reference", ["", _DIGEST])
def test_a_bare_digest_names_no_image(reference: str) -> None:
    assert image_attributes(reference) == {}
