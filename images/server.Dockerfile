# Every Python process of Logmesh; which one it is, the arguments say: logmesh.producer, logmesh.processor, logmesh.gateway, and
# logmesh.edge, which only writes a configuration. Built from the repository's root by scripts/build.sh.

FROM python:3.12-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
# A compiler for what is written in C. It comes from the distribution, as netcat below does.
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev && python -m venv /app/venv
# Dependencies change less often than the code, and stay a layer of their own.
COPY requirements/server.txt /src/requirements/server.txt
RUN /app/venv/bin/pip install --require-hashes -r /src/requirements/server.txt
COPY pyproject.toml README.md LICENSE /src/
COPY scripts/build_hook.py /src/scripts/build_hook.py
COPY services/logmesh /src/services/logmesh
RUN /app/venv/bin/pip install --no-deps /src && /app/venv/bin/python -m compileall -q /app/venv/lib

FROM python:3.12-slim-bookworm
# nc answers "can this pod reach that port?", the first question when something doesn't connect. It comes from
# the distribution as that is when the image is built; a pinned version would be gone from it at the next security update.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends netcat-openbsd \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 1000 --user-group --no-create-home --home-dir /app --shell /usr/sbin/nologin logmesh \
    && install -d -o logmesh -g logmesh /app/buffer /app/spool /etc/envoy
COPY --from=build /app/venv /app/venv
# Times without a zone are in the zone of who wrote them: containers write in UTC, and LOGMESH_TIMEZONE says where they do not.
ENV PATH=/app/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 GRPC_VERBOSITY=NONE TZ=UTC
# A container's neighbours come from outside of it, over either IP version; by themselves processes listen on loopback alone.
ENV LOGMESH_LISTEN_ADDRESS=:: LOGMESH_EDGE_LISTEN_ADDRESS=::
WORKDIR /app
USER 1000:1000
STOPSIGNAL SIGTERM
ENTRYPOINT ["python", "-m"]
CMD ["logmesh.processor"]
