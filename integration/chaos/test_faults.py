# SPDX-License-Identifier: Apache-2.0
"""Each fault that a schedule could make without an effect: it breaks something, and the repair
works.
"""
from confluent_kafka import Producer

from ..parts.kafka import Kafka
from ..parts.wait import until
from .run import total

BROKER = 2


def put(kafka, topic, records):
    """Produce, acknowledged by all in-sync replicas."""
    producer = Producer({"bootstrap.servers": kafka.bootstrap, "log_level": 0, "acks": "all"})
    failed = []
    for _ in range(records):
        producer.produce(topic, value=b"x" * 1000, partition=0, on_delivery=lambda error, _: error and failed.append(error))
    assert producer.flush(60) == 0 and not failed


def test_a_broker_with_a_full_disk_ends_and_comes_back_with_room(tmp_path):
    with Kafka(tmp_path, nodes=3) as kafka:
        kafka.create_topic("t", partitions=1, min_insync_replicas=2)
        put(kafka, "t", 100)
        kafka.fill_disk(BROKER)
        put(kafka, "t", 500)  # the other two brokers accept it
        until(lambda: not kafka.nodes[BROKER].running(), "the broker has ended by itself", 60)
        assert "File too large" in kafka.nodes[BROKER].log.read_text()  # regardless of which of its logs failed first
        kafka.empty_disk(BROKER)
        until(lambda: kafka.in_sync("t") == 3, "it is in sync again", 120)
        assert kafka.count("t") == 600


def test_a_round_that_broke_off_is_bad_and_the_others_are_summed_up():
    good = {"good": True, "seed": 1, "minutes": 2, "records": 30, "events": 20, "repeats": 10, "drain_s": 4, "faults": {"a": 1}}
    told = total([good, {**good, "seed": 2, "drain_s": 9}, {"good": False, "seed": 3, "error": "Broken: x"}])["total"]
    assert told["seeds"] == [1, 2, 3] and told["bad_seeds"] == [3]
    assert (told["minutes"], told["events"], told["repeats_share"]) == (4, 40, 0.3333)
    assert told["longest_drain_s"] == 9 and told["faults"] == {"a": 2}
