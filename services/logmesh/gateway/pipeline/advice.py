"""Facts: what an operator must know of, until it is acknowledged or over. Here is what each kind means, and what to do about it."""

from typing import Final

ADVICE: Final = {
    "lost": (
        "Their producer does not hold them any more: a disk was lost, a spool was damaged, or batches were refused for good. "
        "Look at that producer's log around then. They are lost unless a processor that does not answer has them in its log."
    ),
    "unaccounted": (
        "Later ones are stored, and nothing has come since. They are in the producer's spool, or in the log of a processor that "
        "is away: bring that back. If it is gone for good, so are they."
    ),
    "rewound": (
        "The spool's folder is a copy, was put back, or lost what it had written last: lines behind that were read again, and may be "
        "stored twice. See LogmeshSpoolDiverged in docs/alerts.md."
    ),
    "forked": (
        "Two copies of one running producer gave other batches the same numbers. The first of each is stored; the other is in its "
        "producer's spool, in the folder refused."
    ),
    "damaged": (
        "This file of the lake is gone, or not what was written: questions that need it fail. Put it back from a copy of the lake's "
        "folder, or give its records up: see docs/lake.md. The keeper's log, file_damaged, says which records it has."
    ),
}
"""By kind. The database says which facts there are: the view logmesh.facts, of 0080."""

UNKNOWN_ADVICE: Final = "This gateway is older than the database and does not know this kind: ask a newer one."


def advice_on(kind: str) -> str:
    """What a fact of this kind means and what to do, in a sentence or two."""
    return ADVICE.get(kind, UNKNOWN_ADVICE)
