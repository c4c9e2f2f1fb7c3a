"""`Store` for two of them: a file a kind of question, and all of them together."""

from logmesh.store.joined.beside import BesideInBoth
from logmesh.store.joined.completion import CompletionInBoth
from logmesh.store.joined.facets import FacetsInBoth
from logmesh.store.joined.flushed import FlushedInBoth
from logmesh.store.joined.named import NamedInBoth
from logmesh.store.joined.search import SearchInBoth
from logmesh.store.joined.totals import TotalsInBoth


class JoinedStore(SearchInBoth, NamedInBoth, BesideInBoth, FlushedInBoth, FacetsInBoth, TotalsInBoth, CompletionInBoth):
    """What an older store has and a newer one. `store.Store` says what each method promises."""
