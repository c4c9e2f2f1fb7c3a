# The edge: Envoy with the built dashboard. Its configuration is mounted at /etc/envoy/envoy.json, written there by
# `python -m logmesh.edge` of the server image. Built from the repository's root by scripts/build.sh.

FROM node:22-bookworm-slim AS build
WORKDIR /src
COPY services/dashboard/package.json services/dashboard/package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund
COPY services/dashboard ./
RUN npx vite build

FROM envoyproxy/envoy:distroless-v1.40.0
COPY --from=build /src/dist /app/dashboard
USER 1000:1000
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/local/bin/envoy"]
CMD ["-c", "/etc/envoy/envoy.json", "--disable-hot-restart", "--drain-time-s", "10", "--log-level", "warning"]
