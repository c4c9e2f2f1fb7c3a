#!/bin/sh
# Dumps the database into /backups, proves that the dump can be read, and keeps the newest seven.
set -eu

name=logmesh-$(date -u +%Y%m%dT%H%M%SZ).dump
partial=/backups/.$name
trap 'rm -f "$partial"' EXIT

pg_dump --format=custom --file "$partial" logmesh
pg_restore --list "$partial" >/dev/null
mv "$partial" "/backups/$name"
echo "dumped $name: $(wc -c <"/backups/$name") bytes"

# Names sort by time.
find /backups -name 'logmesh-*.dump' | sort -r | tail -n "+$((${KEEP:-7} + 1))" | while read -r old; do
  rm "$old"
  echo "removed $old"
done
