#!/usr/bin/env bash
# Make a local Kubernetes cluster for Logmesh with kind: one control plane, three workers, and metrics for the autoscalers.
#
# usage: scripts/setup-cluster.sh [--delete]
#
#   --delete   remove the cluster, with everything in it
#
# The cluster is called log-system, and kubectl's context kind-log-system. One that exists already is left as it is.

set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

METRICS_SERVER_VERSION=v0.8.0

delete=false
for argument in "$@"; do
  case $argument in
    -h | --help) usage; exit ;;
    --delete) delete=true ;;
    *) wrong_usage "unknown argument $argument" ;;
  esac
done

need docker "https://docs.docker.com/engine/install/"
need kind "https://kind.sigs.k8s.io/docs/user/quick-start/#installation"
docker info >/dev/null 2>&1 || die "Docker's engine does not answer: start it, and see that you may use it (docker info)"

if $delete; then
  kind delete cluster --name "$CLUSTER"
  exit
fi

need kubectl "https://kubernetes.io/docs/tasks/tools/"
if kind get clusters 2>/dev/null | grep -qx "$CLUSTER"; then
  say "The cluster $CLUSTER is there already."
else
  say "Making the cluster $CLUSTER (a minute or two)"
  kind create cluster --config "$ROOT/scripts/kind.yaml" --wait 180s
fi
kubectl config use-context "kind-$CLUSTER" >/dev/null

say "Installing metrics-server $METRICS_SERVER_VERSION, which autoscalers and kubectl top ask"
kubectl apply -f "https://github.com/kubernetes-sigs/metrics-server/releases/download/$METRICS_SERVER_VERSION/components.yaml" >/dev/null
# kind's kubelets sign their own certificates.
if ! kubectl -n kube-system get deployment metrics-server -o jsonpath='{.spec.template.spec.containers[0].args}' | grep -q insecure-tls; then
  kubectl -n kube-system patch deployment metrics-server --type=json \
    -p '[{"op": "add", "path": "/spec/template/spec/containers/0/args/-", "value": "--kubelet-insecure-tls"}]' >/dev/null
fi
kubectl -n kube-system rollout status deployment/metrics-server --timeout=180s
kubectl get nodes
say "Next: scripts/build.sh, then scripts/deploy.sh"
