-- The schema as a new database gets it: this, then baseline.<flavour>.sql with the table of logs. A database that is there
-- already gets the numbered files that it lacks; both ways lead to the same, and a test compares them.
-- Stands for migrations 0001 0002 0003 0004 0006 0007 0008 0010 0012 0013 0020 0030 0031 0040 0050 0051 0052 0053 0060 0061 0062 0063 0070 0080 0090 0091 0092.

-- Roles -----------------------------------------------------------------------------------------------------------------
-- The writer may add records and never read them; the reader sees records of one tenant at a time, by views, and
-- writes only what the functions do that it may call: acknowledgements, and tokens of senders.
DO $$
DECLARE r text;
BEGIN
  FOREACH r IN ARRAY ARRAY['logmesh_writer', 'logmesh_reader'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = r) THEN EXECUTE format('CREATE ROLE %I NOLOGIN', r); END IF;
  END LOOP;
END $$;
GRANT USAGE ON SCHEMA logmesh TO logmesh_writer, logmesh_reader;

CREATE FUNCTION logmesh.tenant() RETURNS text LANGUAGE sql STABLE AS $$ SELECT current_setting('app.tenant', true) $$;

-- Origins: what produced records, resource and scope. Logs refer to it by number ------------------------------------------
CREATE TABLE logmesh.origins (
  origin        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant        text NOT NULL,
  service       text NOT NULL,
  instance      text NOT NULL,
  resource      jsonb NOT NULL,
  scope_name    text NOT NULL,
  scope_version text NOT NULL,
  digest        bytea NOT NULL UNIQUE,
  extra         jsonb  -- what few origins say: see record/origin_more
);
CREATE INDEX ON logmesh.origins (tenant, service, instance);

CREATE VIEW logmesh.known_origins WITH (security_barrier) AS
  SELECT origin, service, instance, resource, scope_name, scope_version, extra
  FROM logmesh.origins WHERE tenant = logmesh.tenant();

GRANT SELECT, INSERT ON logmesh.origins TO logmesh_writer;
GRANT SELECT ON logmesh.known_origins TO logmesh_reader;

-- The ledger: a row for each time that a producer opened its spool. `committed` is the only watermark there is --------------
CREATE TABLE logmesh.spools (
  spool           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant          text NOT NULL,
  spool_id        uuid NOT NULL,
  producer        text NOT NULL,
  principal       text NOT NULL,
  epoch           bigint NOT NULL DEFAULT 0,
  committed       int8multirange NOT NULL DEFAULT '{}',
  stored          bigint NOT NULL DEFAULT 0,
  dead_letters    bigint NOT NULL DEFAULT 0,
  lag             interval,
  created         timestamptz NOT NULL DEFAULT now(),
  last_commit     timestamptz,
  abandoned       int8multirange NOT NULL DEFAULT '{}',  -- numbers that the producer says it will not send any more
  newest          bigint NOT NULL DEFAULT 0,  -- the greatest committed number that came with a chain, and its chain; 0 for none
  chain           bigint NOT NULL DEFAULT 0,
  given           bigint NOT NULL DEFAULT 0,  -- the greatest number known to be given out: what is not committed up to it is missing
  closed          boolean NOT NULL DEFAULT false,  -- no new number is given out
  heard           timestamptz NOT NULL DEFAULT now(),  -- when a stream last said that it still gives some out
  finished        timestamptz,  -- since when nothing is to be expected any more: all is committed, and it is closed or long unheard of
  rewound         bigint NOT NULL DEFAULT 0,  -- numbers that the ledger had above all that a copy of the spool knew
  forked          bigint NOT NULL DEFAULT 0,  -- batches refused because another batch has their number
  diverged_since  timestamptz,  -- when either last grew
  follows         uuid,  -- the spool id that the producer's spool had before; two that follow the same one are of two copies
  moved_to        bigint,  -- the row of the same spool id in another tenant, which its principal was moved to: it holds what is committed
  abandoned_since timestamptz,  -- when the ledger last learned of numbers that will not come
  UNIQUE (tenant, spool_id)
) WITH (fillfactor = 50);  -- updated with every flush: room for HOT updates
-- None has a column that a flush changes, so that its updates stay within their page. By spool id alone: a producer that was moved
-- to another tenant is looked for with each of its streams.
CREATE INDEX spools_spool_id_idx ON logmesh.spools (spool_id);
CREATE INDEX spools_finished_idx ON logmesh.spools (tenant, finished);
CREATE INDEX spools_follows_idx ON logmesh.spools (tenant, follows) WHERE follows IS NOT NULL;
CREATE INDEX spools_diverged_idx ON logmesh.spools (tenant) WHERE diverged_since IS NOT NULL;

CREATE FUNCTION logmesh.note_abandoned() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    NEW.abandoned_since := CASE WHEN NOT isempty(NEW.abandoned) THEN clock_timestamp() END;
  ELSIF NOT (NEW.abandoned - OLD.committed) <@ OLD.abandoned THEN
    NEW.abandoned_since := clock_timestamp();
  END IF;
  RETURN NEW;
END $$;
-- A flush does not touch `abandoned`, and so costs nothing more.
CREATE TRIGGER note_abandoned BEFORE INSERT OR UPDATE OF abandoned ON logmesh.spools
  FOR EACH ROW EXECUTE FUNCTION logmesh.note_abandoned();

CREATE VIEW logmesh.ledger WITH (security_barrier) AS
  SELECT spool, spool_id, producer, committed, stored, dead_letters, lag, created, last_commit,
         (int8multirange(int8range(1, greatest(upper(committed), given + 1))) - committed) * abandoned AS lost,
         given, finished, rewound, forked
  FROM logmesh.spools WHERE tenant = logmesh.tenant();

GRANT SELECT, INSERT, UPDATE ON logmesh.spools TO logmesh_writer;
GRANT SELECT ON logmesh.ledger TO logmesh_reader;

-- What tells a restored, replaced or promoted database from the one before. The table's oid: a dump that is read back makes it anew.
-- The timeline of the log that is written now: that of the last checkpoint changes minutes after a promotion.
CREATE FUNCTION logmesh.incarnation() RETURNS text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
  SELECT (SELECT system_identifier FROM pg_control_system())::text || '-' ||
         (SELECT oid FROM pg_database WHERE datname = current_database())::text || '-' ||
         'logmesh.spools'::regclass::oid::text || '-' ||
         CASE WHEN pg_is_in_recovery() THEN (SELECT timeline_id FROM pg_control_checkpoint())::text
              ELSE ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int::text END
$$;
REVOKE ALL ON FUNCTION logmesh.incarnation() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION logmesh.incarnation() TO logmesh_writer;

-- Dead letters: entries that could not be stored ---------------------------------------------------------------------------
CREATE TABLE logmesh.dead_letters (
  received timestamptz NOT NULL DEFAULT now(),
  tenant   text NOT NULL,
  spool    bigint NOT NULL,
  position bigint NOT NULL,
  reason   text NOT NULL,
  entry    bytea NOT NULL
);
CREATE INDEX ON logmesh.dead_letters (received);

CREATE VIEW logmesh.refused WITH (security_barrier) AS
  SELECT received, spool, position, reason, entry FROM logmesh.dead_letters WHERE tenant = logmesh.tenant();

GRANT INSERT ON logmesh.dead_letters TO logmesh_writer;
GRANT SELECT ON logmesh.refused TO logmesh_reader;

-- Counts: records by minute, origin and severity, kept with the records in one transaction ----------------------------------
CREATE TABLE logmesh.counts (
  minute   timestamptz NOT NULL,
  origin   bigint NOT NULL,
  severity smallint NOT NULL,
  records  bigint NOT NULL,
  PRIMARY KEY (minute, origin, severity)
) WITH (fillfactor = 50);  -- the newest minutes are updated with every flush: room for HOT updates

-- Columns have the names that they have in logmesh.records, so that one filter serves both.
CREATE VIEW logmesh.record_counts WITH (security_barrier) AS
  SELECT c.minute, c.severity, c.records, o.service, o.instance, o.resource, o.scope_name, o.scope_version
  FROM logmesh.counts c JOIN logmesh.origins o USING (origin) WHERE o.tenant = logmesh.tenant();

GRANT SELECT, INSERT, UPDATE ON logmesh.counts TO logmesh_writer;
GRANT SELECT ON logmesh.record_counts TO logmesh_reader;

-- For processors of releases before, which don't do it as the owner; a piece each time.
CREATE FUNCTION logmesh.trim_counts(keep interval) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
  DELETE FROM logmesh.counts WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM logmesh.counts WHERE minute < now() - greatest(keep, interval '9 days') LIMIT 100000))
$$;
REVOKE ALL ON FUNCTION logmesh.trim_counts(interval) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION logmesh.trim_counts(interval) TO logmesh_writer;

-- Flushes: what each stored, noted in the flush itself ----------------------------------------------------------------------
-- Transactions don't become visible in the order in which they began or took their clock's time, but PostgreSQL's snapshots say
-- which were over: a tail that keeps the snapshot of its last reading finds exactly the flushes that it has not seen, however long
-- one of them took.
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
-- Kept as they are: compressing those of 1,000 spools cost a flush ten milliseconds, and they are gone after a day.
ALTER TABLE logmesh.flushes
  ALTER spools SET STORAGE EXTERNAL, ALTER firsts SET STORAGE EXTERNAL, ALTER lasts SET STORAGE EXTERNAL;
CREATE INDEX ON logmesh.flushes (tenant, xid);
CREATE INDEX ON logmesh.flushes (received);

-- The newest flush whose note is gone: what was stored up to it can be found by a search, and no longer by a tail.
CREATE TABLE logmesh.flushes_forgotten (xid xid8 NOT NULL, received timestamptz NOT NULL);
INSERT INTO logmesh.flushes_forgotten VALUES ('0', 'epoch');

CREATE VIEW logmesh.known_flushes WITH (security_barrier) AS
  SELECT xid, received, oldest, newest, spools, firsts, lasts FROM logmesh.flushes WHERE tenant = logmesh.tenant();

GRANT INSERT ON logmesh.flushes TO logmesh_writer;
GRANT SELECT ON logmesh.known_flushes, logmesh.flushes_forgotten TO logmesh_reader;
-- A tail's token holds for one incarnation.
GRANT EXECUTE ON FUNCTION logmesh.incarnation() TO logmesh_reader;

-- The lake: files of columns, and rows that are too few for a file ----------------------------------------------------------
-- A record is in one of them, and changes its place in one commit, so that any snapshot has it once.

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

-- Facts: what an operator must know of, until it is acknowledged or over; and who acknowledged what, when and why -------------
-- They go by the spool's id, which outlives its row.
CREATE TABLE logmesh.acknowledgements (
  acknowledgement bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant          text NOT NULL,
  spool_id        uuid NOT NULL,
  producer        text NOT NULL,
  kind            text NOT NULL,
  numbers         int8multirange NOT NULL,
  batches         bigint NOT NULL,
  who             text NOT NULL CHECK (length(who) <= 255),
  reason          text NOT NULL CHECK (length(reason) BETWEEN 1 AND 1000),
  made            timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX ON logmesh.acknowledgements (tenant, acknowledgement);
CREATE INDEX ON logmesh.acknowledgements (tenant, spool_id);

CREATE FUNCTION logmesh.batches(numbers int8multirange) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog AS $$
  SELECT coalesce(sum(upper(part) - lower(part)), 0)::bigint FROM unnest(numbers) AS part
$$;

-- What is missing of each spool. `lost` and `unaccounted` are those numbers of it that nobody has acknowledged as such: lost
-- ones are known not to come. A number that was acknowledged as unaccounted and then turns out to be lost is a new fact.
CREATE VIEW logmesh.accounts WITH (security_barrier) AS
  SELECT s.spool_id, s.producer, s.committed, s.given, s.finished, s.stored, s.dead_letters, s.lag, s.last_commit, s.abandoned_since,
         s.created, m.missing, m.missing * s.abandoned AS abandoned,
         m.missing * s.abandoned - coalesce(a.lost, '{}') AS lost,
         m.missing - s.abandoned - coalesce(a.all_kinds, '{}') AS unaccounted
  FROM logmesh.spools s
  CROSS JOIN LATERAL (
    SELECT int8multirange(int8range(1, greatest(upper(s.committed), s.given + 1))) - s.committed AS missing
  ) AS m
  LEFT JOIN (
    SELECT spool_id, range_agg(numbers) FILTER (WHERE kind = 'lost') AS lost, range_agg(numbers) AS all_kinds
    FROM logmesh.acknowledgements WHERE tenant = (SELECT logmesh.tenant()) AND kind IN ('lost', 'unaccounted')
    GROUP BY spool_id
  ) AS a ON a.spool_id = s.spool_id
  WHERE s.tenant = (SELECT logmesh.tenant()) AND s.moved_to IS NULL
    AND (s.finished IS NULL OR s.finished > now() - interval '1 hour');

-- Facts that nobody has acknowledged. What is missing of a producer that stores something now may be on its way. A damaged file has an
-- id of its number in the place of a spool's.
CREATE VIEW logmesh.facts WITH (security_barrier) AS
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

CREATE VIEW logmesh.acknowledged WITH (security_barrier) AS
  SELECT acknowledgement, spool_id, producer, kind, numbers, batches, who, reason, made
  FROM logmesh.acknowledgements WHERE tenant = logmesh.tenant();

-- Acknowledges facts: of those with numbers the ones given, of those that are only counted so many batches; what is no fact (any
-- more) is passed over. Returns how many batches these are. The reader may call this.
CREATE FUNCTION logmesh.acknowledge(
  kinds text[], spool_ids uuid[], numbers text[], counts bigint[], who text, reason text
) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
  WITH made AS (
    INSERT INTO logmesh.acknowledgements (tenant, spool_id, producer, kind, numbers, batches, who, reason)
    SELECT logmesh.tenant(), f.spool_id, f.producer, f.kind, f.numbers * a.numbers::int8multirange,
           CASE WHEN isempty(f.numbers) THEN least(f.batches, a.batches)
                ELSE logmesh.batches(f.numbers * a.numbers::int8multirange) END,
           $5, $6
    FROM unnest($1, $2, $3, $4) AS a(kind, spool_id, numbers, batches)
    JOIN logmesh.facts f ON f.kind = a.kind AND f.spool_id = a.spool_id
    WHERE isempty(f.numbers) OR f.numbers && a.numbers::int8multirange
    RETURNING batches
  )
  SELECT coalesce(sum(batches), 0)::bigint FROM made
$$;

REVOKE ALL ON FUNCTION logmesh.acknowledge(text[], uuid[], text[], bigint[], text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION logmesh.acknowledge(text[], uuid[], text[], bigint[], text, text) TO logmesh_reader;
GRANT SELECT ON logmesh.accounts, logmesh.facts, logmesh.acknowledged TO logmesh_reader;

-- Receivers ----------------------------------------------------------------------------------------------------------------
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

-- Tokens of senders ---------------------------------------------------------------------------------------------------------
-- A secret is nowhere: its SHA-256 is, and 256 random bits need no slower one.
CREATE TABLE logmesh.tokens (
  number     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id         text NOT NULL UNIQUE,
  tenant     text NOT NULL,
  name       text NOT NULL CHECK (length(name) BETWEEN 1 AND 64),
  digest     bytea NOT NULL UNIQUE CHECK (length(digest) = 32),
  created    timestamptz NOT NULL DEFAULT clock_timestamp(),
  created_by text NOT NULL CHECK (length(created_by) <= 255),
  expires    timestamptz,
  revoked    timestamptz,
  revoked_by text CHECK (length(revoked_by) <= 255),
  used       timestamptz
);
CREATE INDEX ON logmesh.tokens (tenant, number);
CREATE UNIQUE INDEX ON logmesh.tokens (tenant, name) WHERE revoked IS NULL;

-- Which list of tokens is the present one. Each change draws another version, so that a database that was put back to an earlier
-- state has not the version that its receivers know; and changes wait for each other here.
CREATE TABLE logmesh.token_list (version uuid NOT NULL);
INSERT INTO logmesh.token_list VALUES (gen_random_uuid());

CREATE VIEW logmesh.known_tokens WITH (security_barrier) AS
  SELECT number, id, tenant, name, created, created_by, expires, revoked, revoked_by, used
  FROM logmesh.tokens WHERE tenant = logmesh.tenant();

-- Makes a token of the tenant; one that has expired leaves its name to it. Returns `created`, `taken` where a good one has the name,
-- or `full` where the tenant has as many as it may.
CREATE FUNCTION logmesh.create_token(
  token_id text, token_name text, secret_digest bytea, lifetime interval, who text, most int
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
  UPDATE logmesh.token_list SET version = gen_random_uuid();
  UPDATE logmesh.tokens t SET revoked = t.expires, revoked_by = ''
  WHERE t.tenant = logmesh.tenant() AND t.name = $2 AND t.revoked IS NULL AND t.expires <= now();
  IF (SELECT count(*) FROM logmesh.tokens t WHERE t.tenant = logmesh.tenant() AND t.revoked IS NULL) >= $6 THEN
    RETURN 'full';
  END IF;
  INSERT INTO logmesh.tokens (id, tenant, name, digest, created_by, expires)
  VALUES ($1, logmesh.tenant(), $2, $3, $5, clock_timestamp() + $4)
  ON CONFLICT (tenant, name) WHERE revoked IS NULL DO NOTHING;
  RETURN CASE WHEN FOUND THEN 'created' ELSE 'taken' END;
END $$;

-- Ends a token of the tenant; one that has been revoked stays as it is.
CREATE FUNCTION logmesh.revoke_token(token_id text, who text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
  UPDATE logmesh.token_list SET version = gen_random_uuid();
  UPDATE logmesh.tokens t SET revoked = clock_timestamp(), revoked_by = $2
  WHERE t.tenant = logmesh.tenant() AND t.id = $1 AND t.revoked IS NULL;
END $$;

-- By what the good tokens of all tenants are known, behind an id and at most so many.
CREATE FUNCTION logmesh.token_digests(after text, most int)
RETURNS TABLE (id text, digest bytea, tenant text, expires timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
  SELECT id, digest, tenant, expires FROM logmesh.tokens
  WHERE revoked IS NULL AND (expires IS NULL OR expires > now()) AND id > $1
  ORDER BY id LIMIT $2
$$;

-- Notes uses of tokens of all tenants, as receivers report them about once a minute; the latest one counts, and none is later than
-- now. The rows are locked in one order, for several receivers report at once.
CREATE FUNCTION logmesh.note_token_uses(ids text[], times timestamptz[]) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
  WITH uses AS (
    SELECT id, least(max(at), now()) AS at FROM unnest($1, $2) AS u(id, at) GROUP BY id
  ), later AS (
    SELECT t.number, u.at FROM logmesh.tokens t JOIN uses u USING (id)
    WHERE t.used IS NULL OR t.used < u.at ORDER BY t.number FOR UPDATE OF t
  )
  UPDATE logmesh.tokens t SET used = later.at FROM later WHERE t.number = later.number AND (t.used IS NULL OR t.used < later.at)
$$;

REVOKE ALL ON FUNCTION logmesh.create_token(text, text, bytea, interval, text, int), logmesh.revoke_token(text, text),
  logmesh.token_digests(text, int), logmesh.note_token_uses(text[], timestamptz[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION logmesh.create_token(text, text, bytea, interval, text, int), logmesh.revoke_token(text, text),
  logmesh.token_digests(text, int), logmesh.note_token_uses(text[], timestamptz[]) TO logmesh_reader;
GRANT SELECT ON logmesh.known_tokens, logmesh.token_list TO logmesh_reader;

-- Which processes may write -------------------------------------------------------------------------------------------------
-- A session says in `logmesh.schema` up to which migration its release knows the schema; a processor that says nothing is of one that
-- knew 13, and any other session is a person's. A migration after which older releases must not write any more replaces
-- logmesh.written_from(): each flush changes the ledger last, so that all of theirs are rolled back from then on.
CREATE FUNCTION logmesh.written_from() RETURNS int LANGUAGE sql STABLE AS $$ SELECT 63 $$;

CREATE FUNCTION logmesh.refuse_older() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  known int := coalesce(nullif(current_setting('logmesh.schema', true), '')::int,
                        CASE WHEN current_setting('application_name') LIKE 'logmesh-processor%' THEN 13 END);
BEGIN
  IF known < logmesh.written_from() THEN
    RAISE EXCEPTION 'this process is of a release that knows the schema to migration % and may write to it no more: '
                    'a newer release has brought it to migration %', known, logmesh.written_from()
      USING ERRCODE = 'LM001', HINT = 'Replace it by the newer release. What it has logged is stored then.';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER refuse_older BEFORE INSERT OR UPDATE ON logmesh.spools
  FOR EACH STATEMENT EXECUTE FUNCTION logmesh.refuse_older();
