#!/bin/bash
# Makes Logmesh's roles and database. The image runs it once, on the first start with an empty volume; Logmesh makes its own tables.
set -euo pipefail

psql --set=ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname postgres <<'SQL'
\getenv owner OWNER_PASSWORD
\getenv writer WRITER_PASSWORD
\getenv reader READER_PASSWORD
CREATE ROLE logmesh_owner LOGIN PASSWORD :'owner';
CREATE ROLE logmesh_writer LOGIN PASSWORD :'writer';
CREATE ROLE logmesh_reader LOGIN PASSWORD :'reader';
CREATE DATABASE logmesh OWNER logmesh_owner;
REVOKE CONNECT ON DATABASE logmesh FROM PUBLIC;
GRANT CONNECT ON DATABASE logmesh TO logmesh_writer, logmesh_reader;
\connect logmesh
CREATE EXTENSION IF NOT EXISTS timescaledb;
SQL
