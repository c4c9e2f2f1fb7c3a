"""Ask the API server for a VolumeSnapshot of a claim, wait until it can be restored, and remove all but the newest ones.

The environment says what: CLAIM, SNAPSHOT_CLASS, KEEP. It exits with 1 when no snapshot is ready in time; the next run waits for the
same one, and makes another when that has failed. What can be restored is removed only when something newer can be.
"""

import json
import os
import ssl
import sys
import time
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
LIMIT_SECONDS = 1500
# A volume's first snapshot is all of it.
PATIENCE = timedelta(hours=6)


def ask(method: str, path: str = "", body: dict[str, Any] | None = None) -> dict[str, Any]:
    """One call to the collection of the namespace's snapshots, or to what `path` names in it."""
    namespace = (ACCOUNT / "namespace").read_text()
    server = f"https://{os.environ['KUBERNETES_SERVICE_HOST']}:{os.environ['KUBERNETES_SERVICE_PORT']}"
    request = urllib.request.Request(  # noqa: S310 - https alone
        f"{server}/apis/snapshot.storage.k8s.io/v1/namespaces/{namespace}/volumesnapshots{path}",
        method=method,
        data=json.dumps(body).encode() if body else None,
        headers={
            "Authorization": f"Bearer {(ACCOUNT / 'token').read_text()}",
            "Content-Type": "application/json",
        },
    )
    trusted = ssl.create_default_context(cafile=str(ACCOUNT / "ca.crt"))
    with urllib.request.urlopen(request, timeout=30, context=trusted) as answer:  # noqa: S310 - https alone
        found: dict[str, Any] = json.load(answer)
        return found


def snapshots(claim: str) -> list[dict[str, Any]]:
    """Ours of this claim, the oldest first: their names sort by time."""
    found = ask("GET", f"?labelSelector=app%3Dtimescaledb-snapshot,claim%3D{claim}")["items"]
    return sorted(found, key=name_of)


def name_of(snapshot: dict[str, Any]) -> str:
    """By which it is asked for."""
    return str(snapshot["metadata"]["name"])


def is_ready(snapshot: dict[str, Any]) -> bool:
    """Whether a volume can be made of it."""
    return bool(snapshot.get("status", {}).get("readyToUse"))


def has_failed(snapshot: dict[str, Any], now: datetime) -> bool:
    """Whether it is not waited for: its driver says so, or it has had its time."""
    made = datetime.fromisoformat(snapshot["metadata"]["creationTimestamp"])
    return not is_ready(snapshot) and (bool(snapshot.get("status", {}).get("error")) or now - made > PATIENCE)


def order(claim: str, snapshot_class: str, now: datetime) -> str:
    """Ask for a new one, and return its name."""
    name = f"{claim}-{now:%Y%m%dt%H%M%Sz}"
    ask(
        "POST",
        body={
            "apiVersion": "snapshot.storage.k8s.io/v1",
            "kind": "VolumeSnapshot",
            "metadata": {
                "name": name,
                "labels": {"app": "timescaledb-snapshot", "app.kubernetes.io/part-of": "logmesh", "claim": claim},
            },
            "spec": {"volumeSnapshotClassName": snapshot_class, "source": {"persistentVolumeClaimName": claim}},
        },
    )
    print(f"asked for {name}", flush=True)
    return name


def remove(name: str, why: str) -> None:
    """Remove one that is ours."""
    ask("DELETE", f"/{name}")
    print(f"removed {name}: {why}", flush=True)


def main() -> int:
    """Return the exit code."""
    claim, keep = os.environ["CLAIM"], int(os.environ["KEEP"])
    now = datetime.now(UTC)
    found = snapshots(claim)
    for one in found:
        if has_failed(one, now):
            remove(name_of(one), str(one.get("status", {}).get("error", {}).get("message", "it was not ready in time")))
    pending = [name_of(one) for one in found if not is_ready(one) and not has_failed(one, now)]
    name = pending[-1] if pending else order(claim, os.environ["SNAPSHOT_CLASS"], now)
    deadline = time.monotonic() + LIMIT_SECONDS
    while not any(is_ready(one) for one in snapshots(claim) if name_of(one) == name):
        if time.monotonic() > deadline:
            print(f"{name} is not ready: kubectl describe volumesnapshot {name}", file=sys.stderr)
            return 1
        time.sleep(5)
    print(f"{name} is ready")
    # Only what can be restored counts as kept.
    ready = [name_of(one) for one in snapshots(claim) if is_ready(one)]
    for old in ready[: -max(1, keep)]:
        remove(old, f"{keep} are kept")
    return 0


if __name__ == "__main__":
    sys.exit(main())
