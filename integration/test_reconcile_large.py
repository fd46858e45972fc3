# SPDX-License-Identifier: Apache-2.0
"""`reconcile` of many keys from the fast fake's list: its memory does not depend on the number of objects in the bucket, and is
bounded by that of what was delivered."""
import json
import subprocess
import sys
import time

import pytest
from confluent_kafka import Producer

from .parts.aws import KEYS, unique
from .parts.places import binary
from .parts.process import clean_env
from .test_backfill_large import conf, listing  # noqa: F401

DELIVERED = 0.9  # of the keys have an event


def event(n):
    """As far as reconcile reads it."""
    return json.dumps({"specversion": "1.0", "type": "asymptote.ingest.object.done",
                       "data": {"customer": "acme", "result": "read", "bucket": "bucket", "key": f"logs/{n:09}", "etag": f"{n:032x}", "lag_ms": 5}})


def produce(kafka, topic, count):
    producer = Producer({"bootstrap.servers": kafka.bootstrap, "queue.buffering.max.messages": 2_000_000, "linger.ms": 50})
    for n in range(count):
        producer.produce(topic, event(n), key="acme")
    assert producer.flush(300) == 0


def peak_mib(argv, env):
    """The result and the peak memory of a command. It is started by a small process: a child's peak counts from its
    parent's memory on, and this one may have gigabytes."""
    start = ("import resource, subprocess, sys; status = subprocess.call(sys.argv[1:]); "
             "print(status, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)")
    run = subprocess.run([sys.executable, "-c", start, *argv], env=env, stdout=subprocess.PIPE, text=True, check=True)
    told, _, last = run.stdout.rstrip("\n").rpartition("\n")
    status, peak_kib = last.split()
    return told, int(status), int(peak_kib) // 1024


@pytest.mark.slow
def test_the_memory_does_not_depend_on_the_number_of_objects(listing, kafka, tmp_path):  # noqa: F811
    count, endpoint = listing
    topic = kafka.create_topic(unique("ops"), partitions=2)
    path = conf(tmp_path, endpoint)
    text = path.read_text().replace("bootstrap.servers=127.0.0.1:1", f"bootstrap.servers={kafka.bootstrap}")
    path.write_text(text.replace('rejects_topic = "rejects"', f'rejects_topic = "rejects"; ops_topic = "{topic}"'))
    assert topic in path.read_text()
    env = {**clean_env(), "HOME": str(tmp_path), "AWS_EC2_METADATA_DISABLED": "true", **{k.upper(): v for k, v in KEYS.items()}}
    argv = [str(binary()), "reconcile", "-c", str(path), "acme", "--json", "--no-dead-letters", "--from", "1000", "--to",
            str(int(time.time()) + 3600)]
    told, status, empty = peak_mib(argv, env)
    assert (status, json.loads(told)["missing"]) == (3, count)
    delivered = int(count * DELIVERED)
    produce(kafka, topic, delivered)
    told, status, full = peak_mib(argv, env)
    print(f"\n{count} keys, {delivered} delivered: peak RSS {empty} MiB without events, {full} MiB with them")
    assert (status, json.loads(told)["delivered"], json.loads(told)["missing"]) == (3, delivered, count - delivered)
    assert empty < 96 and full - empty < 64 + delivered * 48 / 2**20
    kafka.delete_topic(topic)
