# SPDX-License-Identifier: Apache-2.0
"""Notifications of new objects, in all forms in which they reach a queue (research/aws.md 3)."""

import json
import secrets
import uuid

from .buckets import raw_key
from .clock import iso
from .sigv4 import encode
from .world import partition_of, suffix_of

REASONS = {"Put": "PutObject", "Post": "POST Object", "Copy": "CopyObject",
           "CompleteMultipartUpload": "CompleteMultipartUpload"}


def form_key(key):
    """The key as in notification records: form encoding, slashes kept."""
    return encode(raw_key(key), safe="/ ").replace(" ", "+").replace("~", "%7E")


def record(bucket, version, now, event="ObjectCreated:Put", name="ingest", **changes):
    """One record of S3's own notification. changes: members to replace."""
    told = {"key": form_key(version.key), "size": version.body.size, "eTag": version.etag,
            "sequencer": version.sequencer}
    if bucket.versioning:
        told["versionId"] = version.version_id
    made = {
        "eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": bucket.region,
        "eventTime": iso(now, True), "eventName": event,
        "userIdentity": {"principalId": "AWS:AIDAFAKEWRITER"},
        "requestParameters": {"sourceIPAddress": "127.0.0.1"},
        "responseElements": {"x-amz-request-id": secrets.token_hex(8).upper(),
                             "x-amz-id-2": secrets.token_hex(32)},
        "s3": {"s3SchemaVersion": "1.0", "configurationId": name,
               "bucket": {"name": bucket.name, "ownerIdentity": {"principalId": "A2FAKE"},
                          "arn": f"arn:{partition_of(bucket.region)}:s3:::{bucket.name}"},
               "object": told}}
    made.update(changes)
    return made


def direct(records):
    return json.dumps({"Records": records}, separators=(",", ":"))


def sns(message, region, account):
    """The form wrapped by SNS."""
    part = partition_of(region)
    host = f"sns.{region}.{suffix_of(region)}"
    topic = f"arn:{part}:sns:{region}:{account}:objects"
    return json.dumps({
        "Type": "Notification", "MessageId": str(uuid.uuid4()), "TopicArn": topic,
        "Subject": "Amazon S3 Notification", "Message": message,
        "Timestamp": "2026-01-02T03:04:05.678Z", "SignatureVersion": "1",
        "Signature": "EXAMPLE" + secrets.token_hex(20),
        "SigningCertURL": f"https://{host}/SimpleNotificationService-0123.pem",
        "UnsubscribeURL": f"https://{host}/?Action=Unsubscribe&SubscriptionArn={topic}:1"})


def eventbridge(bucket, version, now, event="ObjectCreated:Put"):
    told = {"key": version.key, "size": version.body.size, "etag": version.etag,
            "sequencer": version.sequencer.lower()}
    if bucket.versioning:
        told["version-id"] = version.version_id
    return json.dumps({
        "version": "0", "id": str(uuid.uuid4()), "detail-type": "Object Created",
        "source": "aws.s3", "account": bucket.owner, "time": iso(now), "region": bucket.region,
        "resources": [f"arn:{partition_of(bucket.region)}:s3:::{bucket.name}"],
        "detail": {"version": "0", "bucket": {"name": bucket.name}, "object": told,
                   "request-id": secrets.token_hex(8).upper(), "requester": bucket.owner,
                   "source-ip-address": "127.0.0.1",
                   "reason": REASONS.get(event.partition(":")[2], "PutObject")}})


def test_event(bucket, now):
    return json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent", "Time": iso(now, True),
                       "Bucket": bucket.name, "RequestId": secrets.token_hex(8).upper(),
                       "HostId": secrets.token_hex(32)}, separators=(",", ":"))


def bodies(bucket, version, notification, now, event):
    """The body of the message for a notification configuration."""
    if notification.via == "eventbridge":
        return eventbridge(bucket, version, now, event)
    message = direct([record(bucket, version, now, event, notification.name)])
    if notification.via == "sns":
        return sns(message, bucket.region, bucket.owner)
    return message


def announce(world, bucket, version, event="ObjectCreated:Put"):
    """Send the notifications of a new version to the configured queues. Returns their number."""
    sent = 0
    for notification in bucket.notifications:
        if not (version.key.startswith(notification.prefix)
                and version.key.endswith(notification.suffix)):
            continue
        for queue in world.queues.values():
            if queue.arn == notification.queue_arn:
                queue.send(bodies(bucket, version, notification, world.clock.wall(), event),
                           trace="Root=1-fake;Parent=0;Sampled=0")
                sent += 1
    return sent
