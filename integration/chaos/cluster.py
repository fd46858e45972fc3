# SPDX-License-Identifier: Apache-2.0
"""Three brokers, the strict fake of AWS, several workers, and a breakable network between them.

    with Cluster(folder, replicas=3, customers=3) as c:
        c.put(0, "logs/a", b"...")      # an object of the first customer, and its notification
        c.workers[1].signal(signal.SIGKILL); c.start_worker(1)
        c.kafka_links[2].mode = "blackhole"; c.aws_link.cut()

Workers reach the brokers and AWS only through the links; the tests reach both directly.
"""
import base64
import contextlib
import json
import sys
import urllib.request

from ..parts.kafka import Kafka
from ..parts.places import ROOT, free_ports
from ..parts.process import Process, clean_env
from ..parts.wait import until
from ..parts.worker import Worker, config_text
from .proxy import Proxy

BROKERS = 3
VISIBILITY_S = 12
EVENTS, REJECTS = "events", "rejects"
PREFIX = "logs"


class Fake(Process):
    """The strict fake in its own process; its admin calls are methods."""

    def __init__(self, folder):
        ready = folder / "fakeaws.json"
        super().__init__("fakeaws", [sys.executable, "-m", "fakeaws", "--ready-file", ready], folder / "fakeaws.log",
                         cwd=ROOT / "integration", env=clean_env())
        until(ready.exists, "the fake listens", 30, alive=self)
        told = json.loads(ready.read_text())
        self.endpoint, self.port = told["endpoint"], told["port"]
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def __getattr__(self, name):
        def call(**arguments):
            request = urllib.request.Request(f"{self.endpoint}/_admin/{name}", json.dumps(arguments).encode())
            return json.loads(self._opener.open(request, timeout=60).read() or b"null")
        return call


class Cluster:
    def __init__(self, folder, replicas=3, customers=3):
        self.folder, self.replicas = folder, replicas
        self._customer_count = customers
        self.workers = [None] * replicas
        self.starts = 0

    def __enter__(self):
        self._open = contextlib.ExitStack()
        try:
            self._start(self._open.enter_context)
        except BaseException:
            self._open.close()
            raise
        return self

    def __exit__(self, *error):
        for w in self.workers:
            if w is not None:
                w.kill()
        self._open.close()

    def _start(self, enter):
        ports = free_ports(BROKERS)
        self.kafka_links = [enter(Proxy(("127.0.0.1", port))) for port in ports]
        self.kafka = enter(Kafka(self.folder / "kafka", nodes=BROKERS, extra=lambda k, i: self._listeners(k, i, ports[i])))
        self.kafka.create_topic(EVENTS, partitions=6, min_insync_replicas=2)
        self.kafka.create_topic(REJECTS, partitions=1, min_insync_replicas=2)
        self.fake = enter(Fake(self.folder))
        self.aws_link = enter(Proxy(("127.0.0.1", self.fake.port)))
        self.user = self.fake.add_user()
        self.customers = [self._customer(f"cust-{i}") for i in range(self._customer_count)]
        self.conf = self._config()
        for i in range(self.replicas):
            self.start_worker(i)

    def _listeners(self, kafka, node, port):
        """A second listener for the workers, advertised with the link's address."""
        own, controller, link = kafka.ports[node], kafka.controllers[node], self.kafka_links[node].address[1]
        return {"listeners": f"PLAINTEXT://127.0.0.1:{own},WORKERS://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}",
                "advertised.listeners": f"PLAINTEXT://127.0.0.1:{own},WORKERS://127.0.0.1:{link}",
                "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,WORKERS:PLAINTEXT,CONTROLLER:PLAINTEXT"}

    def _customer(self, name):
        made = self.fake.customer(name=name, prefix=PREFIX, queue=f"{name}-queue", trusted=self.user["arn"])
        # So many receives that chaos alone never moves a message to the dead-letter queue.
        self.fake.change_queue(queue=f"{name}-queue", attributes={"RedrivePolicy": json.dumps({
            "deadLetterTargetArn": self.fake.queue(queue=f"{name}-queue-dead")["arn"], "maxReceiveCount": 1000})})
        return made

    def _config(self):
        host, port = self.aws_link.address
        url = f"http://{host}:{port}"
        links = ",".join("127.0.0.1:%d" % link.address[1] for link in self.kafka_links)
        return config_text({
            "aws": {"region": "eu-west-1", "endpoint_sqs": url, "endpoint_s3": url, "endpoint_sts": url, "path_style": True},
            "kafka": {"properties": [f"bootstrap.servers={links}", "socket.timeout.ms=10000", "reconnect.backoff.max.ms=1000"],
                      "topic": EVENTS, "rejects_topic": REJECTS, "queue_bytes": "16MiB"},
            "limits": {"lanes": 6, "shutdown_grace": "8s", "idle_timeout": "5s", "connect_timeout": "3s"},
            "log": {"level": "info"},
            "queues": [{"name": c["id"], "url": c["queue_url"], "visibility": f"{VISIBILITY_S}s", "wait": "2s"}
                       for c in self.customers],
            "customers": [{"id": c["id"], "queue": c["id"], "bucket": c["bucket"], "prefix": PREFIX, "region": c["region"],
                           "account_id": c["account_id"], "role_arn": c["role_arn"], "external_id": c["external_id"]}
                          for c in self.customers],
        })

    # ---- actions of a schedule

    def start_worker(self, i):
        """Start another process as replica i; each start has its own log."""
        self.starts += 1
        self.workers[i] = Worker(self.folder, self.conf, name=f"worker-{i}-{self.starts}",
                                 AWS_ACCESS_KEY_ID=self.user["access_key"], AWS_SECRET_ACCESS_KEY=self.user["secret"])

    def queue_name(self, customer):
        return f"{self.customers[customer]['id']}-queue"

    def put(self, customer, key, body, notify=True):
        self.fake.put_object(bucket=self.customers[customer]["bucket"], key=f"{PREFIX}/{key}",
                             body={"base64": base64.b64encode(body).decode()}, notify_queue=notify)

    def depth(self):
        """Number of messages in all queues, hidden ones included, and in the dead-letter queues."""
        counts = [self.fake.queue(queue=self.queue_name(i) + dead)
                  for dead in ("", "-dead") for i in range(len(self.customers))]
        totals = [c["visible"] + c["in_flight"] + c["delayed"] for c in counts]
        return sum(totals[:len(self.customers)]), sum(totals[len(self.customers):])
