# What the shell scripts share: how they speak, and how they refuse. Sourced, not run.
# shellcheck shell=bash

# shellcheck disable=SC2034  # they are for the scripts that source this
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck disable=SC2034
NAMESPACE=log-system CLUSTER=log-system

# The comment that a script begins with, from its second line to the first empty one, is its help.
usage() {
  sed -n '2,/^$/ { s/^# \{0,1\}//; p }' "$0"
}

say() {
  if [ -t 1 ]; then printf '\033[1m%s\033[0m\n' "$*"; else printf '%s\n' "$*"; fi
}

die() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}

wrong_usage() {
  die "$* (--help tells what it takes)"
}

# need TOOL WHERE: end with a line that says what is missing and where it comes from.
need() {
  command -v "$1" >/dev/null || die "$1 is not installed: $2"
}

need_cluster() {
  need kubectl "https://kubernetes.io/docs/tasks/tools/"
  kubectl version --request-timeout=10s >/dev/null 2>&1 \
    || die "no cluster answers: scripts/setup-cluster.sh makes one, or choose one with kubectl config use-context"
}

# The workload that producers are: a StatefulSet with the component spool-claims, a Deployment otherwise.
producers() {
  kubectl -n "$NAMESPACE" get statefulset/log-producer >/dev/null 2>&1 && echo statefulset/log-producer || echo deployment/log-producer
}

random_password() {
  # 192 bits, of characters that need no escaping in a connection string.
  od -An -tx1 -N24 /dev/urandom | tr -d ' \n'
}
