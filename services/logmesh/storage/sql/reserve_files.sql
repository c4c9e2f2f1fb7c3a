-- Gives out numbers for files. In: who takes them, how many. Out: a row a number.
INSERT INTO logmesh.pending (owner) SELECT $1::text FROM generate_series(1, $2::int) RETURNING file
