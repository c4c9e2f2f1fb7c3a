"""`Store` for the lake: a file a kind of question, and all of them together."""

from logmesh.lake.store.completion import CompletionOfLake
from logmesh.lake.store.figures import FiguresOfLake
from logmesh.lake.store.flushed import FlushedInLake
from logmesh.lake.store.named import NamedInLake
from logmesh.lake.store.search import SearchInLake
from logmesh.lake.store.totals import TotalsOfLake


class LakeStore(SearchInLake, NamedInLake, FlushedInLake, FiguresOfLake, TotalsOfLake, CompletionOfLake):
    """What a `Lake` has. `store.Store` says what each method promises."""
