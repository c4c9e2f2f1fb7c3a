#!/usr/bin/env bash
# Installs Prometheus, Alertmanager and Grafana (Helm release `prometheus` in namespace `monitoring`) and Jaeger, and gives them
# what Logmesh brings: targets, rules, dashboards, data sources. Running it again brings everything up to date.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly ROOT
readonly RELEASE=prometheus
readonly MONITORING=monitoring
readonly SYSTEM=log-system
readonly REPOSITORY=https://prometheus-community.github.io/helm-charts

chart_version=92.20.0
admin_password=
alertmanager=
tenant=default
tracing=true

usage() {
  cat <<EOF
Usage: scripts/monitoring-setup.sh [options]

Installs kube-prometheus-stack as Helm release \`$RELEASE\` in namespace \`$MONITORING\`, then applies
manifests/components/monitoring: targets, rules, dashboards, data sources, Jaeger.

  --admin-password TEXT   Grafana's password (default: prom-operator, which everyone knows)
  --alertmanager FILE     Alertmanager's configuration, such as monitoring/alertmanager/alertmanager.yaml
  --tenant NAME           whose records Grafana shows (default: $tenant)
  --no-tracing            leave the workloads as they are; else they send spans to Jaeger, for which each is rolled
  --chart-version VERSION version of kube-prometheus-stack (default: $chart_version)
  --help                  show this

Needs kubectl and helm, and a cluster that kubectl reaches. Logmesh itself may come before or after; without its
namespace this script makes it, and without its passwords Grafana's Explore dashboard waits for a second run.
EOF
}

die() {
  echo "monitoring-setup.sh: $*" >&2
  exit 1
}

need_value() {
  [ $# -ge 2 ] && [ -n "$2" ] || die "$1 wants a value; see --help"
}

while [ $# -gt 0 ]; do
  case $1 in
    --admin-password) need_value "$@"; admin_password=$2; shift 2 ;;
    --alertmanager) need_value "$@"; alertmanager=$2; shift 2 ;;
    --tenant) need_value "$@"; tenant=$2; shift 2 ;;
    --chart-version) need_value "$@"; chart_version=$2; shift 2 ;;
    --no-tracing) tracing=false; shift ;;
    --help | -h) usage; exit 0 ;;
    *) die "unknown option $1; see --help" ;;
  esac
done

[[ $tenant =~ ^[A-Za-z0-9._-]+$ ]] || die "--tenant: letters, digits, dots, dashes and underscores only"
[ -z "$alertmanager" ] || [ -r "$alertmanager" ] || die "--alertmanager: can't read $alertmanager"
command -v kubectl >/dev/null || die "kubectl is not installed: see https://kubernetes.io/docs/tasks/tools/"
command -v helm >/dev/null || die "helm is not installed: see https://helm.sh/docs/intro/install/"
kubectl version --request-timeout=10s >/dev/null 2>&1 || die "kubectl reaches no cluster: see \`kubectl cluster-info\`"

ensure_namespace() {
  kubectl get namespace "$1" >/dev/null 2>&1 || kubectl create namespace "$1"
}

# Grafana runs in another namespace and reads no Secret of log-system: it gets the reader's password alone, as a copy.
copy_reader_password() {
  local password
  if ! password=$(kubectl get secret timescaledb -n "$SYSTEM" -o jsonpath='{.data.reader-password}' 2>/dev/null); then
    echo "The Secret timescaledb is not there yet: deploy Logmesh and run this again for the Explore dashboard." >&2
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

# As the component's patch does where it is part of an overlay. Only what is there; each is rolled in order.
send_spans() {
  local workload
  for workload in deployment/log-producer deployment/gateway statefulset/log-processor statefulset/log-processor-canary; do
    if kubectl get "$workload" -n "$SYSTEM" >/dev/null 2>&1; then
      kubectl set env "$workload" -n "$SYSTEM" OTEL_EXPORTER_OTLP_ENDPOINT=http://jaeger.monitoring:4317
    fi
  done
}

ensure_namespace "$MONITORING"
ensure_namespace "$SYSTEM"
copy_reader_password
install_chart
kubectl apply -k "$ROOT/manifests/components/monitoring"
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
