#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The obvious worker in Python: boto3, gzip, json (or orjson), confluent-kafka.

    worker.py --endpoint URL --queue URL --brokers HOST:PORT --topic T --objects N [--orjson]

Long-polls SQS, reads each object completely, sets a dozen fields in each line, produces with
acks=all, and deletes the messages after the flush. Ends after N objects and prints one line of
JSON, like the C programs.
"""
import argparse
import gzip
import json
import resource
import sys
import time
import urllib.parse

import boto3
from confluent_kafka import Producer


def fields(event, where, number):
    get = lambda *path: _get(event, path)
    event["ingest"] = {
        "time": event.get("timestamp"), "user": get("user", "name"), "host": get("endpoint", "hostname"),
        "os": get("endpoint", "os"), "harness": get("harness", "name"), "action": get("event", "action"),
        "category": get("event", "category"), "severity": event.get("severity"), "session": get("session", "id"),
        "repository": event.get("repository"), "branch": event.get("branch"),
        "customer": "bench", "object": where, "line": number,
    }
    return event


def _get(value, path):
    for name in path:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value


def cpu():
    u = resource.getrusage(resource.RUSAGE_SELF)
    return u.ru_utime + u.ru_stime


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("endpoint", "queue", "brokers", "topic"):
        p.add_argument("--" + name, required=True)
    p.add_argument("--objects", type=int, required=True)
    p.add_argument("--orjson", action="store_true")
    a = p.parse_args()

    if a.orjson:
        import orjson
        loads, dumps = orjson.loads, orjson.dumps
    else:
        loads = json.loads
        dumps = lambda o: json.dumps(o, separators=(",", ":"), ensure_ascii=False).encode()

    s3 = boto3.client("s3", endpoint_url=a.endpoint)
    sqs = boto3.client("sqs", endpoint_url=a.endpoint)
    failed = []
    producer = Producer({"bootstrap.servers": a.brokers, "acks": "all", "enable.idempotence": True,
                         "compression.codec": "lz4", "linger.ms": 100, "queue.buffering.max.kbytes": 65536,
                         "queue.buffering.max.messages": 1000000, "on_delivery": lambda e, m: e and failed.append(e)})
    objects = records = size = 0
    cpu0, wall0 = cpu(), time.monotonic()
    while objects < a.objects:
        got = sqs.receive_message(QueueUrl=a.queue, MaxNumberOfMessages=10, WaitTimeSeconds=20).get("Messages", [])
        for m in got:
            for r in json.loads(m["Body"])["Records"]:
                bucket, key = r["s3"]["bucket"]["name"], urllib.parse.unquote_plus(r["s3"]["object"]["key"])
                body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
                text = gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body
                size += len(text)
                for number, line in enumerate(text.splitlines(), 1):
                    value = dumps(fields(loads(line), f"s3://{bucket}/{key}", number))
                    while True:
                        try:
                            producer.produce(a.topic, value, "bench")
                            break
                        except BufferError:
                            producer.poll(0.1)
                    records += 1
                producer.poll(0)
                objects += 1
        producer.flush()
        if got:
            sqs.delete_message_batch(QueueUrl=a.queue, Entries=[
                {"Id": str(i), "ReceiptHandle": m["ReceiptHandle"]} for i, m in enumerate(got)])
    if failed:
        sys.exit(f"{len(failed)} records were not delivered: {failed[0]}")
    used = cpu() - cpu0
    print(json.dumps({"name": "python-orjson" if a.orjson else "python", "records": records, "bytes": size, "cpu_s": round(used, 3),
                      "wall_s": round(time.monotonic() - wall0, 3), "cpu_s_per_gb": round(used / (size / 1e9), 3),
                      "peak_rss_kb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}))


if __name__ == "__main__":
    main()
