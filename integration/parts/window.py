# SPDX-License-Identifier: Apache-2.0
"""A worker's pages /metrics, /healthz and /readyz, read by Prometheus' own parser."""
import http.client
import json

from prometheus_client.parser import text_string_to_metric_families

from .wait import until

PREFIX = "asymptote_ingest_"
LISTEN = {"listen": "127.0.0.1:0", "queue_interval": "1s"}


class Window:
    """A worker's pages."""

    def __init__(self, worker):
        self.worker = worker
        self.port = int(worker.logged(msg="listening")[0]["port"])

    def get(self, path, method="GET"):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode(), answer.headers
        finally:
            connection.close()

    def families(self):
        status, text, headers = self.get("/metrics")
        assert status == 200 and headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        return {f.name: f for f in text_string_to_metric_families(text)}

    def value(self, name, **labels):
        """The sum of the series with these labels."""
        found = [s.value for f in self.families().values() for s in f.samples
                 if s.name == PREFIX + name and all(s.labels.get(k) == v for k, v in labels.items())]
        return sum(found) if found else None

    def status(self):
        """/status.json."""
        return json.loads(self.get("/status.json")[1])

    def ready(self):
        return self.get("/readyz")[:2]

    def healthy(self):
        return self.get("/healthz")[:2]

    def await_(self, name, least, seconds=30, **labels):
        until(lambda: (self.value(name, **labels) or 0) >= least,
              lambda: f"{name} {labels} is {self.value(name, **labels)}; {self.worker.tail()}", seconds, every=0.1,
              alive=self.worker)
