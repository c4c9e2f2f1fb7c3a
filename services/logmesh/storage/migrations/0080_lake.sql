-- The lake: files of columns, and rows that are too few for a file. A record is in one of them, and changes its place in one commit,
-- so that any snapshot has it once.

-- Numbers that are given out for files, and are none yet. Who writes a file takes its number from here in the transaction that makes it
-- one. Who deletes what others left on the disk deletes the row first, and commits: a late flush finds it gone, and writes anew.
CREATE TABLE logmesh.pending (
  file  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  owner text NOT NULL,  -- the process that has it: so an operator finds who left a number
  began timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON logmesh.pending (began);

CREATE TABLE logmesh.files (
  file        bigint PRIMARY KEY,
  incarnation text NOT NULL,      -- of the database that it was written for: its folder
  tenant      text NOT NULL,
  level       smallint NOT NULL,  -- how often its records were merged
  min_time    bigint NOT NULL,    -- nanoseconds since 1970
  max_time    bigint NOT NULL,
  newest      bigint NOT NULL,    -- the latest of all times and times of receipt: retention counts from here
  rows        bigint NOT NULL,
  bytes       bigint NOT NULL,
  crc32c      bigint NOT NULL,    -- of the whole file
  counts      bytea NOT NULL,     -- by minute, service and severity: lake/counts
  traces      bytea,              -- which trace ids may be in it: lake/bloom; null where that is left to the file's own
  columns     jsonb NOT NULL DEFAULT '[]',  -- attributes that have a column in it: lake/attribute_columns
  trigrams    bytea,              -- which three letters its row groups' bodies have: lake/trigrams; null where nobody looked
  checked     timestamptz NOT NULL DEFAULT now(),  -- when its bytes were looked at, or written
  damaged     timestamptz,        -- since when it is known to be gone, or not what was written; null while it is whole
  dead_xid    xid8,               -- the transaction in which others took its place; null while it is live
  died        timestamptz         -- when that was: it is deleted some time after
);
-- What is in them is compressed, beyond it, or read where it lies.
ALTER TABLE logmesh.files
  ALTER counts SET STORAGE EXTERNAL, ALTER traces SET STORAGE EXTERNAL, ALTER trigrams SET STORAGE EXTERNAL;
CREATE INDEX files_live_idx ON logmesh.files (tenant, max_time, min_time) WHERE dead_xid IS NULL;
CREATE INDEX files_dead_idx ON logmesh.files (dead_xid) WHERE dead_xid IS NOT NULL;
CREATE INDEX files_unmerged_idx ON logmesh.files (tenant) WHERE dead_xid IS NULL AND level = 0;
CREATE INDEX files_damaged_idx ON logmesh.files (tenant) WHERE damaged IS NOT NULL;

-- What this database was called before a promotion or a restore, where an operator says that no copy of it uses those files any more: they
-- are deleted as its own.
CREATE TABLE logmesh.adopted (incarnation text PRIMARY KEY);

CREATE VIEW logmesh.known_files WITH (security_barrier) AS
  SELECT file, incarnation, level, min_time, max_time, rows, bytes, crc32c, counts, traces, columns, trigrams
  FROM logmesh.files WHERE dead_xid IS NULL AND tenant = (SELECT logmesh.tenant());

-- Rows come into the newest generation. One that is closed gets no more; one that is sealed has its rows in files.
CREATE TABLE logmesh.generations (
  generation int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  opened     timestamptz NOT NULL DEFAULT now(),
  closed     boolean NOT NULL DEFAULT false,
  sealed_xid xid8  -- the transaction in which its rows became files
);

CREATE TABLE logmesh.hot (
  time                    timestamptz NOT NULL,
  position                bigint NOT NULL,
  span_id                 bigint,
  original_time_unix_nano bigint,
  received                timestamptz NOT NULL,
  spool                   bigint NOT NULL,
  generation              int NOT NULL,
  ns                      smallint NOT NULL,
  severity                smallint NOT NULL,
  trace_id                uuid,
  tenant                  text NOT NULL,
  service                 text NOT NULL,
  instance                text NOT NULL,
  scope_name              text NOT NULL,
  scope_version           text NOT NULL,
  severity_text           text,
  body                    text NOT NULL,
  attributes              jsonb,
  resource                jsonb NOT NULL,
  extra                   jsonb,
  origin_extra            jsonb
) PARTITION BY LIST (generation);
CREATE INDEX ON logmesh.hot (tenant, time, service);
CREATE INDEX ON logmesh.hot (trace_id) WHERE trace_id IS NOT NULL;

-- With the names of logmesh.records, so that one filter serves both.
CREATE VIEW logmesh.hot_records WITH (security_barrier) AS
  SELECT time, ns, spool, position, received, severity, severity_text, service, instance, trace_id, span_id, body, attributes,
         resource, scope_name, scope_version, original_time_unix_nano, extra, origin_extra
  FROM logmesh.hot
  WHERE tenant = (SELECT logmesh.tenant())
    AND generation = ANY (ARRAY(SELECT generation FROM logmesh.generations WHERE sealed_xid IS NULL));

-- The generation that takes rows, made where there is none. Its table is made beside the others and attached, which locks out nobody.
CREATE FUNCTION logmesh.open_generation() RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog SET lock_timeout = '2s' AS $$
DECLARE
  g int;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('logmesh.open_generation', 0));
  SELECT generation INTO g FROM logmesh.generations WHERE NOT closed;
  IF g IS NULL THEN
    INSERT INTO logmesh.generations DEFAULT VALUES RETURNING generation INTO g;
    EXECUTE format('CREATE TABLE logmesh.hot_%s (LIKE logmesh.hot INCLUDING ALL)', g);
    EXECUTE format('ALTER TABLE logmesh.hot_%s ALTER generation SET DEFAULT %s', g, g);
    EXECUTE format('GRANT INSERT ON logmesh.hot_%s TO logmesh_writer', g);
    EXECUTE format('ALTER TABLE logmesh.hot ATTACH PARTITION logmesh.hot_%s FOR VALUES IN (%s)', g, g);
  END IF;
  RETURN g;
END $$;

-- The generation that takes rows, and goes on to do so until this transaction is over; null where there is none.
CREATE FUNCTION logmesh.hold_generation() RETURNS int
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
  SELECT generation FROM logmesh.generations WHERE NOT closed FOR SHARE
$$;

-- Files that were never merged, of the tenant with most of them: so a writer sees that merging has fallen behind.
CREATE FUNCTION logmesh.unmerged_files() RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
  SELECT coalesce(max(files), 0)
  FROM (SELECT count(*) AS files FROM logmesh.files WHERE dead_xid IS NULL AND level = 0 GROUP BY tenant) AS of_tenant
$$;
REVOKE ALL ON FUNCTION logmesh.open_generation(), logmesh.hold_generation(), logmesh.unmerged_files() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION logmesh.open_generation(), logmesh.hold_generation(), logmesh.unmerged_files() TO logmesh_writer;

GRANT SELECT, INSERT, DELETE ON logmesh.pending TO logmesh_writer;
GRANT INSERT ON logmesh.files TO logmesh_writer;
-- Whether the lake has records, of any tenant: a gateway of rows alone must not answer without them unless it is told to.
CREATE VIEW logmesh.lake_holds AS
  SELECT EXISTS (SELECT FROM logmesh.files WHERE dead_xid IS NULL) OR EXISTS (SELECT FROM logmesh.hot) AS records;
GRANT SELECT ON logmesh.known_files, logmesh.hot_records, logmesh.lake_holds TO logmesh_reader;

-- Facts that nobody has acknowledged. What is missing of a producer that stores something now may be on its way. A damaged file has an
-- id of its number in the place of a spool's.
CREATE OR REPLACE VIEW logmesh.facts WITH (security_barrier) AS
  SELECT 'lost' AS kind, spool_id, producer, lost AS numbers, logmesh.batches(lost) AS batches, abandoned_since AS since
  FROM logmesh.accounts WHERE NOT isempty(lost)
  UNION ALL
  SELECT 'unaccounted', spool_id, producer, unaccounted, logmesh.batches(unaccounted), coalesce(last_commit, created)
  FROM logmesh.accounts WHERE NOT isempty(unaccounted) AND coalesce(last_commit, created) < now() - interval '1 minute'
  UNION ALL
  SELECT d.kind, d.spool_id, d.producer, '{}', d.batches - a.batches, d.diverged_since
  FROM (
    SELECT spool_id, producer, diverged_since, kind, batches
    FROM logmesh.spools, LATERAL (VALUES ('rewound', rewound), ('forked', forked)) AS v(kind, batches)
    WHERE tenant = (SELECT logmesh.tenant()) AND diverged_since IS NOT NULL
  ) AS d
  CROSS JOIN LATERAL (
    SELECT coalesce(sum(a.batches), 0)::bigint AS batches FROM logmesh.acknowledgements a
    WHERE a.tenant = (SELECT logmesh.tenant()) AND a.spool_id = d.spool_id AND a.kind = d.kind
  ) AS a
  WHERE d.batches > a.batches
  UNION ALL
  SELECT 'damaged', d.id, 'file ' || d.file, '{}', 1, d.damaged
  FROM (
    SELECT file, damaged, ('00000000-0000-8000-8000-' || lpad(to_hex(file), 12, '0'))::uuid AS id
    FROM logmesh.files WHERE tenant = (SELECT logmesh.tenant()) AND damaged IS NOT NULL AND dead_xid IS NULL
  ) AS d
  WHERE NOT EXISTS (
    SELECT FROM logmesh.acknowledgements a
    WHERE a.tenant = (SELECT logmesh.tenant()) AND a.spool_id = d.id AND a.kind = 'damaged' AND a.made > d.damaged
  );

-- The times of records that are rows, of all tenants: a gateway of the lake asks rows only for those.
CREATE VIEW logmesh.row_times AS SELECT min(time) AS oldest, max(time) AS newest FROM logmesh.logs;
GRANT SELECT ON logmesh.row_times TO logmesh_reader;
