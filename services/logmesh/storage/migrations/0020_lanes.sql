-- A producer takes a new spool id each time that it opens its spool, so a row is one of many that a producer has had.
-- newest, chain: the greatest committed number that came with a chain, and its chain; 0 and 0 for none.
-- given: the greatest number that is known to have been given out; what is not committed of 1 to it is missing.
-- closed: no new number is given out. finished: closed, and all of it committed, since then.
-- rewound: how many numbers the ledger had above all that a copy of the spool knew. forked: batches refused, because another batch
-- has their number.
ALTER TABLE logmesh.spools
  ADD COLUMN newest bigint NOT NULL DEFAULT 0,
  ADD COLUMN chain bigint NOT NULL DEFAULT 0,
  ADD COLUMN given bigint NOT NULL DEFAULT 0,
  ADD COLUMN closed boolean NOT NULL DEFAULT false,
  ADD COLUMN finished timestamptz,
  ADD COLUMN rewound bigint NOT NULL DEFAULT 0,
  ADD COLUMN forked bigint NOT NULL DEFAULT 0;

CREATE OR REPLACE VIEW logmesh.ledger WITH (security_barrier) AS
  SELECT spool, spool_id, producer, committed, stored, dead_letters, lag, created, last_commit,
         (int8multirange(int8range(1, greatest(upper(committed), given + 1))) - committed) * abandoned AS lost,
         given, finished, rewound, forked
  FROM logmesh.spools WHERE tenant = logmesh.tenant();
