#!/bin/sh
# usage: verify.sh DUMP ROLES
# Restores a dump for real, into a server of its own beside it, and holds its rows against the ledger that it carries. Prints what it
# counted, as JSON. The last line on standard error says what is wrong. ROLES: a file with the statements that make them, since no dump
# of a database has them.
#
# Not in the database's own server: that may have no room for a second database, and would write all of it to its log, its archive and
# its standbys. Rows of logs are counted and let go piece by piece, so that this takes the room of a piece: sizes.sql says how much.
# What it can't tell: whether the rows have their right texts. The sum in the report says that the file is what pg_dump wrote.
set -eu

dump=$1 roles=$2
scratch=$(dirname "$dump")/.scratch
scripts=$(dirname "$0")
version=''
case $dump in *-timescaledb-*) version=${dump##*-timescaledb-} version=${version%.dump} ;; esac
# A socket's path must be short.
work=$(mktemp -d)
exec 3>&2 2>"$work/errors"

finish() {
  status=$?
  trap - EXIT
  pg_ctl --pgdata="$scratch" --mode=immediate stop >/dev/null 2>&1 || true
  cat "$work/errors" >&3
  if [ "$status" -ne 0 ] && [ ! -e "$work/judged" ]; then
    echo "it can't be restored: $(grep -im 1 -E 'error|fatal|panic' "$work/errors" || tail -n 1 "$work/errors")" >&3
  fi
  rm -rf "$scratch" "$work"
  exit "$status"
}
trap finish EXIT
trap 'exit 143' TERM INT

unset PGPASSWORD PGPASSFILE PGHOSTADDR PGSERVICE PGOPTIONS PGSSLMODE
export PGHOST="$work" PGPORT=5432 PGUSER=postgres PGDATABASE=logmesh

run() {
  psql --no-psqlrc --quiet --no-align --tuples-only --set=ON_ERROR_STOP=1 "$@"
}

section() {
  pg_restore --exit-on-error --section="$1" "$2" "$dump"
}

rm -rf "$scratch"
initdb --pgdata="$scratch" --username=postgres --auth=trust --encoding=UTF8 --locale=C --no-sync --wal-segsize=1 >"$work/server"
{
  cat "$scripts/verify.conf"
  echo "unix_socket_directories = '$work'"
  if [ -n "$version" ]; then echo "shared_preload_libraries = 'timescaledb'"; fi
} >>"$scratch/postgresql.conf"
pg_ctl --pgdata="$scratch" --log="$work/server" --wait --timeout=120 start >/dev/null || {
  cat "$work/server" >&2
  exit 1
}
run --dbname=postgres --file="$roles"
createdb logmesh
if [ -n "$version" ]; then
  # It greets with a warning.
  PGOPTIONS='-c client_min_messages=error' run --command="CREATE EXTENSION timescaledb VERSION '$version'"
  run --command="SELECT timescaledb_pre_restore()" >/dev/null
fi
section pre-data --dbname=logmesh
run --file="$scripts/verify.sql"
# After each table the rows that came are counted, once they are a piece. A line of data never is `\.` alone.
{ section data --file=- || touch "$work/broken"; } \
  | LC_ALL=C sed "s/^\\\\\.\$/&\nSELECT verification.fold(${FOLD_BYTES:-1073741824});/" | run >/dev/null
[ ! -e "$work/broken" ]
run --command="SELECT verification.fold(0)" >/dev/null
section post-data --dbname=logmesh
if [ -n "$version" ]; then run --command="SELECT timescaledb_post_restore()" >/dev/null; fi

run --command="SELECT verification.judge()" >/dev/null
run --command="SELECT counted FROM verification.judgement"
touch "$work/judged"
problem=$(run --command="SELECT problem FROM verification.judgement")
[ -z "$problem" ] || {
  echo "$problem" >&2
  exit 1
}
