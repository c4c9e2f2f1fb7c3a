-- Facts: what an operator must know of, until it is acknowledged or over. And who acknowledged what, when and why.
-- Nothing here depends on the type of a spool's number: facts go by the spool's id, which outlives its row.

-- When the ledger last learned of numbers that will not come.
ALTER TABLE logmesh.spools ADD COLUMN abandoned_since timestamptz;

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

-- Facts that nobody has acknowledged. What is missing of a producer that stores something now may be on its way.
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
  WHERE d.batches > a.batches;

CREATE VIEW logmesh.acknowledged WITH (security_barrier) AS
  SELECT acknowledgement, spool_id, producer, kind, numbers, batches, who, reason, made
  FROM logmesh.acknowledgements WHERE tenant = logmesh.tenant();

-- Acknowledges facts: of those with numbers the ones given, of those that are only counted so many batches; what is no fact (any
-- more) is passed over. Returns how many batches these are. The reader may call this and write nothing else.
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
