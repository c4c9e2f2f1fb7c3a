-- Tokens of senders. A secret is nowhere: its SHA-256 is, and 256 random bits need no slower one.
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
  revoked_by text CHECK (length(revoked_by) <= 255)
);
CREATE INDEX ON logmesh.tokens (tenant, number);
CREATE UNIQUE INDEX ON logmesh.tokens (tenant, name) WHERE revoked IS NULL;

-- Which list of tokens is the present one. Each change draws another version, so that a database that was put back to an earlier
-- state has not the version that its receivers know; and changes wait for each other here.
CREATE TABLE logmesh.token_list (version uuid NOT NULL);
INSERT INTO logmesh.token_list VALUES (gen_random_uuid());

CREATE VIEW logmesh.known_tokens WITH (security_barrier) AS
  SELECT number, id, tenant, name, created, created_by, expires, revoked, revoked_by
  FROM logmesh.tokens WHERE tenant = logmesh.tenant();

-- Makes a token of the tenant; one that has expired leaves its name to it. Returns `created`, `taken` where a good one has the name,
-- or `full` where the tenant has as many as it may. The reader may call this and the next one, and write nothing else.
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

REVOKE ALL ON FUNCTION logmesh.create_token(text, text, bytea, interval, text, int), logmesh.revoke_token(text, text),
  logmesh.token_digests(text, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION logmesh.create_token(text, text, bytea, interval, text, int), logmesh.revoke_token(text, text),
  logmesh.token_digests(text, int) TO logmesh_reader;
GRANT SELECT ON logmesh.known_tokens, logmesh.token_list TO logmesh_reader;
