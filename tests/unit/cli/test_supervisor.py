"""How long a part waits before its next start, and in which order parts stop."""

import asyncio

from logmesh.cli.local.supervisor import FIRST_DELAY_SECONDS, MAX_DELAY_SECONDS, WELL_SECONDS, Supervisor, next_delay


def test_each_quick_death_doubles_the_delay_up_to_a_bound_and_a_good_run_resets_it() -> None:
    delay = FIRST_DELAY_SECONDS
    for _ in range(20):
        delay = next_delay(delay, ran_seconds=1)
    assert delay == MAX_DELAY_SECONDS
    assert next_delay(delay, ran_seconds=WELL_SECONDS) == FIRST_DELAY_SECONDS


class Part:
    """A component that records what happens to it; it ends when `died` is set."""

    def __init__(self, name: str, story: list[str]) -> None:
        self.name, self.story, self.died = name, story, asyncio.Event()

    async def start(self) -> None:
        self.story.append(f"start {self.name}")

    async def ended(self) -> int:
        await self.died.wait()
        self.died.clear()
        return -9

    async def stop(self, *, now: bool) -> None:
        self.story.append(f"{'kill' if now else 'stop'} {self.name}")


async def test_tiers_stop_in_reverse_and_a_dead_part_is_started_again() -> None:
    story: list[str] = []
    said: list[str] = []
    supervisor = Supervisor(said.append)
    parts = [Part(name, story) for name in ("database", "processor", "producer")]
    for part in parts:
        await supervisor.start([part])
    parts[1].died.set()
    async with asyncio.timeout(5):
        while len(said) < 2:
            await asyncio.sleep(0.01)
    await supervisor.stop(asyncio.Event())
    assert said == ["processor was killed by signal 9: it starts again in 0.5 s", "processor is up again"]
    assert story[3:] == ["start processor", "stop producer", "stop processor", "stop database"]


async def test_in_a_hurry_everything_is_killed() -> None:
    story: list[str] = []
    supervisor = Supervisor(lambda _: None)
    await supervisor.start([Part("producer", story)])
    hurry = asyncio.Event()
    hurry.set()
    await supervisor.stop(hurry)
    assert "kill producer" in story
