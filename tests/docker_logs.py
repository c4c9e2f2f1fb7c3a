"""Folders as Docker keeps them: a container's json-file, with the file beside it that says whose it is."""

import gzip
import json
from pathlib import Path

SPLIT_BYTES = 16_384
"""Into pieces of this size Docker cuts a long line."""


def container_folder(root: Path, container_id: str, name: str, image: str = "shop:1.2", **labels: str) -> Path:
    """Makes the folder of one container below Docker's folder, and returns it."""
    folder = root / "containers" / container_id
    folder.mkdir(parents=True)
    config = {
        "StreamConfig": {},
        "State": {"Running": True, "Paused": False, "Pid": 4711, "ExitCode": 0, "StartedAt": "2025-01-02T03:04:04Z"},
        "ID": container_id,
        "Created": "2025-01-02T03:04:03.5Z",
        "Managed": False,
        "Path": "/entrypoint.sh",
        "Args": [],
        "Config": {
            "Hostname": container_id[:12],
            "Env": ["PATH=/bin", "PASSWORD=not-for-a-log"],
            "Cmd": ["serve"],
            "Image": image,
            "Labels": labels,
        },
        "Image": "sha256:" + "5" * 64,
        "LogPath": str(folder / f"{container_id}-json.log"),
        "Name": f"/{name}",
        "Driver": "overlay2",
        "OS": "linux",
        "RestartCount": 0,
    }
    (folder / "config.v2.json").write_text(json.dumps(config))
    return folder


def json_lines(*written: str, stream: str = "stdout", first: int = 0) -> bytes:
    """What Docker writes of these lines, the first of them at second `first`; long ones in pieces."""
    pieces = [
        (line[at : at + SPLIT_BYTES] + ("\n" if at + SPLIT_BYTES >= len(line) else ""), first + second)
        for second, line in enumerate(written)
        for at in range(0, max(1, len(line)), SPLIT_BYTES)
    ]
    return b"".join(
        json.dumps(
            {"log": text, "stream": stream, "time": f"2025-01-02T03:{at // 60:02}:{at % 60:02}.000000006Z"},
            separators=(",", ":"),
        ).encode()
        + b"\n"
        for text, at in pieces
    )


def write_log(folder: Path, data: bytes, ending: str = "") -> Path:
    """Writes a container's log, or one that was rotated; with `.gz` at its end, compressed."""
    path = folder / f"{folder.name}-json.log{ending}"
    path.write_bytes(gzip.compress(data) if ending.endswith(".gz") else data)
    return path
