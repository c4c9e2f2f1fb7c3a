#!/usr/bin/env bash
# Bring a dump of the database back, in the cluster that kubectl points at. The database before it is kept under another name.
#
# usage: scripts/restore.sh --list
#        scripts/restore.sh latest|DUMP [--yes] [--timeout SECONDS]
#
#   DUMP                a file that --list names; `latest` is the newest that was verified when it was made
#   --list              name the dumps with their sizes and whether they were verified, and change nothing
#   --yes               don't ask first
#   --timeout SECONDS   how long the restore may take (86400)
#
# Processors and gateways are stopped meanwhile and started again, whatever comes of it. Producers go on: they keep what they read, and
# send again what the restored database has not and their spools still hold. The database's volume must have room for both databases.

set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

backup='' yes=false timeout=86400
while [ $# -gt 0 ]; do
  case $1 in
    -h | --help) usage; exit ;;
    --list) backup=list ;;
    --yes) yes=true ;;
    --timeout) timeout=${2:?"$(basename "$0"): --timeout needs a number of seconds"}; shift ;;
    -*) wrong_usage "unknown argument $1" ;;
    *) backup=$1 ;;
  esac
  shift
done
[ -n "$backup" ] || wrong_usage "which dump?"
[[ $backup =~ ^[A-Za-z0-9][A-Za-z0-9._-]*$ ]] || wrong_usage "$backup is no name of a dump"
[[ $timeout =~ ^[0-9]+$ ]] || wrong_usage "--timeout needs a number of seconds"
need_cluster

job=timescaledb-restore
k() { kubectl -n "$NAMESPACE" "$@"; }
replicas() { k get "$1" --ignore-not-found -o 'jsonpath={.spec.replicas}'; }
state() { k get job "$job" -o 'jsonpath={.status.conditions[?(@.status=="True")].type}'; }

# run_job: restore.sh of manifests/restore beside the database, to its end. Prints what it says.
run_job() {
  k delete job "$job" --ignore-not-found --wait >/dev/null
  kubectl kustomize "$ROOT/manifests/restore" | sed "s/value: latest\$/value: $backup/" | kubectl apply -f - >/dev/null
  local deadline=$((SECONDS + timeout))
  until [[ $(state) =~ Complete|Failed ]]; do
    [ $SECONDS -lt $deadline ] || die "it is not done after $timeout s: kubectl -n $NAMESPACE describe job $job"
    sleep 2
  done
  k logs "job/$job" || true
  [[ $(state) =~ Complete ]] || die "the restore failed, and the database is as it was: kubectl -n $NAMESPACE describe job $job"
}

dumps=$(backup=list run_job)
if [ "$backup" = list ]; then
  printf '%s\n' "$dumps"
  exit
fi
if [ "$backup" = latest ]; then backup=$(sed -n 's/.* verified //p' <<<"$dumps" | tail -n 1); fi
[ -n "$backup" ] || die "there is no verified dump: kubectl -n $NAMESPACE create job --from=cronjob/timescaledb-backup backup-now makes" \
  "one, and scripts/restore.sh --list names those there are"
grep -q " $backup\$" <<<"$dumps" || die "there is no dump $backup: scripts/restore.sh --list names those there are"
if grep -q " unverified $backup\$" <<<"$dumps"; then
  say "WARNING: $backup was never verified. It may lack rows, or not be whole"
fi

if ! $yes; then
  [ -t 0 ] || die "this takes the place of the database: say --yes"
  read -r -p "Put $backup in the place of the database of $(kubectl config current-context)? Type yes: " answer
  [ "$answer" = yes ] || die "nothing was changed"
fi

# Upstream first when they stop, downstream first when they start. An autoscaler leaves alone what has no pods.
workloads=(deployment/gateway statefulset/log-processor-canary statefulset/log-processor)
declare -A before
start_again() {
  local index workload
  for ((index = ${#workloads[@]} - 1; index >= 0; index--)); do
    workload=${workloads[index]}
    [ "${before[$workload]:-0}" = 0 ] || k scale "$workload" --replicas="${before[$workload]}"
  done
}
trap start_again EXIT
for workload in "${workloads[@]}"; do
  before[$workload]=$(replicas "$workload")
  [ "${before[$workload]:-0}" = 0 ] || k scale "$workload" --replicas=0
done
say "Waiting until they have stopped"
pods=(-l 'app in (log-processor, gateway)')
if [ -n "$(k get pods "${pods[@]}" -o name)" ]; then
  k wait --for=delete pod "${pods[@]}" --timeout=180s
fi

say "Restoring $backup; kubectl -n $NAMESPACE logs -f job/$job shows how far it is"
run_job
