# SPDX-License-Identifier: Apache-2.0
# docker build -t asymptote-ingest .                        the worker
# docker build -t asymptote-ingest-demo --target demo .     the demo of docker-compose.yml
#
# The worker runs as an ordinary user and writes no file, so it may be run
# read-only; its configuration is mounted:
#
#   docker run --read-only -v ./asymptote-ingest.conf:/etc/asymptote-ingest/asymptote-ingest.conf:ro \
#       asymptote-ingest
#
# BASE may be any Debian 12 or 13. scripts/check-image builds this on a base of its own.
ARG BASE=debian:13-slim

FROM ${BASE} AS packages
WORKDIR /src
COPY scripts/install-deps scripts/install-deps
RUN scripts/install-deps build

FROM packages AS build
COPY . .
# The commit in log and metrics, since the context has no .git: --build-arg COMMIT=$(git rev-parse HEAD)
ARG COMMIT=
RUN cmake --preset release -DINGEST_TESTS=OFF -DINGEST_COMMIT=${COMMIT} \
 && cmake --build --preset release --target asymptote-ingest \
 && scripts/runtime-packages build/release/asymptote-ingest >build/runtime-packages

FROM ${BASE} AS demo
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends ca-certificates python3-venv \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /demo
COPY integration/requirements.txt integration/requirements.txt
RUN python3 -m venv /opt/demo && /opt/demo/bin/pip install --no-cache-dir -r integration/requirements.txt
COPY integration integration
COPY tests/reference tests/reference
COPY tests/tools tests/tools
COPY docs/event.schema.json docs/event.schema.json
CMD ["/opt/demo/bin/python", "-m", "integration.compose"]

FROM ${BASE}
# The libraries that the program is linked with, and the certificates by which TLS trusts a server.
COPY --from=build /src/build/runtime-packages /usr/local/share/asymptote-ingest/runtime-packages
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive xargs -a /usr/local/share/asymptote-ingest/runtime-packages \
        apt-get install -y --no-install-recommends ca-certificates \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin ingest
COPY --from=build /src/build/release/asymptote-ingest /usr/local/bin/
USER 10001
ENTRYPOINT ["asymptote-ingest"]
CMD ["run", "-c", "/etc/asymptote-ingest/asymptote-ingest.conf"]
