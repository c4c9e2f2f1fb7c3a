"""What a schema consists of, as PostgreSQL's catalogs have it, in a form that can be compared."""

import re
from collections.abc import Iterable

import asyncpg

# Names of partitions, chunks and what belongs to them differ by the day, and they are copies of their table.
_OWN = "n.nspname = 'logmesh' AND c.relname !~ '^logs_[0-9]{8}'"
_CATALOGS = {
    "relations": (
        "SELECT c.relname, c.relkind, c.reloptions FROM pg_class c"
        f" JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {_OWN}"
    ),
    "columns": (
        "SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attstorage,"
        " pg_get_expr(d.adbin, d.adrelid) FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
        " JOIN pg_namespace n ON n.oid = c.relnamespace"
        " LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum"
        f" WHERE {_OWN} AND c.relkind IN ('r', 'p', 'v') AND a.attnum > 0 AND NOT a.attisdropped"
    ),
    "indexes": (
        "SELECT c.relname, pg_get_indexdef(c.oid), x.indisvalid FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid"
        f" JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {_OWN}"
    ),
    "constraints": (
        "SELECT c.relname, k.conname, pg_get_constraintdef(k.oid) FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid"
        f" JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {_OWN} AND k.contype <> 'n'"
    ),
    "triggers": (
        "SELECT c.relname, pg_get_triggerdef(t.oid) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
        f" JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {_OWN} AND NOT t.tgisinternal"
    ),
    "views": (
        "SELECT c.relname, pg_get_viewdef(c.oid) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        f" WHERE {_OWN} AND c.relkind = 'v'"
    ),
    "functions": (
        "SELECT pg_get_functiondef(p.oid) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
        " WHERE n.nspname = 'logmesh'"
    ),
    "grants": (
        "SELECT c.relname, g.grantee::regrole::text, g.privilege_type FROM pg_class c"
        f" JOIN pg_namespace n ON n.oid = c.relnamespace, aclexplode(c.relacl) AS g WHERE {_OWN}"
        " UNION ALL SELECT p.oid::regprocedure::text, CASE g.grantee WHEN 0 THEN 'public' ELSE g.grantee::regrole::text END,"
        " g.privilege_type FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace,"
        " aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS g WHERE n.nspname = 'logmesh'"
        " UNION ALL SELECT 'logmesh', g.grantee::regrole::text, g.privilege_type FROM pg_namespace n,"
        " aclexplode(n.nspacl) AS g WHERE n.nspname = 'logmesh'"
    ),
    "indexes of partitions": (
        "SELECT DISTINCT a.attname, am.amname, x.indkey::text, i.inhparent::regclass::text, ic.reloptions FROM pg_index x"
        " JOIN pg_class ic ON ic.oid = x.indexrelid JOIN pg_am am ON am.oid = ic.relam"
        " JOIN pg_attribute a ON a.attrelid = ic.oid JOIN pg_inherits i ON i.inhrelid = ic.oid"
    ),
    "notes": "SELECT name, digest FROM logmesh.migrations",
}
_TIMESCALEDB = {
    "hypertables": "SELECT hypertable_name, num_dimensions, compression_enabled FROM timescaledb_information.hypertables",
    "dimensions": "SELECT hypertable_name, column_name, time_interval FROM timescaledb_information.dimensions",
    "columnstore": "SELECT segmentby, orderby, index FROM timescaledb_information.hypertable_columnstore_settings",
    "jobs": (
        "SELECT proc_name, schedule_interval, config - 'hypertable_id' FROM timescaledb_information.jobs"
        " WHERE hypertable_name = 'logs'"
    ),
}
_COMMENT = re.compile(r"--[^\n]*")


async def read_catalogs(connection: asyncpg.Connection, *, timescaledb: bool = False) -> dict[str, set[str]]:
    """Facts of the schema logmesh by catalog, each a line; comments and white space in functions don't count."""
    asked = _CATALOGS | (_TIMESCALEDB if timescaledb else {})
    return {name: set(map(_line, await connection.fetch(sql))) for name, sql in asked.items()}


def _line(row: Iterable[object]) -> str:
    return " | ".join(" ".join(_COMMENT.sub("", str(value)).split()) for value in row)
