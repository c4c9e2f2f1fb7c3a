-- What a producer says that it will not send any more. A batch that is missing and abandoned is lost; one that is missing
-- alone may still come.
ALTER TABLE logmesh.spools ADD COLUMN abandoned int8multirange NOT NULL DEFAULT '{}';

CREATE OR REPLACE VIEW logmesh.ledger WITH (security_barrier) AS
  SELECT spool, spool_id, producer, committed, stored, dead_letters, lag, created, last_commit,
         (int8multirange(int8range(1, coalesce(upper(committed), 1))) - committed) * abandoned AS lost
  FROM logmesh.spools WHERE tenant = logmesh.tenant();
