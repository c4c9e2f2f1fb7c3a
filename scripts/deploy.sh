#!/usr/bin/env bash
# Apply an overlay to the cluster that kubectl points at, and wait until all of it is ready.
#
# usage: scripts/deploy.sh [OVERLAY] [--timeout SECONDS]
#
#   OVERLAY             kind (the default), small, medium or large: a folder of manifests/overlays
#   --timeout SECONDS   how long a workload may take to become ready (300)
#
# Passwords of the database and of Redis are made at random where the cluster has none, and never printed or changed.

set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

overlay=kind
timeout=300
while [ $# -gt 0 ]; do
  case $1 in
    -h | --help) usage; exit ;;
    --timeout) timeout=${2:?"$(basename "$0"): --timeout needs a number of seconds"}; shift ;;
    -*) wrong_usage "unknown argument $1" ;;
    *) overlay=$1 ;;
  esac
  shift
done
folder=$ROOT/manifests/overlays/$overlay
[ -f "$folder/kustomization.yaml" ] || wrong_usage "there is no overlay $overlay"
need_cluster

# make_secret NAME KEY…: a Secret with a random value for each key, unless it is there.
make_secret() {
  local name=$1 key values=()
  shift
  if kubectl -n "$NAMESPACE" get secret "$name" >/dev/null 2>&1; then
    return
  fi
  say "Making the Secret $name"
  # Through standard input: arguments of a process can be read by everyone on the machine.
  for key in "$@"; do values+=("  $key: $(random_password)"); done
  printf '%s\n' "apiVersion: v1" "kind: Secret" "metadata: {name: $name, namespace: $NAMESPACE, labels: {app: $name}}" \
    "stringData:" "${values[@]}" | kubectl create -f - >/dev/null
}

kubectl apply -f "$ROOT/manifests/base/namespace/namespace.yaml"
if [ "$overlay" != kind ]; then # which brings its own
  make_secret timescaledb superuser-password owner-password writer-password reader-password
  make_secret redis password
fi

say "Applying manifests/overlays/$overlay"
kubectl apply -k "$folder"

# not_ready WORKLOAD: say what the cluster complained of last, and end.
not_ready() {
  say "The last warnings:"
  kubectl -n "$NAMESPACE" get events --field-selector type=Warning --sort-by=.lastTimestamp \
    -o custom-columns='OBJECT:.involvedObject.name,WARNING:.message' | tail -n 5
  die "$1 is not ready after $timeout s: kubectl -n $NAMESPACE describe ${1%%/*} ${1##*/}"
}

# Downstream first: each waits for the one before it anyway.
for workload in statefulset/timescaledb deployment/redis statefulset/log-processor deployment/gateway deployment/frontend statefulset/log-receiver "$(producers)"; do
  # An overlay may do without receivers.
  if [ "$workload" = statefulset/log-receiver ] && ! kubectl -n "$NAMESPACE" get "$workload" >/dev/null 2>&1; then continue; fi
  kubectl -n "$NAMESPACE" rollout status "$workload" --timeout="${timeout}s" || not_ready "$workload"
done

kubectl get pods -n "$NAMESPACE" -o wide
say "Dashboard:  kubectl port-forward -n $NAMESPACE svc/frontend 8080:80    then http://localhost:8080"
say "API:        kubectl port-forward -n $NAMESPACE svc/frontend 8081:8080  then curl 'localhost:8081/v1/logs?page_size=5'"
say "Send logs:  OTLP to log-receiver.$NAMESPACE:4317 from any pod, with the token that this prints:"
say "            kubectl exec -n $NAMESPACE deploy/gateway -- logmesh token create NAME --gateway localhost:50050"
