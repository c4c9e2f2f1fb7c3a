"""Whether a receiver takes requests, for a kubelet's probes: on a port of its own, since doors may be off, or speak TLS."""

import contextlib
from collections.abc import AsyncIterator

from logmesh.producer.settings import ProducerSettings
from logmesh.runtime.server import Health


@contextlib.asynccontextmanager
async def probed(settings: ProducerSettings) -> AsyncIterator[Health]:
    """Serve gRPC health where the settings name a port, until the body ends: not serving until it is set so, and alive at once.

    Raises OSError for a port that is taken.
    """
    health = Health(())
    await health.set_serving(False)
    server = await health.serve(settings.listen_address, settings.health_port)
    try:
        yield health
    finally:
        if server is not None:
            await server.stop(None)
