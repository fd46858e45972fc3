# SPDX-License-Identifier: Apache-2.0
"""The options of Kafka's own command-line tools that the guides use, since the tools are not among the jars of
parts/kafka.py.

    python -m integration.parts.kafka_tools kafka-topics.sh --bootstrap-server HOST:PORT --create --topic events
    python -m integration.parts.kafka_tools kafka-topics.sh --bootstrap-server HOST:PORT --describe [--topic events]
    python -m integration.parts.kafka_tools kafka-console-consumer.sh --bootstrap-server HOST:PORT --topic events \\
        --from-beginning --max-messages 3
"""
import argparse
import sys

from .kafka import Cluster


def topics(args):
    p = argparse.ArgumentParser(prog="kafka-topics.sh")
    p.add_argument("--bootstrap-server", required=True)
    what = p.add_mutually_exclusive_group(required=True)
    what.add_argument("--create", action="store_true")
    what.add_argument("--describe", action="store_true")
    p.add_argument("--topic")
    p.add_argument("--partitions", type=int, default=1)
    p.add_argument("--config", action="append", default=[])
    a = p.parse_args(args)
    if a.describe:
        return describe(Cluster(a.bootstrap_server).admin.list_topics(timeout=10), a.topic)
    if not a.topic:
        p.error("--create needs --topic")
    config = {k.replace(".", "_"): v for k, v in (c.split("=", 1) for c in a.config)}
    Cluster(a.bootstrap_server).create_topic(a.topic, a.partitions, **config)
    print(f"Created topic {a.topic}.")


def describe(metadata, wanted):
    for name, topic in sorted(metadata.topics.items()):
        for n, p in sorted(topic.partitions.items()) if wanted in (None, name) else ():
            lists = [",".join(map(str, ids)) for ids in (p.replicas, p.isrs)]
            print(f"Topic: {name}\tPartition: {n}\tLeader: {p.leader if p.leader >= 0 else 'none'}\t"
                  f"Replicas: {lists[0]}\tIsr: {lists[1]}")


def console_consumer(args):
    p = argparse.ArgumentParser(prog="kafka-console-consumer.sh")
    p.add_argument("--bootstrap-server", required=True)
    p.add_argument("--topic", required=True)
    p.add_argument("--from-beginning", action="store_true", required=True)
    p.add_argument("--max-messages", type=int, required=True)
    a = p.parse_args(args)
    for record in Cluster(a.bootstrap_server).read(a.topic, a.max_messages)[:a.max_messages]:
        print(record.value.decode(errors="replace"))


if __name__ == "__main__":
    {"kafka-topics.sh": topics, "kafka-console-consumer.sh": console_consumer}[sys.argv[1]](sys.argv[2:])
