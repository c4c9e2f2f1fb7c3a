"""Generates the Python and TypeScript stubs from protos/, says whether they are current, or writes a descriptor image for buf.

TypeScript needs Node: buf and protoc-gen-es are among the dashboard's packages. Where none is, one line says so.
"""

import argparse
import filecmp
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

from scripts.dashboard import DASHBOARD, MODULES, install
from scripts.node import ROOT, Node, NodeMissing, require_node

PACKAGE = Path("logmesh/v1")
TYPESCRIPT = Path("src/gen")


def protoc(protos: Path, *outputs: str) -> None:
    """Run protoc over every file of the package. Google's annotations come from their Python package."""
    files = sorted(str(path) for path in (protos / PACKAGE).glob("*.proto"))
    # mypy-protobuf's plugins stand beside the interpreter, which need not be on PATH.
    scripts = Path(sysconfig.get_path("scripts"))
    plugins = [f"--plugin=protoc-gen-{name}={scripts / f'protoc-gen-{name}'}" for name in ("mypy", "mypy_grpc")]
    includes = [f"-I{protos}", f"-I{sysconfig.get_path('purelib')}"]
    command = [sys.executable, "-m", "grpc_tools.protoc", *includes, *plugins, *outputs, *files]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)


def generate(protos: Path, out: Path) -> None:
    """Write the stubs below `out`, as logmesh/v1/*_pb2*."""
    protoc(
        protos,
        f"--python_out={out}",
        f"--grpc_python_out={out}",
        f"--mypy_out=readable_stubs:{out}",
        f"--mypy_grpc_out={out}",
    )


def generate_typescript(node: Node, protos: Path, out: Path) -> None:
    """Write the dashboard's stubs below `out`, as src/gen/logmesh/v1/*_pb.ts, with those of Google's annotations."""
    install(node)
    with tempfile.TemporaryDirectory() as folder:
        image = Path(folder) / "image.binpb"
        write_image(protos, image)
        command = ["buf", "generate", str(image), "--template=buf.gen.yaml", "--path=logmesh", f"--output={out}"]
        environment = node.environment(MODULES / ".bin")
        done = subprocess.run(command, cwd=DASHBOARD, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)


def write_image(protos: Path, image: Path) -> None:
    """Write what buf reads: the descriptors of the protos and of all that they import."""
    protoc(protos, "--include_imports", "--include_source_info", f"--descriptor_set_out={image}")


def stale(protos: Path, committed: Path) -> list[str]:
    """Names of the Python stubs that differ from what the protos give, are missing, or have no proto any more."""
    with tempfile.TemporaryDirectory() as out:
        generate(protos, Path(out))
        return _differing(Path(out) / PACKAGE, committed / PACKAGE, "*_pb2*")


def stale_typescript(node: Node, protos: Path, dashboard: Path) -> list[str]:
    """The same of the TypeScript stubs."""
    with tempfile.TemporaryDirectory() as out:
        generate_typescript(node, protos, Path(out))
        return _differing(Path(out) / TYPESCRIPT, dashboard / TYPESCRIPT, "**/*_pb.ts")


def _differing(fresh: Path, committed: Path, pattern: str) -> list[str]:
    names = {str(path.relative_to(folder)) for folder in (fresh, committed) for path in folder.glob(pattern)}
    _, different, absent = filecmp.cmpfiles(fresh, committed, sorted(names), shallow=False)
    return sorted({*different, *absent})


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--protos", type=Path, default=ROOT / "protos", help="folder of the protos")
    parser.add_argument("--out", type=Path, default=ROOT / "services", help="folder to write stubs into")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when the stubs in --out are stale")
    parser.add_argument("--image", type=Path, help="write a descriptor image here instead of stubs")
    options = parser.parse_args()
    if options.image:
        write_image(options.protos, options.image)
        return 0
    node = _node()
    if options.check:
        names = stale(options.protos, options.out)
        names += stale_typescript(node, options.protos, DASHBOARD) if node else []
        if names:
            print(f"stale stubs: {', '.join(names)}: run make stubs", file=sys.stderr)
            return 1
        print("stubs: current")
        return 0
    generate(options.protos, options.out)
    if node:
        generate_typescript(node, options.protos, DASHBOARD)
    return 0


def _node() -> Node | None:
    try:
        return require_node()
    except NodeMissing as missing:
        print(f"the dashboard's stubs are left alone: {missing}", file=sys.stderr)
        return None


if __name__ == "__main__":
    sys.exit(main())
