-- One index in the order of a search, with the service in it, in place of (time) and (service, time). Rows come in almost in
-- the order of time, so they go to the index's last page without a descent: two thirds of what (service, time) cost a
-- COPY. A search for a service passes over the others in the index and fetches only its own rows.
DROP INDEX logmesh.logs_time_idx;
DROP INDEX logmesh.logs_service_time_idx;
CREATE INDEX logs_time_service_idx ON logmesh.logs (time, service);
