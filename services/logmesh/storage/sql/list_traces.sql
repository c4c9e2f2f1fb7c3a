-- Which trace ids may be in some of the lake's files. In: their numbers.
SELECT file, traces FROM logmesh.known_files WHERE file = ANY ($1::bigint[])
