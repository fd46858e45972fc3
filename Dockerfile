# SPDX-License-Identifier: Apache-2.0
# docker build -t asymptote-ingest .                        the worker
# docker build -t asymptote-ingest-demo --target demo .     the demo of docker-compose.yml

FROM debian:12-slim AS build
WORKDIR /src
COPY scripts/install-deps scripts/install-deps
RUN scripts/install-deps build
COPY . .
RUN cmake --preset release -DINGEST_TESTS=OFF \
 && cmake --build --preset release --target asymptote-ingest

FROM python:3.11-slim-bookworm AS demo
WORKDIR /demo
COPY integration/requirements.txt integration/requirements.txt
RUN pip install --no-cache-dir -r integration/requirements.txt
COPY integration integration
COPY tests/tools tests/tools
CMD ["python", "-m", "integration.compose"]

FROM debian:12-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates libconfig9 libcurl4 libexpat1 libisal2 \
    libjson-c5 libmicrohttpd12 librdkafka1 libsimdjson14 libssl3 libxxhash0 \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin ingest
COPY --from=build /src/build/release/asymptote-ingest /usr/local/bin/
USER 10001
ENTRYPOINT ["asymptote-ingest"]
CMD ["run", "-c", "/etc/asymptote-ingest/ingest.conf"]
