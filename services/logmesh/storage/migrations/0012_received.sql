-- For tails, which read what was stored since they last looked. Rows come in the order of `received`, so the index is a few
-- pages and costs a COPY next to nothing.
CREATE INDEX logs_received_idx ON logmesh.logs USING brin (received) WITH (autosummarize = on);
