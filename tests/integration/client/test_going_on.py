"""What passes does not end an appender; what ends it is said by its state."""

import asyncio
from pathlib import Path

import pytest
from tests.integration.client.programs import run
from tests.integration.processor.conftest import ServerStore
from tests.integration.processor.running import RunningProcessor, running_processor
from tests.waiting import until_true

from logmesh import Appender
from logmesh.cli.local.ports import free_port
from logmesh.client.delivering import courier, packer, reach
from logmesh.client.errors import ServerError


async def test_a_notice_that_raises_ends_nothing(
    store: ServerStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for module in (courier, reach):
        monkeypatch.setattr(module, "SILENCE_SECONDS", 0.1)
    said: list[str] = []

    def notice(sentence: str) -> None:
        said.append(sentence)
        raise ConnectionError("the chat does not answer")

    port = free_port()
    appender = Appender(f"127.0.0.1:{port}", notice=notice)
    appender.append("while nobody is there")
    await until_true(lambda: said)
    async with running_processor(store, tmp_path, direct_port=port) as processor:
        await until_true(lambda: len(said) == 2)
        assert "is reached again" in said[1]
        appender.append("after")
        await asyncio.to_thread(appender.close)
        assert sorted(await processor.bodies()) == ["after", "while nobody is there"]
    assert any("the chat does not answer" in f"{line.exc_info}" for line in caplog.records)


async def test_a_moment_without_file_descriptors_ends_nothing(processor: RunningProcessor, tmp_path: Path) -> None:
    code, _, err = await run(
        """
        import contextlib, resource

        handler = LogmeshHandler(target, spool=sys.argv[2], exit_timeout=60)
        log.addHandler(handler)
        log.info("before")
        handler.flush()
        resource.setrlimit(resource.RLIMIT_NOFILE, (128, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
        taken = []
        with contextlib.suppress(OSError):
            while True:
                taken.append(os.open("/dev/null", os.O_RDONLY))
        log.info("while there is none")
        deadline = time.monotonic() + 30
        while "Too many open files" not in str(handler.state.last_error):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        for descriptor in taken:
            os.close(descriptor)
        for n in range(10):
            log.info("after %d", n)
        handler.flush()
        assert (handler.state.status, handler.dropped) == ("connected", 0)
        """,
        processor.target, str(tmp_path / "spool"),
    )  # fmt: skip
    assert (code, err) == (0, "")
    assert sorted(await processor.bodies()) == sorted(
        ["before", "while there is none", *(f"after {n}" for n in range(10))]
    )


def test_an_appender_that_has_failed_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def defect(*_: object) -> None:
        raise ArithmeticError("a defect")

    monkeypatch.setattr(packer, "columns_of", defect)
    said: list[str] = []
    appender = Appender("127.0.0.1:1", notice=said.append)
    appender.append("lost")
    with pytest.raises(ServerError, match="a defect"):
        appender.flush(30)
    with pytest.raises(ServerError, match="a defect"):
        appender.append("refused")
    assert (appender.state.status, appender.pending(), len(said)) == ("failed", 1, 1)
    assert "a defect" in str(appender.state.last_error)
    with pytest.raises(ServerError):
        appender.close()
    assert appender.state.status == "closed"
