-- Which of these spools there are, whoever has locked them. In: spool numbers. Out: number.
SELECT spool FROM logmesh.spools WHERE spool = ANY($1::bigint[])
