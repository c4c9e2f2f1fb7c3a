"""What a flush notes of itself for tails: which batches it stored, as few spans as there are."""

from collections.abc import Sequence

from logmesh.processor.writer.prepare import Prepared


def note(
    stored: Sequence[Prepared], minutes: Sequence[int]
) -> tuple[int | None, int | None, list[str], list[int], list[int], list[int]]:
    """The parameters of note_flush.sql. `minutes` since 1970 are those of the rows."""
    tenants: list[str] = []
    spools: list[int] = []
    firsts: list[int] = []
    lasts: list[int] = []
    of_spool = {prepared.spool: prepared.batch.key.tenant for prepared in stored}
    for spool, seq in sorted((prepared.spool, prepared.batch.seq) for prepared in stored):
        if spools and spools[-1] == spool and lasts[-1] == seq - 1:
            lasts[-1] = seq
        else:
            tenants.append(of_spool[spool])
            spools.append(spool)
            firsts.append(seq)
            lasts.append(seq)
    return min(minutes, default=None), max(minutes, default=None), tenants, spools, firsts, lasts
