# SPDX-License-Identifier: Apache-2.0
"""The customer's and the operator's parts of AWS on moto: queues, buckets with notifications,
roles.

There is one account here (123456789012), since moto delivers no notifications across accounts.
"""
import itertools
import json
import os
import sys
import urllib.parse
import urllib.request

import boto3
import botocore.config

from .places import ROOT
from .process import Process, clean_env
from .wait import until

REGION = "eu-west-1"
ACCOUNT = "123456789012"
KEYS = {"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key": "operators-secret"}
_numbers = itertools.count(1)


def unique(word):
    """A name that no other test has, since several tests share a server."""
    return f"{word}-{os.getpid()}-{next(_numbers)}"


class Queue:
    def __init__(self, sqs, url, dead=None):
        self.sqs, self.url, self.dead = sqs, url, dead
        self.name = url.rsplit("/", 1)[1]
        self.arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{self.name}"

    def send(self, body):
        self.sqs.send_message(QueueUrl=self.url, MessageBody=body if isinstance(body, str) else json.dumps(body))

    def _attributes(self):
        return self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=["All"])["Attributes"]

    def visible(self):
        return int(self._attributes()["ApproximateNumberOfMessages"])

    def hidden(self):
        return int(self._attributes()["ApproximateNumberOfMessagesNotVisible"])

    def depth(self):
        a = self._attributes()
        return int(a["ApproximateNumberOfMessages"]) + int(a["ApproximateNumberOfMessagesNotVisible"])

    def bodies(self):
        """Receive and delete all messages of the queue, to inspect a dead-letter queue."""
        found = []
        while True:
            got = self.sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10, VisibilityTimeout=600)
            if not got.get("Messages"):
                return found
            found += [m["Body"] for m in got["Messages"]]


class Aws:
    """Clients for an emulator at `url`, and functions that set up an operator's and a customer's parts.

    own_names: names are used as given, instead of made unique."""

    def __init__(self, url, own_names=False):
        self.url = url
        self.named = (lambda word: word) if own_names else unique
        self.s3, self.sqs, self.sns, self.events, self.iam = (
            self.client(n) for n in ("s3", "sqs", "sns", "events", "iam"))

    def client(self, name):
        config = botocore.config.Config(proxies={}, s3={"addressing_style": "path"},
                                        retries={"max_attempts": 2}, connect_timeout=5)
        return boto3.client(name, endpoint_url=self.url, region_name=REGION, config=config, **KEYS)

    def queue(self, name="queue", receives=20):
        """A queue with a dead-letter queue, as `onboard` would create it."""
        name = self.named(name)
        days = {"MessageRetentionPeriod": str(14 * 86400)}
        dead = Queue(self.sqs, self.sqs.create_queue(QueueName=name + "-dead", Attributes=days)["QueueUrl"])
        redrive = json.dumps({"deadLetterTargetArn": dead.arn, "maxReceiveCount": receives})
        made = self.sqs.create_queue(QueueName=name, Attributes={**days, "RedrivePolicy": redrive})
        return Queue(self.sqs, made["QueueUrl"], dead)

    def bucket(self, name="bucket"):
        name = self.named(name)
        self.s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
        return name

    def notify(self, bucket, prefix, queue_arn=None, topic_arn=None, eventbridge=False):
        """Configure notifications for s3:ObjectCreated:* under prefix/. moto sends its s3:TestEvent
        immediately."""
        rules = {"Events": ["s3:ObjectCreated:*"],
                 "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": prefix}]}}}
        config = {}
        if queue_arn:
            config["QueueConfigurations"] = [{"QueueArn": queue_arn, **rules}]
        if topic_arn:
            config["TopicConfigurations"] = [{"TopicArn": topic_arn, **rules}]
        if eventbridge:
            config["EventBridgeConfiguration"] = {}
        self.s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=config)

    def role(self, name, external_id):
        name = self.named(name)
        trust = {"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"sts:ExternalId": external_id}}}]}
        return self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]

    def put(self, bucket, key, body):
        self.s3.put_object(Bucket=bucket, Key=key, Body=body)

    def sns_to(self, queue, raw=False):
        topic = self.sns.create_topic(Name=self.named("topic"))["TopicArn"]
        self.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue.arn,
                           Attributes={"RawMessageDelivery": "true" if raw else "false"})
        return topic

    def eventbridge_to(self, queue, bucket):
        rule = self.named("rule")
        pattern = {"source": ["aws.s3"], "detail": {"bucket": {"name": [bucket]}}}
        self.events.put_rule(Name=rule, EventPattern=json.dumps(pattern))
        self.events.put_targets(Rule=rule, Targets=[{"Id": "queue", "Arn": queue.arn}])


class Moto(Process, Aws):
    """A moto on a free port. iam: roles and their sessions may do what their policies say (moto_iam.py)."""

    def __init__(self, folder, keep=False, own_names=False, iam=False):
        self.folder = folder
        # The port is passed in a file, so that the server may outlive this process without a pipe.
        self.port_file = folder / "moto.port"
        folder.mkdir(parents=True, exist_ok=True)
        self.port_file.unlink(missing_ok=True)
        with open(self.port_file, "wb") as out:
            Process.__init__(self, "moto", [sys.executable, "-m", "integration.parts.moto_server", "0", *(["iam"] if iam else [])],
                             folder / "moto.log", cwd=ROOT, keep=keep, stdout=out,
                             env=clean_env(AWS_ACCESS_KEY_ID="moto", AWS_SECRET_ACCESS_KEY="moto",
                                           AWS_DEFAULT_REGION=REGION))
        port = until(lambda: self.port_file.read_text().endswith("\n") and self.port_file.read_text().strip(),
                     "moto listens", 60, alive=self)
        Aws.__init__(self, f"http://127.0.0.1:{port}", own_names)

    def let_time_pass(self, seconds):
        """Advances the clock of the queues only: hidden messages become visible."""
        request = urllib.request.Request(f"{self.url}/moto-clock?seconds={seconds}", method="POST")
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        opener.open(request, timeout=10).read()


def s3_event(bucket, key, size=1, etag="", name="ObjectCreated:Put"):
    """The text of S3's own notification, with the key encoded as by S3."""
    quoted = urllib.parse.quote_plus(key, safe="/")
    return json.dumps({"Records": [{
        "eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": REGION,
        "eventTime": "2026-11-22T13:59:06.512Z", "eventName": name,
        "s3": {"s3SchemaVersion": "1.0", "configurationId": "c",
               "bucket": {"name": bucket, "arn": f"arn:aws:s3:::{bucket}"},
               "object": {"key": quoted, "size": size, "eTag": etag}}}]})
