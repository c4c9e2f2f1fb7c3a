"""What a flush notes of itself for tails: of each tenant which batches it stored, as few spans as there are, and of which minutes."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from logmesh.processor.writer.prepare import Prepared


def note(
    stored: Sequence[Prepared], minutes: Mapping[str, tuple[int, int]]
) -> tuple[list[int | None], list[int | None], list[str], list[int], list[int], list[int], list[int], list[int]]:
    """The parameters of note_flush.sql. `minutes`: by tenant that has rows the first and the last one since 1970."""
    tenants: list[str] = []
    begins: list[int] = []
    spools: list[int] = []
    firsts: list[int] = []
    lasts: list[int] = []
    for tenant, spool, seq in sorted([(one.batch.key.tenant, one.spool, one.batch.seq) for one in stored]):
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
    of_tenants: list[tuple[int | None, int | None]] = [minutes.get(tenant, (None, None)) for tenant in tenants]
    oldest, newest = [first for first, _ in of_tenants], [last for _, last in of_tenants]
    return oldest, newest, tenants, begins, ends, spools, firsts, lasts
