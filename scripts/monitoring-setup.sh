#!/usr/bin/env bash
# Install Prometheus, Alertmanager, Grafana and Jaeger, and give them what Logmesh brings: targets, rules, dashboards, data sources.
#
# usage: scripts/monitoring-setup.sh [--admin-password TEXT] [--alertmanager FILE] [--runbooks URL] [--tenant NAME] [--no-tracing]
#                                    [--chart-version VERSION]
#
#   --admin-password TEXT     Grafana's password (prom-operator, which everyone knows)
#   --alertmanager FILE       Alertmanager's configuration, such as monitoring/alertmanager/alertmanager.yaml
#   --runbooks URL            where your docs/alerts.md is read: alerts lead to its sections (a placeholder)
#   --tenant NAME             whose records Grafana shows (default)
#   --no-tracing              leave the workloads as they are; else they send spans to Jaeger, for which each is rolled
#   --chart-version VERSION   of kube-prometheus-stack (92.20.0)
#
# The chart is Helm release `prometheus` in namespace `monitoring`. Running it again brings everything up to date. Logmesh itself may
# come before or after: its namespace is made where it is missing, and without its passwords the dashboard Explore waits for another run.

set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

RELEASE=prometheus MONITORING=monitoring
REPOSITORY=https://prometheus-community.github.io/helm-charts

chart_version=92.20.0 admin_password='' alertmanager='' runbooks='' tenant=default tracing=true
while [ $# -gt 0 ]; do
  case $1 in
    -h | --help) usage; exit ;;
    --admin-password) admin_password=${2:?"$(basename "$0"): --admin-password needs a text"}; shift ;;
    --alertmanager) alertmanager=${2:?"$(basename "$0"): --alertmanager needs a file"}; shift ;;
    --runbooks) runbooks=${2:?"$(basename "$0"): --runbooks needs a URL"}; shift ;;
    --tenant) tenant=${2:?"$(basename "$0"): --tenant needs a name"}; shift ;;
    --chart-version) chart_version=${2:?"$(basename "$0"): --chart-version needs a version"}; shift ;;
    --no-tracing) tracing=false ;;
    *) wrong_usage "unknown argument $1" ;;
  esac
  shift
done
[[ $tenant =~ ^[A-Za-z0-9._-]+$ ]] || wrong_usage "--tenant takes letters, digits, dots, dashes and underscores"
[[ $runbooks =~ ^(https?://[^\#\|\&[:space:]]+)?$ ]] || wrong_usage "--runbooks takes a URL without its #section"
[ -z "$alertmanager" ] || [ -r "$alertmanager" ] || wrong_usage "$alertmanager can't be read"
need kubectl "https://kubernetes.io/docs/tasks/tools/"
need helm "https://helm.sh/docs/intro/install/"
need_cluster

ensure_namespace() {
  kubectl get namespace "$1" >/dev/null 2>&1 || kubectl create namespace "$1"
}

# Grafana runs in another namespace and reads no Secret of log-system: it gets the reader's password alone, as a copy.
copy_reader_password() {
  local password
  if ! password=$(kubectl get secret timescaledb -n "$NAMESPACE" -o jsonpath='{.data.reader-password}' 2>/dev/null); then
    say "The Secret timescaledb is not there yet: deploy Logmesh and run this again for the dashboard Explore." >&2
    return
  fi
  kubectl apply -n "$MONITORING" -f - <<EOF
apiVersion: v1
kind: Secret
metadata:
  name: grafana-timescaledb
  labels:
    app: grafana
    app.kubernetes.io/part-of: logmesh
data:
  reader-password: $password
EOF
}

install_chart() {
  local -a options=(
    --repo "$REPOSITORY" --version "$chart_version" --namespace "$MONITORING"
    --values "$ROOT/monitoring/kube-prometheus-stack.yaml"
    --set-string "grafana.env.PGOPTIONS=-c app.tenant=$tenant"
    --wait --timeout 10m
  )
  [ -z "$alertmanager" ] || options+=(--set-file "alertmanager.stringConfig=$alertmanager")
  # From a file, so that the password stands in no list of processes.
  if [ -n "$admin_password" ]; then
    helm upgrade --install "$RELEASE" kube-prometheus-stack "${options[@]}" \
      --set-file grafana.adminPassword=<(printf '%s' "$admin_password")
  else
    helm upgrade --install "$RELEASE" kube-prometheus-stack "${options[@]}"
  fi
}

apply_component() {
  local component=$ROOT/manifests/components/monitoring
  if [ -z "$runbooks" ]; then
    kubectl apply -k "$component"
  else
    kubectl kustomize "$component" | sed -E "s|(runbook_url: )[^#]+#|\1$runbooks#|" | kubectl apply -f -
  fi
}

# As the component's patch does where it is part of an overlay. Only what is there; each is rolled in order.
send_spans() {
  local workload
  for workload in deployment/log-producer statefulset/log-producer statefulset/log-receiver deployment/gateway statefulset/log-processor statefulset/log-processor-canary; do
    if kubectl get "$workload" -n "$NAMESPACE" >/dev/null 2>&1; then
      kubectl set env "$workload" -n "$NAMESPACE" OTEL_EXPORTER_OTLP_ENDPOINT=http://jaeger.monitoring:4317
    fi
  done
}

ensure_namespace "$MONITORING"
ensure_namespace "$NAMESPACE"
copy_reader_password
say "Installing kube-prometheus-stack $chart_version (minutes, the first time)"
install_chart
say "Applying manifests/components/monitoring"
apply_component
# A password that changed is in an environment variable, which a process reads when it starts.
kubectl rollout restart "deployment/$RELEASE-grafana" -n "$MONITORING"
kubectl rollout status "deployment/$RELEASE-grafana" -n "$MONITORING" --timeout=5m
[ "$tracing" = false ] || send_spans

shown_password=prom-operator
[ -z "$admin_password" ] || shown_password="as you gave it"
cat <<EOF

Grafana       kubectl port-forward -n $MONITORING svc/$RELEASE-grafana 3000:80
              http://localhost:3000 as admin, password: $shown_password
Prometheus    kubectl port-forward -n $MONITORING svc/$RELEASE-kube-prometheus-prometheus 9090
Alertmanager  kubectl port-forward -n $MONITORING svc/$RELEASE-kube-prometheus-alertmanager 9093
Jaeger        kubectl port-forward -n $MONITORING svc/jaeger 16686
EOF
