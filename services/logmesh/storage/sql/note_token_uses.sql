-- Notes when tokens were last taken. In: ids, times.
SELECT logmesh.note_token_uses($1::text[], $2::timestamptz[])
