-- When a token of a sender was last taken, as receivers report it about once a minute: one that nobody shows can be revoked.
ALTER TABLE logmesh.tokens ADD COLUMN used timestamptz;

CREATE OR REPLACE VIEW logmesh.known_tokens WITH (security_barrier) AS
  SELECT number, id, tenant, name, created, created_by, expires, revoked, revoked_by, used
  FROM logmesh.tokens WHERE tenant = logmesh.tenant();

-- Notes uses of tokens of all tenants; the latest one counts, and none is later than now. The rows are locked in one order, for
-- several receivers report at once.
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

REVOKE ALL ON FUNCTION logmesh.note_token_uses(text[], timestamptz[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION logmesh.note_token_uses(text[], timestamptz[]) TO logmesh_reader;
