-- Rows of a tenant in a generation whose table takes the place of "hot", in the order of time. In: tenant.
SELECT (extract(epoch FROM time) * 1000000)::bigint * 1000 + ns AS time, (extract(epoch FROM received) * 1000000)::bigint * 1000 AS received,
       original_time_unix_nano, severity::int AS severity, severity_text, service, instance, resource::text AS resource, scope_name,
       scope_version, origin_extra::text AS origin_extra, body, attributes::text AS attributes, extra::text AS extra,
       uuid_send(trace_id) AS trace_id, int8send(span_id) AS span_id, spool, position
FROM logmesh.hot WHERE tenant = $1
ORDER BY hot.time, hot.ns, spool, position
