-- What each flush stored, noted in the flush itself. Transactions don't become visible in the order in which they began or
-- took their clock's time, but PostgreSQL's snapshots say which were over: a tail that keeps the snapshot of its last
-- reading finds exactly the flushes that it has not seen, however long one of them took.
CREATE TABLE logmesh.flushes (
  xid      xid8 NOT NULL DEFAULT pg_current_xact_id(),
  tenant   text NOT NULL,
  received timestamptz NOT NULL DEFAULT now(),  -- equal to that of the flush's rows: both are the transaction's
  oldest   timestamptz NOT NULL,  -- the rows' times are from here on
  newest   timestamptz NOT NULL,  -- and before there
  spools   bigint[] NOT NULL,     -- by span of batches: its spool, first and last number
  firsts   bigint[] NOT NULL,
  lasts    bigint[] NOT NULL
);
CREATE INDEX ON logmesh.flushes (tenant, xid);
CREATE INDEX ON logmesh.flushes (received);

-- The newest flush whose note is gone: what was stored up to it can be found by a search, and no longer by a tail.
CREATE TABLE logmesh.flushes_forgotten (xid xid8 NOT NULL, received timestamptz NOT NULL);
INSERT INTO logmesh.flushes_forgotten
  SELECT CASE WHEN count(*) = 0 THEN '0'::xid8 ELSE pg_current_xact_id() END, CASE WHEN count(*) = 0 THEN 'epoch' ELSE now() END
  FROM (SELECT FROM logmesh.spools WHERE last_commit IS NOT NULL LIMIT 1) AS stored;

CREATE VIEW logmesh.known_flushes WITH (security_barrier) AS
  SELECT xid, received, oldest, newest, spools, firsts, lasts FROM logmesh.flushes WHERE tenant = logmesh.tenant();

GRANT INSERT ON logmesh.flushes TO logmesh_writer;
GRANT SELECT ON logmesh.known_flushes, logmesh.flushes_forgotten TO logmesh_reader;
-- A tail's token holds for one incarnation.
GRANT EXECUTE ON FUNCTION logmesh.incarnation() TO logmesh_reader;
