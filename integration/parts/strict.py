# SPDX-License-Identifier: Apache-2.0
"""A test's world on the strict fake of AWS: as World, with AWS's errors and faults.

    acme = strict.customer("acme", kms_key=strict.fake.add_kms_key())
    strict.fake.fault(service="s3", key=acme.key("a"), error="SlowDown", count=2)
    acme.put("a", b"...")
    strict.start()
    strict.settled()

The worker signs with a user of account 111122223333 (or as its environment says), which the roles
trust. Customers are in 444455556666.
"""
from integration.fakeaws import WORKER_ACCOUNT, FakeAws

from . import worker as workers
from .aws import KEYS, unique
from .world import Customer, World


class StrictQueue:
    def __init__(self, fake, name, told):
        self.fake, self.name, self.url, self.arn = fake, name, told["url"], told["arn"]

    def send(self, body):
        return self.fake.send_message(self.name, body)

    def visible(self):
        return self.fake.queue(self.name)["visible"]

    def depth(self):
        told = self.fake.queue(self.name)
        return told["visible"] + told["in_flight"] + told["delayed"]

    def messages(self):
        """[{"id", "body", "receives", "in_flight", "visible_in_s"}]"""
        return self.fake.queue(self.name, messages=True)["messages"]

    def bodies(self):
        return [m["body"] for m in self.messages()]


class StrictWorld(World):
    def __init__(self, kafka, fake: FakeAws, folder):
        super().__init__(kafka, None, folder)
        self.fake = fake
        fake.reset()
        self.own_names = False
        self.endpoint_s3 = fake.endpoint
        self.move_to(workers.REGION)

    def move_to(self, region):
        """Everything created from now on is there, in its partition."""
        self.region, self.suffix = region, "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
        self.partition = {"cn": "aws-cn", "us-gov": "aws-us-gov"}.get(region.rsplit("-", 2)[0], "aws")
        self.user = self.fake.add_user(access_key=KEYS["aws_access_key_id"], secret=KEYS["aws_secret_access_key"],
                                       partition=self.partition)

    def use_own_names(self):
        """No endpoint is configured: AWS's host names over TLS, with the fake as the proxy."""
        self.own_names = True

    def queue(self, name="queue", receives=20, region=None, **attributes):
        name, region = unique(name), region or self.region
        base = f"https://sqs.{region}.{self.suffix}" if self.own_names else None
        told = self.fake.add_queue(name, region=region, dead_letters=f"{name}-dead", url_base=base,
                                   max_receives=receives,
                                   attributes={"MessageRetentionPeriod": 14 * 86400, **attributes})
        self.queues.append(StrictQueue(self.fake, name, told))
        dead = self.fake.queue(f"{name}-dead")
        self.queues[-1].dead = StrictQueue(self.fake, f"{name}-dead", dead)
        return self.queues[-1]

    def customer(self, id, queue=None, bucket=None, prefix=workers.PREFIX, via="s3", kms_key=None, versioning=False,
                 region=None, bucket_region=None, **settings):
        """settings: of the customer in the worker's configuration. bucket_region: the actual one."""
        queue, region = queue or self.queue(), region or self.region
        bucket = bucket or unique(id)
        told = self.fake.customer(id, region=region, bucket=bucket, prefix=prefix, queue=queue.name,
                                  kms_key=kms_key, versioning=versioning, via=via,
                                  trusted=f"arn:{self.partition}:iam::{WORKER_ACCOUNT}:root")
        if bucket_region:
            self.fake.change_bucket(bucket, region=bucket_region)
        entry = {"id": id, "queue": queue.name, "bucket": bucket, "prefix": prefix, "region": region,
                 "account_id": told["account_id"], "role_arn": told["role_arn"],
                 "external_id": told["external_id"], **settings}
        self.customers.append(Customer(_Putter(self.fake), id, queue, bucket, prefix, entry))
        return self.customers[-1]

    def settings(self, **sections):
        endpoints = {} if self.own_names else {
            "endpoint_sqs": self.fake.endpoint, "endpoint_s3": self.endpoint_s3,
            "endpoint_sts": self.fake.endpoint}
        aws = {"region": self.region, **endpoints, **sections.pop("aws", {})}
        made = workers.config(_Nowhere, self.kafka, self.events_topic, self.rejects_topic, self.queues,
                              [c.settings for c in self.customers], **sections)
        return {**made, "aws": aws}

    def start(self, env=None, **sections):
        """env: more environment variables; None unsets one."""
        env = dict(env or {})
        if self.own_names:
            env = {"HTTPS_PROXY": self.fake.endpoint, "AWS_CA_BUNDLE": str(self.fake.ca_file), **env}
        name = f"worker-{len(self.workers) + 1}"
        self.workers.append(workers.Worker(self.folder, self.settings(**sections), name, **env))
        return self.workers[-1]

    def close(self):
        super().close()
        assert self.fake.bugs() == []

    def secrets(self):
        """Texts that no log may contain: secret keys and session tokens."""
        with self.fake.world.lock:
            keys = list(self.fake.world.keys.values())
        return [k.secret for k in keys] + [k.token for k in keys if k.token]


class _Putter:
    """Puts objects, for Customer.put."""

    def __init__(self, fake):
        self.fake = fake

    def put(self, bucket, key, body, **more):
        return self.fake.put_object(bucket, key, body, **more)


class _Nowhere:
    url = None
