-- Requests that receivers took in, by a digest: where one comes again under another spool, because its answer was lost, its records are
-- not stored a second time. Maintenance forgets them after some hours.
CREATE TABLE logmesh.requests (
  tenant text NOT NULL,
  digest bytea NOT NULL,  -- 16 bytes, see Batch.request
  stored timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant, digest)
);
CREATE INDEX ON logmesh.requests (stored);
GRANT SELECT, INSERT ON logmesh.requests TO logmesh_writer;
