"""The records that each server gets: sixteen hours of them, in batches of several producers, the same whenever they are made; and what
is asked of them, with values that are there."""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property

from benchmarks.varied import Varied
from logmesh.v1.record_pb2 import LogColumns

SPOOLS = 10
SPAN_NANO = 16 * 3600 * 10**9
"""A histogram may have a bucket for each minute of it."""
_OVERLAP_NANO = 60 * 10**9  # a batch's times go beyond the start of the next one
_RARE = "ptarmigan"
_RARE_RECORDS = 7


@dataclass(frozen=True)
class Asked:
    """What questions ask for. `regex` has the phrase's first word, `number` eight hexadecimal digits of one record."""

    phrase: str
    regex: str
    number: str
    service: str
    trace: str
    rare: str = _RARE
    nowhere: str = "quokka7731"


@dataclass(frozen=True)
class Day:
    """`records` of them, `batch` in each batch; the first time is `start`, in nanoseconds since 1970."""

    records: int
    batch: int
    start: int

    @property
    def end(self) -> int:
        """No record is as late as that, in nanoseconds."""
        return self.start + SPAN_NANO + _OVERLAP_NANO

    @property
    def batches(self) -> int:
        """How many there are, as many of each producer: every tenth is the same one's."""
        return self.records // self.batch // SPOOLS * SPOOLS

    def columns(self, number: int) -> LogColumns:
        """Batch `number`, from 0 on."""
        columns = Varied(self.batch, seed=number).next(self.start + SPAN_NANO * number // self.batches)
        if number % max(self.batches // _RARE_RECORDS, 1) == 0:
            columns.bodies[0] += b" " + _RARE.encode()
        return columns

    @cached_property
    def asked(self) -> Asked:
        """Of a batch near the end; the phrase is one of three of its records."""
        columns = self.columns(self.batches - SPOOLS // 2)
        bodies = [body.decode().split() for body in columns.bodies]
        phrases = Counter(" ".join(words[2:5]) for words in bodies)
        phrase = min(phrases, key=lambda each: (abs(phrases[each] - 3), each))
        ids = [columns.trace_ids[at : at + 16] for at in range(0, len(columns.trace_ids), 16)]
        return Asked(
            phrase=phrase,
            regex=rf"{phrase.split()[0]} .* in 9\d* ms",
            number=bodies[-1][-1],
            service=columns.origins[0].service_name.decode(),
            trace=next(trace for trace in reversed(ids) if any(trace)).hex(),
        )
