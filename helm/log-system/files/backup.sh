#!/bin/sh
# Dumps the database into /backups, proves that the dump can be read, and keeps the newest $KEEP, seven by default. Its name says the
# extension's version, since TimescaleDB restores a dump under the version that made it; scripts/restore.sh does.
set -eu

# A new pod can be there before the network lets it through.
tries=60
until pg_isready --quiet; do
  tries=$((tries - 1))
  [ $tries -gt 0 ] || { echo "the database at $PGHOST does not answer" >&2; exit 1; }
  sleep 1
done

version=$(psql -XAtc "SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'" logmesh)
name=logmesh-$(date -u +%Y%m%dT%H%M%SZ)-timescaledb-$version.dump
partial=/backups/.partial
trap 'rm -f "$partial"' EXIT

pg_dump --format=custom --compress=zstd:3 --file "$partial" logmesh
pg_restore --list "$partial" >/dev/null
sync
mv "$partial" "/backups/$name"
echo "dumped $name: $(wc -c <"/backups/$name") bytes"

# Names sort by time.
find /backups -name 'logmesh-*.dump' | sort -r | tail -n "+$((${KEEP:-7} + 1))" | while read -r old; do
  rm "$old"
  echo "removed $old"
done
