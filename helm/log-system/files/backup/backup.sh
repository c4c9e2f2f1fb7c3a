#!/bin/sh
# A night's backup: makes room for it, dumps the database, restores the dump for real and holds its rows against the ledger, and leaves
# a report beside it. It ends well only with a dump that is verified: the alert on backups goes by that. The newest verified one is
# never removed. A dump's name says the extension's version, since TimescaleDB restores it under the version that made it.
set -eu

FOLDER=${FOLDER:-/backups}
keep=${KEEP:-7}
export PGDATABASE="${PGDATABASE:-logmesh}"
scripts=$(dirname "$0")
# shellcheck source=room.sh
. "$scripts/room.sh"

fail() {
  echo "$*" >&2
  exit 1
}

# The second of two would take the first one's unfinished files away.
exec 9>"$FOLDER/.lock"
flock -n 9 || fail "another backup is being made in $FOLDER"
work=$(mktemp -d)
trap 'rm -rf "$work" "$FOLDER/.partial"' EXIT
trap 'exit 143' TERM INT
rm -rf "$FOLDER/.partial" "$FOLDER/.scratch"

# A new pod can be there before the network lets it through.
tries=60
until pg_isready --quiet; do
  tries=$((tries - 1))
  [ $tries -gt 0 ] || fail "the database at $PGHOST does not answer"
  sleep 1
done

version=$(psql -XAtc "SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'")
name=logmesh-$(date -u +%Y%m%dT%H%M%SZ)${version:+-timescaledb-$version}
dump=$FOLDER/$name.dump
psql -XAtF ' ' -v fold="${FOLD_BYTES:-1073741824}" -f "$scripts/sizes.sql" >"$work/sizes"
read -r database_bytes scratch_bytes <"$work/sizes"
psql -XAt >"$work/roles.sql" -c "SELECT format('CREATE ROLE %I;', rolname) FROM pg_roles WHERE rolname <> 'postgres' AND rolname !~ '^pg_'"

expected=$(expected_bytes "$database_bytes")
make_room "$keep" $((expected + scratch_bytes))
free=$(free_bytes)
[ "$free" -ge "$expected" ] || fail "no dump was made: it takes about $(size "$expected") and $FOLDER has $(size "$free") beside" \
  "$(basename "$(last_resort)"), which stays: enlarge the claim timescaledb-backups by $(size $((expected + scratch_bytes - free)))"

# What is written is summed up on its way, so that a volume that gives back something else is found out: zstd would not notice.
begun=$(date +%s)
mkfifo "$work/stream"
sha256sum <"$work/stream" >"$work/sum" &
summing=$!
{ pg_dump --format=custom --compress="${COMPRESS:-zstd:3}" || touch "$work/failed"; } | tee "$work/stream" >"$FOLDER/.partial" \
  || touch "$work/failed"
wait "$summing"
[ ! -e "$work/failed" ] || fail "no dump was made: pg_dump or the volume failed, see above; $FOLDER had $(size "$free")"
sum=$(cut -d ' ' -f 1 "$work/sum")
sync "$FOLDER/.partial"
mv "$FOLDER/.partial" "$dump"
sync "$FOLDER"
dumped=$(date +%s)
bytes=$(stat -c %s "$dump")
echo "dumped $name.dump: $bytes bytes"

# report VERDICT REASON: what is known of the dump; restore.sh goes by it. It outlives the dump.
report() {
  cat >"$FOLDER/.report" <<END
{
  "dump": "$name.dump",
  "verdict": "$1",
  "reason": "$(printf %s "$2" | tr '\n\t' '  ' | tr -d '\000-\037"\134')",
  "begun": "$(date -u -d "@$begun" +%Y-%m-%dT%H:%M:%SZ)",
  "seconds": {"dump": $((dumped - begun)), "verification": $(($(date +%s) - dumped))},
  "bytes": $bytes,
  "database_bytes": $database_bytes,
  "sha256": "$sum",
  "counted": ${counted:-null}
}
END
  sync "$FOLDER/.report"
  mv "$FOLDER/.report" "$FOLDER/$name.json"
}

counted='' reason=''
report unverified "its verification has not ended"
free=$(free_bytes)
if [ "$(sha256sum <"$dump" | cut -d ' ' -f 1)" != "$sum" ]; then
  reason="the volume gives back something else than was written to it"
elif [ "$free" -lt "$scratch_bytes" ]; then
  reason="restoring it for real takes $(size "$scratch_bytes") and $FOLDER has $(size "$free"): enlarge the claim timescaledb-backups by"
  reason="$reason $(size $((scratch_bytes - free)))"
else
  counted=$(sh "$scripts/verify.sh" "$dump" "$work/roles.sql" 2>"$work/why" 9>&-) || reason=$(tail -n 1 "$work/why")
  cat "$work/why" >&2
fi
if [ -n "$reason" ]; then
  report unverified "$reason"
  cat "$FOLDER/$name.json"
  fail "$name.dump is NOT VERIFIED: $reason"
fi
report verified ""
cat "$FOLDER/$name.json"
make_room $((keep + 1)) 0
trim_reports
