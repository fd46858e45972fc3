# SPDX-License-Identifier: Apache-2.0
"""S3-compatible stores as a customer's S3 (docs/compatible-stores.md), each with its STS if it has
one.

    with STORES["ministack"](folder, moto) as store:
        store.bucket("acme"), store.put(...), store.endpoints

No store sends notifications to the queue as S3 does, so put() sends S3's notification itself. The
queue is moto's. scripts/install-deps stores installs those of CI. The others are used if they are
found in $INGEST_STORES or in the cache.
"""
import base64
import json
import os
import pathlib

from .aws import ACCOUNT, KEYS, REGION, Aws, Queue, s3_event
from .places import CACHE, free_ports
from .process import Process, clean_env
from .wait import until

FOLDER = pathlib.Path(os.environ.get("INGEST_STORES") or CACHE / "stores")


class Store(Process, Aws):
    """Common to all stores: names are used as given, and put() sends notifications."""

    sts = True  # it has its own AssumeRole; else moto's is used
    refuses_kms = False  # ... which refuses the condition kms:ViaService
    wait_s = 60
    roles = ("acme", "bolt", "northwind", "quietriver")  # names for role(), for stores where roles must exist before

    def __init__(self, folder, moto):
        self.moto, self.folder = moto, folder
        self.port, self.second_port = free_ports(2)
        self.data = folder / "data"
        self.data.mkdir(parents=True, exist_ok=True)
        argv, env = self.command()
        Process.__init__(self, type(self).__name__, argv, folder / "store.log", env=clean_env(**env), cwd=folder)
        Aws.__init__(self, f"http://127.0.0.1:{self.port}")
        self.sqs = moto.sqs
        self.notified = {}  # bucket -> (prefix, queue's ARN)
        until(self._answers, lambda: f"{self.name} answers:\n{self.tail()}", self.wait_s, every=0.2, alive=self)

    def _answers(self):
        try:
            self.s3.list_buckets()
            return True
        except Exception:  # any error before it is ready
            return False

    @classmethod
    def missing(cls):
        """Why it cannot be used; "" if it can."""
        return "" if cls.program().exists() else f"{cls.program()} is not installed"

    @property
    def endpoints(self):
        return {"endpoint_s3": self.url, "endpoint_sqs": self.moto.url,
                "endpoint_sts": self.url if self.sts else self.moto.url, "path_style": True}

    def queue(self, name="queue", receives=20):
        return self.moto.queue(name, receives)

    def role(self, name, external_id):
        return f"arn:aws:iam::{ACCOUNT}:role/{name}" if self.sts else self.moto.role(name, external_id)

    def notify(self, bucket, prefix, queue_arn=None, **_):
        self.notified[bucket] = (prefix, queue_arn)

    def put(self, bucket, key, body, **more):
        done = self.s3.put_object(Bucket=bucket, Key=key, Body=body, **more)
        prefix, arn = self.notified.get(bucket, ("", None))
        if arn and key.startswith(prefix):
            url = self.sqs.get_queue_url(QueueName=arn.rsplit(":", 1)[1])["QueueUrl"]
            Queue(self.sqs, url).send(s3_event(bucket, key, len(body), done["ETag"].strip('"')))
        return done


class Minio(Store):
    """go install github.com/minio/minio@latest"""

    refuses_kms = True

    @classmethod
    def program(cls):
        return FOLDER / "minio"

    def command(self):
        return ([self.program(), "server", "--quiet", "--address", f"127.0.0.1:{self.port}",
                 "--console-address", f"127.0.0.1:{self.second_port}", self.data],
                {"MINIO_ROOT_USER": KEYS["aws_access_key_id"], "MINIO_ROOT_PASSWORD": KEYS["aws_secret_access_key"],
                 "MINIO_SITE_REGION": REGION, "MINIO_UPDATE": "off"})


class SeaweedFs(Store):
    """weed of github.com/seaweedfs/seaweedfs, master, volume, filer and S3 in one process."""

    @classmethod
    def program(cls):
        return FOLDER / "weed"

    def command(self):
        allow = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:*"], "Resource": ["*"]}]}
        trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"},
                                                         "Action": ["sts:AssumeRole"]}]}
        roles = [{"roleName": name, "roleArn": f"arn:aws:iam::{ACCOUNT}:role/{name}", "trustPolicy": trust,
                  "attachedPolicies": ["read"]} for name in self.roles]
        key = base64.b64encode(b"a key to sign sessions with, 32+ bytes").decode()
        self._write("iam.json", {
            "sts": {"tokenDuration": "1h", "maxSessionLength": "12h", "issuer": "store", "signingKey": key,
                    "accountId": ACCOUNT},
            "policy": {"defaultEffect": "Deny", "storeType": "memory"}, "roleStore": {"storeType": "memory"},
            "roles": roles, "policies": [{"name": "read", "document": allow}]})
        self._write("s3.json", {"identities": [{
            "name": "operator", "actions": ["Admin", "Read", "Write", "List", "Tagging"],
            "credentials": [{"accessKey": KEYS["aws_access_key_id"], "secretKey": KEYS["aws_secret_access_key"]}]}]})
        ports = free_ports(7)
        names = ("master.port", "master.port.grpc", "volume.port", "volume.port.grpc", "filer.port", "filer.port.grpc",
                 "s3.port.grpc")
        return ([self.program(), "server", f"-dir={self.data}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1",
                 "-master.telemetry=false", "-volume.max=50", "-master.volumeSizeLimitMB=64", "-filer", "-s3",
                 "-s3.port.iceberg=0", "-s3.port.lance=0",
                 f"-s3.port={self.port}", f"-s3.config={self.folder}/s3.json", f"-s3.iam.config={self.folder}/iam.json",
                 *(f"-{name}={port}" for name, port in zip(names, ports))], {"HOME": str(self.folder)})

    def _write(self, name, value):
        (self.folder / name).write_text(json.dumps(value))


class S3Mock(Store):
    """com.adobe.testing:s3mock of Maven Central: S3 only."""

    sts = False

    @classmethod
    def program(cls):
        return FOLDER / "s3mock.jar"

    def command(self):
        return (["java", "-Xmx256m", "-XX:TieredStopAtLevel=1", "-jar", self.program(),
                 f"--server.port={self.second_port}", f"--com.adobe.testing.s3mock.httpPort={self.port}",
                 "--server.address=127.0.0.1"],
                {"COM_ADOBE_TESTING_S3MOCK_REGION": REGION})


class Ministack(Store):
    """ministack of PyPI: an emulator of AWS; its S3 and STS are used."""

    @classmethod
    def program(cls):
        return FOLDER / "ministack/bin/ministack"

    def command(self):
        return [self.program()], {"GATEWAY_PORT": str(self.port), "BIND_HOST": "127.0.0.1", "MINISTACK_ACCOUNT_ID": ACCOUNT}


STORES = {"minio": Minio, "seaweedfs": SeaweedFs, "s3mock": S3Mock, "ministack": Ministack}
