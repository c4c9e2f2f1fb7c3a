"""A handler whose processors are away says so, once, and says when they are back."""

import asyncio
import json
from pathlib import Path

from tests.integration.client.programs import start
from tests.integration.processor.conftest import ServerStore
from tests.integration.processor.running import running_processor

from logmesh.cli.local.ports import free_port


async def test_it_says_that_nobody_is_reached_and_when_somebody_is_again(store: ServerStore, tmp_path: Path) -> None:
    port = free_port()
    process = await start(
        """
        import json

        def until(status):
            while handler.state.status != status:
                time.sleep(0.02)
            state = handler.state
            print(json.dumps([state.status, state.processor, str(state.last_error), state.pending, state.dropped]), flush=True)

        handler = LogmeshHandler(target)
        assert handler.state.status == "idle"
        log.addHandler(handler)
        log.info("it waits")
        until("connecting")
        sys.stdin.readline()
        until("connected")
        handler.close()
        until("closed")
        """,
        f"127.0.0.1:{port}",
    )
    assert process.stdout is not None and process.stderr is not None and process.stdin is not None
    try:
        async with asyncio.timeout(60):
            connecting = json.loads(await process.stdout.readline())
            assert connecting[0] == "connecting" and connecting[3:] == [1, 0]
            said = (await process.stderr.readline()).decode()
            assert said.startswith(f"logmesh: no processor was reached at 127.0.0.1:{port} for 5 s (127.0.0.1:{port}: ")
            assert said.endswith("; 1 records wait\n")
            async with running_processor(store, tmp_path, direct_port=port) as processor:
                process.stdin.write(b"\n")
                again = (await process.stderr.readline()).decode()
                assert again.startswith(f"logmesh: 127.0.0.1:{port} is reached again after ")
                connected, closed = [json.loads(await process.stdout.readline()) for _ in range(2)]
                assert connected[:2] == ["connected", "log-processor-0"]
                # Nobody listened, or a processor was there already and made its schema: whichever was last, it is still told.
                assert connected[2].startswith(f"127.0.0.1:{port}: ")
                assert closed[0] == "closed" and closed[3] == 0
                assert await process.wait() == 0
                assert await processor.bodies() == ["it waits"]
            assert await process.stderr.read() == b""
    finally:
        if process.returncode is None:
            process.kill()
