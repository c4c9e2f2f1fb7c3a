"""Writes docs/reference from what the code says: each process's settings, and the API of the protos, or says whether it is current."""

import argparse
import socket
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from google.api import annotations_pb2
from google.protobuf.descriptor_pb2 import DescriptorProto, FieldDescriptorProto, FileDescriptorProto, FileDescriptorSet
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings
from scripts.generate_stubs import PACKAGE, write_image
from scripts.node import ROOT

from logmesh.edge.settings import EdgeSettings
from logmesh.gateway.settings import GatewaySettings
from logmesh.keeper.settings import KeeperSettings
from logmesh.processor.settings import ProcessorSettings
from logmesh.producer.settings import ProducerSettings

FOLDER = ROOT / "docs" / "reference"
PROCESSES: dict[str, type[BaseSettings]] = {
    "Producer": ProducerSettings,
    "Processor": ProcessorSettings,
    "Gateway": GatewaySettings,
    "Keeper": KeeperSettings,
    "Edge": EdgeSettings,
}
_MADE = "This page is made by `make reference`."


def settings_page() -> str:
    """A table of settings a process."""
    parts = [
        "# Settings",
        f"Environment variables that a process reads at its start. A wrong value ends it with a line that names it. {_MADE}",
    ]
    for process, settings in PROCESSES.items():
        prefix = str(settings.model_config["env_prefix"])
        rows = [
            f"| `{prefix}{name.upper()}` | {_default(field)} | {_cell(field.description or '')} |"
            for name, field in settings.model_fields.items()
        ]
        parts.append("\n".join([f"## {process}\n", "| setting | default | meaning |", "|---|---|---|", *rows]))
    return "\n\n".join(parts) + "\n"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    if field.default_factory is socket.gethostname:
        return "the host's name"
    default = field.get_default(call_default_factory=True)
    if isinstance(default, list):
        default = ", ".join(default)
    if default is None or default in ("", {}):
        return "none"
    return str(default).lower() if isinstance(default, bool) else f"`{default}`"


def api_page(protos: Path) -> str:
    """Each service with its RPCs and their JSON routes, then each message and enum with its fields."""
    with tempfile.TemporaryDirectory() as folder:
        image = Path(folder) / "image.binpb"
        write_image(protos, image)
        files = FileDescriptorSet.FromString(image.read_bytes()).file
    ours = [file for file in files if file.name.startswith(f"{PACKAGE}/")]
    parts = [
        "# API",
        "Every RPC of Logmesh, with its JSON route where it has one, then what is asked and answered. "
        f"The protos in `protos/logmesh/v1` are the contract. {_MADE}",
        *(part for file in ours for part in _services(file)),
        *(part for file in ours for part in _types(file)),
    ]
    return "\n\n".join(parts) + "\n"


def _services(file: FileDescriptorProto) -> Iterator[str]:
    comments = _comments(file)
    for number, service in enumerate(file.service):
        yield f"## {service.name}\n\n{comments.get((6, number), '')}"
        rows = []
        for place, method in enumerate(service.method):
            route = method.options.Extensions[annotations_pb2.http]
            path = f"`GET {route.get}`" if route.get else f"`POST {route.post}`" if route.post else ""
            asked = ("stream of " if method.client_streaming else "") + _link(method.input_type)
            answered = ("stream of " if method.server_streaming else "") + _link(method.output_type)
            about = _cell(comments.get((6, number, 2, place), ""))
            rows.append(f"| `{method.name}` | {path} | {asked} → {answered} | {about} |")
        yield "\n".join(["| RPC | JSON | asked → answered | |", "|---|---|---|---|", *rows])


def _types(file: FileDescriptorProto) -> Iterator[str]:
    comments = _comments(file)
    for number, message in enumerate(file.message_type):
        yield from _message(message, (4, number), message.name, comments)
    for number, enum in enumerate(file.enum_type):
        rows = [
            f"| `{value.name}` | {value.number} | {_cell(comments.get((5, number, 2, place), ''))} |"
            for place, value in enumerate(enum.value)
        ]
        yield f"### {enum.name}\n\n{comments.get((5, number), '')}"
        yield "\n".join(["| value | number | |", "|---|---|---|", *rows])


def _message(
    message: DescriptorProto, path: tuple[int, ...], name: str, comments: dict[tuple[int, ...], str]
) -> Iterator[str]:
    yield f"### {name}\n\n{comments.get(path, '')}".rstrip()
    maps = {inner.name: inner for inner in message.nested_type if inner.options.map_entry}
    rows = [
        f"| `{field.name}` | {_type(field, maps)} | {_cell(comments.get((*path, 2, place), ''))} |"
        for place, field in enumerate(message.field)
    ]
    if rows:
        yield "\n".join(["| field | type | |", "|---|---|---|", *rows])
    for place, inner in enumerate(message.nested_type):
        if not inner.options.map_entry:
            yield from _message(inner, (*path, 3, place), f"{name}.{inner.name}", comments)


def _type(field: FieldDescriptorProto, maps: dict[str, DescriptorProto]) -> str:
    if entry := maps.get(field.type_name.rpartition(".")[2]):
        key, value = (_type(member, {}) for member in entry.field)
        return f"map of {key} → {value}"
    scalar = FieldDescriptorProto.Type.Name(field.type).removeprefix("TYPE_").lower()
    name = _link(field.type_name) if field.type_name else scalar
    return f"repeated {name}" if field.label == FieldDescriptorProto.LABEL_REPEATED else name


def _link(full_name: str) -> str:
    ours = ".logmesh.v1."
    if full_name.startswith(ours):
        name = full_name.removeprefix(ours)
        return f"[{name}](#{name.lower().replace('.', '')})"
    return f"`{full_name.removeprefix('.')}`"


def _comments(file: FileDescriptorProto) -> dict[tuple[int, ...], str]:
    return {
        tuple(place.path): " ".join(place.leading_comments.split())
        for place in file.source_code_info.location
        if place.leading_comments
    }


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def pages() -> dict[Path, str]:
    """What belongs into docs/reference, by file."""
    return {FOLDER / "settings.md": settings_page(), FOLDER / "api.md": api_page(ROOT / "protos")}


def stale() -> list[str]:
    """Names of the pages that differ from what the code says."""
    return [
        path.name for path, text in pages().items() if not path.is_file() or path.read_text(encoding="utf-8") != text
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a page is stale")
    if parser.parse_args().check:
        if names := stale():
            print(f"stale: {', '.join(names)} in docs/reference: run make reference", file=sys.stderr)
        return 1 if names else 0
    FOLDER.mkdir(exist_ok=True)
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
