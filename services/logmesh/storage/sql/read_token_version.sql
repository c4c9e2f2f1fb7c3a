-- The version of the list of tokens. Out: one row.
SELECT version::text FROM logmesh.token_list
