"""A server that speaks what the node agent needs of the Kubernetes API, list and watch of pods, over TLS; it fails as told to.

Versions count changes. It remembers the last changes, and answers 410 to who asks for what came before them, as the real one does.
"""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import web

from logmesh.cli.local.certificates import ensure_certificates

Object = dict[str, Any]


def pod(
    name: str,
    uid: str,
    *,
    labels: dict[str, str] | None = None,
    annotations: dict[str, str] | None = None,
    owner: tuple[str, str] | None = None,
    images: dict[str, str] | None = None,
    node: str = "node-a",
) -> Object:
    """A pod as the API server describes it."""
    metadata: Object = {"name": name, "namespace": "shop", "uid": uid, "labels": labels or {}}
    if annotations:
        metadata["annotations"] = annotations
    if owner:
        kind, called = owner
        metadata["ownerReferences"] = [
            {"apiVersion": "apps/v1", "kind": kind, "name": called, "uid": "0", "controller": True}
        ]
    containers = [{"name": key, "image": image} for key, image in (images or {"server": "shop:1.2"}).items()]
    return {
        "kind": "Pod",
        "apiVersion": "v1",
        "metadata": metadata,
        "spec": {"nodeName": node, "containers": containers},
    }


class KubeApi:
    """Its pods are set by `put` and `remove`. What it does wrong is set by the attributes below."""

    def __init__(self, folder: Path) -> None:
        self.account = folder
        self.token = "first-token"
        self.write_token()
        self.port = 0
        self.version = 100
        self.pods: dict[str, Object] = {}
        self.history: list[tuple[int, str, Object]] = []
        self.oldest = self.version
        """What came before this version is forgotten."""
        self.status = 0
        """Answered to every request, where it is not 0."""
        self.is_silent = False
        """Whether watches are opened, and told nothing."""
        self.asked: list[dict[str, str]] = []
        """The parameters of each request."""
        self._changed = asyncio.Event()
        self._watches: set[web.StreamResponse] = set()
        self._cut: set[asyncio.Transport] = set()

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    def write_token(self) -> None:
        """Puts the token where the agent finds it."""
        self.account.mkdir(exist_ok=True)
        (self.account / "token").write_text(f"{self.token}\n")

    def put(self, given: Object) -> None:
        """A pod is there, or has changed."""
        uid = given["metadata"]["uid"]
        self._tell("MODIFIED" if uid in self.pods else "ADDED", given)
        self.pods[uid] = self.history[-1][2]

    def remove(self, uid: str) -> None:
        """A pod is deleted."""
        self._tell("DELETED", self.pods.pop(uid))

    def bookmark(self) -> None:
        """Tells of a version, and of nothing that happened."""
        self._tell("BOOKMARK", {"kind": "Pod", "metadata": {}})

    def error(self, code: int, message: str) -> None:
        """Ends watches by an error among the events."""
        self.history.append((self.version, "ERROR", {"kind": "Status", "code": code, "message": message}))
        self._wake()

    def forget(self) -> None:
        """Forgets all that happened so far."""
        self.version += 1
        self.oldest = self.version
        self.history.clear()

    def cut(self) -> None:
        """Breaks every connection."""
        for transport in self._cut:
            if not transport.is_closing():  # Python before 3.11.5 raises for one over TLS that is closed
                transport.abort()

    @property
    def watches(self) -> int:
        """How many are open."""
        return len(self._watches)

    def _tell(self, kind: str, given: Object) -> None:
        self.version += 1
        what = given | {"metadata": given["metadata"] | {"resourceVersion": str(self.version)}}
        self.history.append((self.version, kind, what))
        self._wake()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(dict(request.query))
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            return self._refusal(401, "Unauthorized")
        if self.status:
            return self._refusal(self.status, "told to")
        if request.query.get("watch") != "1":
            metadata = {"resourceVersion": str(self.version)}
            return web.json_response({"kind": "PodList", "metadata": metadata, "items": list(self.pods.values())})
        return await self._watch(request)

    async def _watch(self, request: web.Request) -> web.StreamResponse:
        since = int(request.query["resourceVersion"])
        if since < self.oldest:
            return self._refusal(410, "too old resource version")
        response = web.StreamResponse()
        response.enable_chunked_encoding()
        await response.prepare(request)
        assert request.transport is not None
        self._cut.add(request.transport)
        self._watches.add(response)
        try:
            while True:
                changed = self._changed
                for version, kind, what in list(self.history):
                    if kind == "ERROR" or (version > since and not self.is_silent):
                        await response.write(json.dumps({"type": kind, "object": what}).encode() + b"\n")
                        since = version
                        if kind == "ERROR":
                            self.history.remove((version, kind, what))
                            return response
                await changed.wait()
        finally:
            self._watches.discard(response)
            self._cut.discard(request.transport)

    def _refusal(self, status: int, message: str) -> web.Response:
        return web.json_response({"kind": "Status", "code": status, "message": message}, status=status)


@asynccontextmanager
async def kube_api(folder: Path) -> AsyncIterator[KubeApi]:
    """One that runs meanwhile, with the files of a service account in a folder below `folder`."""
    files = ensure_certificates(folder / "certificates")["gateway"]
    api = KubeApi(folder / "account")
    (api.account / "ca.crt").write_bytes(files.ca.read_bytes())
    async with serving(api, files.cert, files.key):
        yield api


@asynccontextmanager
async def serving(api: KubeApi, cert: Path, key: Path) -> AsyncIterator[None]:
    """Answers meanwhile, on the port that it had before, where it had one."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(cert, key)
    application = web.Application()
    application.router.add_get("/api/v1/pods", api.answer)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", api.port, ssl_context=context, reuse_address=True)
    await site.start()
    api.port = runner.addresses[0][1]
    try:
        yield
    finally:
        api.cut()
        await runner.cleanup()
