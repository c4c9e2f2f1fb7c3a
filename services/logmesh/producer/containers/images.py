"""Takes the reference of a container's image apart."""

from typing import Any


def image_attributes(reference: str) -> dict[str, Any]:
    """`container.image.name` and `container.image.tags` of `registry:5000/team/shop:1.2@sha256:…`; none of a bare digest."""
    name, _, _ = reference.partition("@")
    if not name or name.startswith("sha256:"):
        return {}
    # A colon before a slash is of the registry's port.
    path, _, last = name.rpartition("/")
    last, _, tag = last.partition(":")
    attributes: dict[str, Any] = {"container.image.name": f"{path}/{last}" if path else last}
    if tag:
        attributes["container.image.tags"] = [tag]
    return attributes
