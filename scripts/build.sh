#!/usr/bin/env bash
# Build Logmesh's images, and load them into the kind cluster where there is one.
#
# usage: scripts/build.sh [--tag TAG] [--push REGISTRY] [--no-load]
#
#   --tag TAG         tag of the images (the version in services/logmesh/__init__.py)
#   --push REGISTRY   also tag them REGISTRY/logmesh/…:TAG and push them there
#   --no-load         leave a kind cluster alone
#
# Images: logmesh/server (producer, processor, gateway) and logmesh/frontend (Envoy with the dashboard).

set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

tag=$(sed -n 's/^__version__ = "\(.*\)"/\1/p' "$ROOT/services/logmesh/__init__.py")
registry=
load=true
while [ $# -gt 0 ]; do
  case $1 in
    -h | --help) usage; exit ;;
    --tag) tag=${2:?"$(basename "$0"): --tag needs a value"}; shift ;;
    --push) registry=${2:?"$(basename "$0"): --push needs a registry"}; shift ;;
    --no-load) load=false ;;
    *) wrong_usage "unknown argument $1" ;;
  esac
  shift
done

need docker "https://docs.docker.com/engine/install/"
docker info >/dev/null 2>&1 || die "Docker's engine does not answer: start it, and see that you may use it (docker info)"

for name in server frontend; do
  say "Building logmesh/$name:$tag"
  docker build --file "$ROOT/images/$name.Dockerfile" --tag "logmesh/$name:$tag" "$ROOT"
done

if [ -n "$registry" ]; then
  for name in server frontend; do
    docker tag "logmesh/$name:$tag" "$registry/logmesh/$name:$tag"
    docker push "$registry/logmesh/$name:$tag"
  done
fi

if $load && command -v kind >/dev/null && kind get clusters 2>/dev/null | grep -qx "$CLUSTER"; then
  say "Loading them into the kind cluster $CLUSTER"
  kind load docker-image --name "$CLUSTER" "logmesh/server:$tag" "logmesh/frontend:$tag"
fi
docker images --filter 'reference=logmesh/*' --format '{{.Repository}}:{{.Tag}}  {{.Size}}'
