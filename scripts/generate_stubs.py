"""Generates the Python stubs from protos/, says whether they are current, or writes a descriptor image for buf."""

import argparse
import filecmp
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = Path("logmesh/v1")


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


def stale(protos: Path, committed: Path) -> list[str]:
    """Names of the stubs that differ from what the protos give, are missing, or have no proto any more."""
    with tempfile.TemporaryDirectory() as out:
        generate(protos, Path(out))
        fresh = {path.name for path in (Path(out) / PACKAGE).iterdir()}
        present = {path.name for path in (committed / PACKAGE).glob("*_pb2*")}
        _, different, absent = filecmp.cmpfiles(
            Path(out) / PACKAGE, committed / PACKAGE, sorted(fresh | present), shallow=False
        )
        return sorted({*different, *absent})


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--protos", type=Path, default=ROOT / "protos", help="folder of the protos")
    parser.add_argument("--out", type=Path, default=ROOT / "services", help="folder to write stubs into")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when the stubs in --out are stale")
    parser.add_argument("--image", type=Path, help="write a descriptor image here instead of stubs")
    options = parser.parse_args()
    if options.image:
        protoc(options.protos, "--include_imports", "--include_source_info", f"--descriptor_set_out={options.image}")
        return 0
    if options.check:
        if names := stale(options.protos, options.out):
            print(f"stale stubs: {', '.join(names)}: run make stubs", file=sys.stderr)
            return 1
        print("stubs: current")
        return 0
    generate(options.protos, options.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
