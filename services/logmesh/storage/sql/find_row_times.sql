-- The times of all tenants' records that are rows, to the microsecond; nulls where there are none.
SELECT oldest, newest FROM logmesh.row_times
