"""`Store` for records that are rows: a file a kind of question, and all of them together."""

from logmesh.rows.bodies import BodiesOfRows
from logmesh.rows.by_id import RowsById
from logmesh.rows.completion import CompletionOfRows
from logmesh.rows.facets import FacetsOfRows
from logmesh.rows.flushed import FlushedRows
from logmesh.rows.histogram import HistogramOfRows
from logmesh.rows.neighbours import NeighboursInRows
from logmesh.rows.search import SearchInRows
from logmesh.rows.totals import TotalsOfRows
from logmesh.rows.trace import TraceInRows


class RowsStore(
    SearchInRows,
    TraceInRows,
    RowsById,
    NeighboursInRows,
    BodiesOfRows,
    FlushedRows,
    HistogramOfRows,
    FacetsOfRows,
    TotalsOfRows,
    CompletionOfRows,
):
    """What a `Reader` reads. `store.Store` says what each method promises."""
