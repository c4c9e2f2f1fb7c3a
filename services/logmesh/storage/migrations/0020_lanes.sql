-- A producer takes a new spool id each time that it opens its spool, so a row is one of many that a producer has had.
-- newest, chain: the greatest committed number that came with a chain, and its chain; 0 and 0 for none.
-- given: the greatest number that is known to have been given out; what is not committed of 1 to it is missing.
-- closed: no new number is given out. heard: when a stream last said that it still gives some out. finished: since when nothing is
-- to be expected any more, because all is committed and the spool id closed, or unheard of for a day. Such rows are the ledger's
-- archive: they still tell what is stored, and nobody is shown them.
-- rewound: how many numbers the ledger had above all that a copy of the spool knew. forked: batches refused, because another batch
-- has their number. diverged_since: when either last grew.
-- follows: the spool id that the producer's spool had before. Two that follow the same one are of two copies of a spool.
-- moved_to: the row of the same spool id in another tenant, to which its principal was moved; that row holds what is committed.
ALTER TABLE logmesh.spools
  ADD COLUMN newest bigint NOT NULL DEFAULT 0,
  ADD COLUMN chain bigint NOT NULL DEFAULT 0,
  ADD COLUMN given bigint NOT NULL DEFAULT 0,
  ADD COLUMN closed boolean NOT NULL DEFAULT false,
  ADD COLUMN heard timestamptz NOT NULL DEFAULT now(),
  ADD COLUMN finished timestamptz,
  ADD COLUMN rewound bigint NOT NULL DEFAULT 0,
  ADD COLUMN forked bigint NOT NULL DEFAULT 0,
  ADD COLUMN diverged_since timestamptz,
  ADD COLUMN follows uuid,
  ADD COLUMN moved_to bigint;

-- None has a column that a flush changes, so that its updates stay within their page. By spool id alone: a producer that was moved
-- to another tenant is looked for with each of its streams.
CREATE INDEX spools_spool_id_idx ON logmesh.spools (spool_id);
CREATE INDEX spools_finished_idx ON logmesh.spools (tenant, finished);
CREATE INDEX spools_follows_idx ON logmesh.spools (tenant, follows) WHERE follows IS NOT NULL;
CREATE INDEX spools_diverged_idx ON logmesh.spools (tenant) WHERE diverged_since IS NOT NULL;

CREATE OR REPLACE VIEW logmesh.ledger WITH (security_barrier) AS
  SELECT spool, spool_id, producer, committed, stored, dead_letters, lag, created, last_commit,
         (int8multirange(int8range(1, greatest(upper(committed), given + 1))) - committed) * abandoned AS lost,
         given, finished, rewound, forked
  FROM logmesh.spools WHERE tenant = logmesh.tenant();

-- What tells a restored, replaced or promoted database from the one before. The table's oid: a dump that is read back makes it anew.
-- The timeline of the log that is written now: that of the last checkpoint changes minutes after a promotion.
CREATE OR REPLACE FUNCTION logmesh.incarnation() RETURNS text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
  SELECT (SELECT system_identifier FROM pg_control_system())::text || '-' ||
         (SELECT oid FROM pg_database WHERE datname = current_database())::text || '-' ||
         'logmesh.spools'::regclass::oid::text || '-' ||
         CASE WHEN pg_is_in_recovery() THEN (SELECT timeline_id FROM pg_control_checkpoint())::text
              ELSE ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int::text END
$$;
