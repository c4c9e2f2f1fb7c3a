-- Makes a token of a sender. In: its id, its name, the SHA-256 of its secret, for how long it is good or null, who makes it, how many
-- a tenant may have. Out: `created`, `taken` or `full`.
SELECT logmesh.create_token($1, $2, $3, $4::interval, $5, $6::int)
