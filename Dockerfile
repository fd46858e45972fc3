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
# The image has the program, its shared libraries and certificates: no shell, no package manager
# (scripts/image-root). Which packages these are is in /usr/share/doc/asymptote-ingest/sbom.spdx.json,
# and where scanners look.
#
# Built twice, it is the same if the builder lets processes have fixed addresses (setarch -R), as
#   buildah build --security-opt seccomp=unconfined --timestamp $(git log -1 --format=%ct) \
#       --build-arg SOURCE_DATE_EPOCH=$(git log -1 --format=%ct) .
# Else gcc's profile, and so the code of some functions, may differ.
#
# BASE may be any Debian 12 or 13. scripts/check-image builds this on a base of its own.
ARG BASE=debian:13-slim

FROM ${BASE} AS packages
WORKDIR /src
COPY scripts/install-deps scripts/install-deps
RUN scripts/install-deps build image

FROM packages AS build
COPY . .
# The commit in log and metrics, since the context has no .git: --build-arg COMMIT=$(git rev-parse HEAD)
ARG COMMIT=
RUN cmake --preset release -DINGEST_TESTS=OFF -DINGEST_COMMIT=${COMMIT} \
 && cmake --build --preset release --target asymptote-ingest
ARG SOURCE_DATE_EPOCH=0
RUN scripts/sbom --also base-files --also ca-certificates build/release/asymptote-ingest >build/sbom.spdx.json \
 && scripts/image-root build/release/asymptote-ingest build/sbom.spdx.json build/image-root

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

FROM scratch
COPY --from=build /src/build/image-root /
ENV PATH=/usr/local/bin
USER 10001
ENTRYPOINT ["asymptote-ingest"]
CMD ["run", "-c", "/etc/asymptote-ingest/asymptote-ingest.conf"]
