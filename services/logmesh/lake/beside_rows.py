"""The lake, and rows from before records went there: a gateway's store for a system that has both."""

from logmesh.lake.store.asking import Lake
from logmesh.lake.store.store import LakeStore
from logmesh.rows.store import RowsStore
from logmesh.rows.times import TimesOfRows
from logmesh.store.joined.store import JoinedStore
from logmesh.store.store import Store


def lake_beside_rows(lake: Lake) -> Store:
    """What answers from both, and without a look at rows once there are none."""
    return JoinedStore(RowsStore(lake.reader), LakeStore(lake), TimesOfRows(lake.reader))
