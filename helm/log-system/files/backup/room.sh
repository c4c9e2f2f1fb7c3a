# Which dumps there are, and which of them go so that the next one has room. For backup.sh, which sources it; $FOLDER holds the dumps.
# shellcheck shell=sh

# Names sort by time.
dumps() {
  find "$FOLDER" -maxdepth 1 -name 'logmesh-*.dump' | sort
}

is_verified() {
  grep -q '"verdict": "verified"' "${1%.dump}.json" 2>/dev/null
}

# last_resort: the one that stays whatever comes: the newest verified one, or while there is none, the newest.
last_resort() {
  newest='' verified=''
  for one in $(dumps); do
    newest=$one
    if is_verified "$one"; then verified=$one; fi
  done
  echo "${verified:-$newest}"
}

# expendable: all others, in the order in which they go: what is not verified, then the oldest.
expendable() {
  stays=$(last_resort) verified=''
  for one in $(dumps); do
    if [ "$one" = "$stays" ]; then continue; fi
    if is_verified "$one"; then verified="$verified $one"; else echo "$one"; fi
  done
  for one in $verified; do echo "$one"; done
}

free_bytes() {
  echo $(($(df -Pk "$FOLDER" | awk 'NR == 2 { print $4 }') * 1024))
}

# expected_bytes DATABASE_BYTES: what the next dump will take: the last one, grown as the database has, and a tenth. 0 without a last one:
# then there is nothing to go by, and nothing to lose by trying.
expected_bytes() {
  last=$(last_resort)
  if [ -z "$last" ]; then
    echo 0
    return
  fi
  before=$(sed -n 's/.*"database_bytes": \([0-9]*\).*/\1/p' "${last%.dump}.json" 2>/dev/null || true)
  awk -v last="$(stat -c %s "$last")" -v before="${before:-$1}" -v now="$1" 'BEGIN { printf "%.0f\n", last * now / before * 1.1 }'
}

# make_room KEEP BYTES: removes dumps until fewer than KEEP are left and BYTES are free, but never the last resort.
make_room() {
  for old in $(expendable); do
    if [ "$(dumps | wc -l)" -ge "$1" ]; then
      why="${KEEP:-7} are kept"
    elif [ "$(free_bytes)" -lt "$2" ]; then
      why="the next one needs its room"
    else
      break
    fi
    rm "$old"
    echo "removed $(basename "$old"): $why"
  done
}

# trim_reports: those of dumps that are gone tell a story for a while, the newest sixty of them.
trim_reports() {
  for one in $(find "$FOLDER" -maxdepth 1 -name 'logmesh-*.json' | sort -r | tail -n +61); do
    if [ ! -e "${one%.json}.dump" ]; then rm "$one"; fi
  done
}

size() {
  awk -v bytes="$1" 'BEGIN { if (bytes < 1e9) printf "%.1f MB", bytes / 1e6; else printf "%.1f GB", bytes / 1e9 }'
}
