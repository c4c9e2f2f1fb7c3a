#!/usr/bin/env bash
# Build kube-apiserver and the etcd that it was released with into .tools/bin, for tests/manifests/apiserver.
#
# usage: scripts/build-apiserver.sh [--version VERSION]
#
#   --version VERSION   release of Kubernetes (v1.36.3)
#
# Sources come from the Go module proxy. It takes Go and some minutes; what was compiled once stays in Go's cache.

set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

version=v1.36.3
while [ $# -gt 0 ]; do
  case $1 in
    -h | --help) usage; exit ;;
    --version) version=${2:?"$(basename "$0"): --version needs a value"}; shift ;;
    *) wrong_usage "unknown argument $1" ;;
  esac
  shift
done
[[ $version =~ ^v1\.[0-9]+\.[0-9]+$ ]] || wrong_usage "$version is no release of Kubernetes, such as v1.36.3"

need go "https://go.dev/dl/"
bin=$ROOT/.tools/bin
module=$(mktemp -d)
trap 'rm -rf "$module"' EXIT
mkdir -p "$bin"
cd "$module"

# `go install` refuses a module that replaces others by folders of its own. A module with the same requirements, in
# which those folders' published forms (v0.Y.Z for v1.Y.Z) take their place, can be built.
say "Fetching Kubernetes $version"
go mod download "k8s.io/kubernetes@$version"
sources=$(go env GOMODCACHE)/k8s.io/kubernetes@$version
sed -E "s|^module .*|module apiserver|; s|(k8s.io/[a-z-]+) => \./staging/.*|\1 => \1 v0${version#v1}|" \
  "$sources/go.mod" >go.mod
install -m 644 "$sources/go.sum" go.sum
go mod edit -require "k8s.io/kubernetes@$version"

# build PROGRAM PACKAGE [FLAG…]: renamed into place, so that half a program is never run.
build() {
  local program=$1 package=$2
  shift 2
  say "Building $program"
  CGO_ENABLED=0 go build -mod=mod -trimpath -o "$program" "$@" "$package"
  mv "$program" "$bin/$program"
}

build etcd go.etcd.io/etcd/server/v3 -ldflags "-s -w"
build kube-apiserver k8s.io/kubernetes/cmd/kube-apiserver \
  -ldflags "-s -w -X k8s.io/component-base/version.gitVersion=$version"
"$bin/etcd" --version | sed -n 1p
"$bin/kube-apiserver" --version
