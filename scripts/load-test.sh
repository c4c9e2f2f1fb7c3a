#!/usr/bin/env bash
# Put a bounded load on the pipeline in the cluster, and report what became of it.
#
# usage: scripts/load-test.sh [--rate RECORDS] [--seconds SECONDS]
#
#   --rate RECORDS      records a second of each producer (2000, at most 20000)
#   --seconds SECONDS   how long (120, at most 3600)
#
# The producers of the workload log-producer generate at the given rate; its autoscaler adds replicas when they are busy (watch
# it with: watch kubectl get hpa -n log-system). At the end, and on Ctrl-C, they get their own rate back. The report
# counts what was stored meanwhile, what is lost or not accounted for, and the latency from receipt to commit.

set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

rate=2000
seconds=120
while [ $# -gt 0 ]; do
  case $1 in
    -h | --help) usage; exit ;;
    --rate) rate=${2:?"$(basename "$0"): --rate needs a number"}; shift ;;
    --seconds) seconds=${2:?"$(basename "$0"): --seconds needs a number"}; shift ;;
    *) wrong_usage "unknown argument $1" ;;
  esac
  shift
done
[[ $rate =~ ^[0-9]+$ ]] && [ "$rate" -ge 1 ] && [ "$rate" -le 20000 ] || wrong_usage "--rate is $rate, and must be 1 to 20000"
[[ $seconds =~ ^[0-9]+$ ]] && [ "$seconds" -ge 10 ] && [ "$seconds" -le 3600 ] || wrong_usage "--seconds is $seconds, and must be 10 to 3600"
need_cluster

k() { kubectl -n "$NAMESPACE" "$@"; }

# Runs in the gateway's pod: stored, lost and unaccounted, and the lag in seconds.
summary() {
  k exec deploy/gateway -c gateway -- python -c '
from logmesh import Client
with Client("localhost:50050") as client:
    now = client.summary()
print(now.stored, now.lost_batches, now.unaccounted_batches, f"{now.lag.total_seconds():.1f}" if now.lag else "-")'
}

# Runs in each processor's pod: the histogram of the latency, as "bound count" lines.
latencies() {
  local pod
  for pod in $(k get pods -l app=log-processor -o name); do
    k exec "$pod" -c processor -- python -c '
import re, urllib.request
text = urllib.request.urlopen("http://localhost:9090/metrics", timeout=5).read().decode()
for bound, count in re.findall(r"log_processing_latency_seconds_bucket\{le=\"(.+?)\"\} (\S+)", text):
    print(bound, count)'
  done
}

producers=$(producers)
k get "$producers" >/dev/null || die "there is no $producers in $NAMESPACE: scripts/deploy.sh makes it"
own_rate=$(k get "$producers" -o jsonpath='{.spec.template.spec.containers[0].env[?(@.name=="LOGMESH_RATE")].value}')
before=$(mktemp) after=$(mktemp)
changed=false
restore() {
  if $changed; then
    say "Giving the producers their own rate back"
    k set env "$producers" "LOGMESH_RATE${own_rate:+=}${own_rate:--}" >/dev/null || say "That failed: kubectl -n $NAMESPACE set env $producers LOGMESH_RATE${own_rate:+=}${own_rate:--}"
  fi
  rm -f "$before" "$after"
}
trap restore EXIT

latencies >"$before"
read -r stored_before lost_before _ <<<"$(summary)"
say "$rate records a second of each producer, for $seconds s"
changed=true
k set env "$producers" "LOGMESH_RATE=$rate" >/dev/null
k rollout status "$producers" --timeout=600s >/dev/null || die "the producers did not come up again"

began=$SECONDS
while [ $((SECONDS - began)) -lt "$seconds" ]; do
  sleep 10
  read -r stored lost unaccounted lag <<<"$(summary)"
  lost=$((lost - lost_before))  # what was lost before, and nobody has acknowledged, is not this test's
  printf '%4d s  producers %s  stored %d  lost %s  unaccounted %s  lag %s s\n' $((SECONDS - began)) \
    "$(k get "$producers" -o jsonpath='{.status.readyReplicas}')" $((stored - stored_before)) "$lost" "$unaccounted" "$lag"
done
took=$((SECONDS - began))
latencies >"$after"
read -r stored lost unaccounted lag <<<"$(summary)"
lost=$((lost - lost_before))

say "Report"
printf 'stored       %d records in %d s: %d a second\n' $((stored - stored_before)) "$took" $(((stored - stored_before) / took))
printf 'lost         %s batches; not accounted for yet: %s\n' "$lost" "$unaccounted"
printf 'lag          %s s\n' "$lag"
# The buckets of all processors together, less what they held before; the first bound that 99 % are below.
awk '
  { sign = FILENAME == ARGV[1] ? -1 : 1; held[$1] += sign * $2 }
  END {
    if (held["+Inf"] <= 0) { print "latency      no batch was committed"; exit }
    best = "+Inf"
    for (bound in held) if (bound != "+Inf" && held[bound] >= 0.99 * held["+Inf"] && (best == "+Inf" || bound + 0 < best + 0)) best = bound
    print "latency      99 % of batches are committed within " (best == "+Inf" ? "more than 60" : best) " s of their receipt"
  }' "$before" "$after"
[ "$lost" -le 0 ] || die "$lost batches are lost: logmesh status names their producers"
