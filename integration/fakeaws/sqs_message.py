# SPDX-License-Identifier: Apache-2.0
"""A message in a response of SQS (research/aws.md 2.1)."""

import base64
import hashlib
import struct


def told(message, handle, wanted, names):
    """The message as ReceiveMessage returns it."""
    answer = {"MessageId": message.id, "ReceiptHandle": handle, "MD5OfBody": message.md5,
            "Body": message.body}
    known = {"SenderId": message.sender, "SentTimestamp": str(int(message.sent_wall * 1000)),
             "ApproximateReceiveCount": str(message.receives),
             "ApproximateFirstReceiveTimestamp": str(int(message.first_wall * 1000))}
    if message.source_arn:
        known["DeadLetterQueueSourceArn"] = message.source_arn
    if message.trace:
        known["AWSTraceHeader"] = message.trace
    attributes = {name: value for name, value in known.items()
                  if "All" in wanted or name in wanted}
    if attributes:
        answer["Attributes"] = attributes
    chosen = {name: value for name, value in message.attributes.items()
              if any(n in ("All", ".*", name) for n in names)}
    if chosen:
        answer["MessageAttributes"] = chosen
        answer["MD5OfMessageAttributes"] = md5_of_attributes(chosen)
    return answer


def md5_of_attributes(attributes):
    """AWS's digest over name, type, kind and value of each attribute with their lengths, sorted by name."""
    digest = hashlib.md5()
    for name in sorted(attributes):
        value = attributes[name]
        for text in (name, value["DataType"]):
            digest.update(struct.pack(">I", len(text.encode())) + text.encode())
        binary = "BinaryValue" in value
        raw = (base64.b64decode(value["BinaryValue"]) if binary
               else value["StringValue"].encode())
        digest.update((b"\x02" if binary else b"\x01") + struct.pack(">I", len(raw)) + raw)
    return digest.hexdigest()
