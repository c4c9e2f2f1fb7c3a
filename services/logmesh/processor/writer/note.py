"""What a flush notes of itself for tails: which batches it stored, as few spans as there are."""

from collections.abc import Sequence
from itertools import pairwise

from logmesh.processor.writer.prepare import Prepared


def note(
    stored: Sequence[Prepared], minutes: Sequence[int]
) -> tuple[int | None, int | None, list[str], list[int], list[int], list[int], list[int], list[int]]:
    """The parameters of note_flush.sql. `minutes` since 1970 are those of the rows."""
    tenants: list[str] = []
    begins: list[int] = []
    spools: list[int] = []
    firsts: list[int] = []
    lasts: list[int] = []
    for tenant, spool, seq in sorted((one.batch.key.tenant, one.spool, one.batch.seq) for one in stored):
        if not tenants or tenants[-1] != tenant:
            tenants.append(tenant)
            begins.append(len(spools) + 1)
        elif spools[-1] == spool and lasts[-1] == seq - 1:
            lasts[-1] = seq
            continue
        spools.append(spool)
        firsts.append(seq)
        lasts.append(seq)
    ends = [following - 1 for _, following in pairwise([*begins, len(spools) + 1])]
    return min(minutes, default=None), max(minutes, default=None), tenants, begins, ends, spools, firsts, lasts
