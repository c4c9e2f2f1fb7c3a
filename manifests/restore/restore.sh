#!/bin/sh
# Restores $BACKUP beside the database, and gives it the database's name once it is whole: a file of /backups, or `latest`, the newest that
# was verified; `list` only names the files. The database before it is kept under another name, and nothing of it is touched when the
# restore fails.
set -eu

folder=${FOLDER:-/backups}

sql() {
  psql --no-psqlrc --quiet --no-align --tuples-only --set=ON_ERROR_STOP=1 "$@"
}

# Names sort by time.
dumps() {
  find "$folder" -name 'logmesh-*.dump' | sort
}

# said NAME DUMP: what the report of a dump says under a name. A dump without a report was not verified.
said() {
  sed -n "s/^  \"$1\": \"\(.*\)\".*/\1/p" "${2%.dump}.json" 2>/dev/null || true
}

list() {
  dumps | while read -r file; do
    if [ "$(said verdict "$file")" = verified ]; then verdict=verified; else verdict=unverified; fi
    echo "$(stat -c %s "$file") $verdict ${file##*/}"
  done
}

case $BACKUP in
  list)
    list
    exit
    ;;
  latest) file=$folder/$(list | sed -n 's/.* verified //p' | tail -n 1) ;;
  *) file=$folder/$BACKUP ;;
esac
if [ ! -f "$file" ]; then
  echo "there is no such dump: $BACKUP (latest is the newest verified one). There are:" >&2
  list >&2
  exit 1
fi
if [ "$(said verdict "$file")" != verified ]; then
  reason=$(said reason "$file")
  echo "WARNING: ${file##*/} was never verified: ${reason:-it has no report}" >&2
fi
sum=$(said sha256 "$file")
if [ -n "$sum" ] && [ "$(sha256sum <"$file" | cut -d ' ' -f 1)" != "$sum" ]; then
  echo "${file##*/} is damaged: it is not what was written when it was made. Take another, or remove its report to try this one:" >&2
  list >&2
  exit 1
fi
version=''
case $file in *-timescaledb-*) version=${file##*-timescaledb-} version=${version%.dump} ;; esac
# A new pod can be there before the network lets it through.
tries=60
until pg_isready --quiet; do
  tries=$((tries - 1))
  [ $tries -gt 0 ] || { echo "the database at $PGHOST does not answer" >&2; exit 1; }
  sleep 1
done
echo "restoring ${file##*/}"

sql --dbname=postgres <<'SQL'
DROP DATABASE IF EXISTS logmesh_restoring WITH (FORCE);
CREATE DATABASE logmesh_restoring OWNER logmesh_owner TEMPLATE template0;
REVOKE CONNECT ON DATABASE logmesh_restoring FROM PUBLIC;
GRANT CONNECT ON DATABASE logmesh_restoring TO logmesh_writer, logmesh_reader;
SQL
# TimescaleDB's own order: the version of the dump, restoring mode, the dump, and the version of today. Each in a session of its own.
if [ -n "$version" ]; then
  sql --dbname=logmesh_restoring --command="CREATE EXTENSION timescaledb VERSION '$version'"
  sql --dbname=logmesh_restoring --command="SELECT timescaledb_pre_restore()" >/dev/null
fi
pg_restore --dbname=logmesh_restoring --exit-on-error "$file"
if [ -n "$version" ]; then
  sql --dbname=logmesh_restoring --command="SELECT timescaledb_post_restore()" >/dev/null
  sql --dbname=logmesh_restoring --command="ALTER EXTENSION timescaledb UPDATE"
fi
sql --dbname=logmesh_restoring --command="ANALYZE"

# A database that somebody is connected to can't be renamed. Both names change together or not at all.
old=logmesh_before_$(date -u +%Y%m%d_%H%M%S)_$$
trap 'sql --dbname=postgres --command="ALTER DATABASE logmesh ALLOW_CONNECTIONS true"' EXIT
sql --dbname=postgres >/dev/null <<SQL
ALTER DATABASE logmesh ALLOW_CONNECTIONS false;
ALTER DATABASE logmesh_restoring ALLOW_CONNECTIONS false;
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname IN ('logmesh', 'logmesh_restoring');
BEGIN;
ALTER DATABASE logmesh RENAME TO $old;
ALTER DATABASE logmesh_restoring RENAME TO logmesh;
COMMIT;
SQL
echo "restored ${file##*/}; the database before it is kept as $old"
