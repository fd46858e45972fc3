# SPDX-License-Identifier: Apache-2.0
"""Live objects beside backfills, of other customers and of the same one on the same queue: their p99 is at most 1.5 times
that without, or half a second."""
import os
import subprocess

import pytest

from .parts.aws import KEYS, unique
from .parts.commands import Command
from .parts.events import generate
from .parts.places import binary
from .parts.process import clean_env, die_with_parent
from .parts.strict import StrictWorld
from .parts.wait import until
from .parts.worker import config_text
from .test_neighbours import S3_S, _lags, _percentile, _put_steadily

OLD = 2000        # objects of each backfill
TIMES = 1.5       # of p99
KEYS_SENT = 1_000_000  # of the backfill on the live customer's own queue, which is ended after the measurement
FLOOR_S = 0.5     # below this the ratio depends more on other work of the host than on the worker


@pytest.mark.slow
def test_live_objects_are_not_delayed_by_a_backfill(strict: StrictWorld):
    topic = strict.kafka.create_topic(unique("live"), message_timestamp_type="LogAppendTime")
    live = strict.customer("live", topic=topic)
    filled = [strict.customer("one"), strict.customer("two")]
    strict.fake.fault(service="s3", action="GetObject", delay_s=S3_S, count=-1)
    text = generate(20, 1).text
    for customer in filled:
        for n in range(OLD):
            strict.fake.put_object(customer.bucket, customer.key(f"old/{n:05}.jsonl"), text, notify_queue=False)
    worker = strict.start()
    for customer in (live, *filled):
        customer.put("first.jsonl", text)
    strict.settled()
    alone = _lags(strict, topic, _put_steadily(live, "alone", text))
    for customer in filled:
        done = Command(strict.folder, "backfill", strict.settings(), customer.id, "--prefix", customer.key("old/"),
                       "--rate", "0", "--queue-room", "0", "--json")
        assert done.status == 0, done.stderr
    read = len(worker.lines(msg="object done"))
    put = _put_steadily(live, "beside", text)
    of_backfill = len(worker.lines(msg="object done")) - read - len(put)
    left = [customer.queue.depth() for customer in filled]
    beside = _lags(strict, topic, put)
    a, b = (_percentile(lags, .99) for lags in (alone, beside))
    print(f"p50/p99 alone {_percentile(alone, .5):.3f}/{a:.3f} s, beside {_percentile(beside, .5):.3f}/{b:.3f} s; "
          f"{of_backfill} objects of the backfills read meanwhile, {left} messages left then")
    assert all(n > 50 for n in left), "a backfill was over before the measurement: more objects"
    assert of_backfill > 10  # it goes on meanwhile
    assert b <= max(TIMES * a, FLOOR_S)
    strict.kafka.delete_topic(topic)


class OwnBackfill:
    """A backfill of KEYS_SENT keys that runs beside: the keys of `names`, again and again."""

    def __init__(self, world, customer, names, *options):
        self.keys = world.folder / "keys"
        self.keys.write_text("".join(f"{names[n % len(names)]}\n" for n in range(KEYS_SENT)))
        conf = world.folder / "own-backfill.conf"
        conf.write_text(config_text(world.settings()))
        conf.chmod(0o600)
        env = {**clean_env(), "HOME": str(world.folder), "AWS_EC2_METADATA_DISABLED": "true",
               **{k.upper(): v for k, v in KEYS.items()}}
        argv = [str(binary()), "backfill", "-c", str(conf), customer.id, "--keys", "-", "--json", *options]
        with self.keys.open() as text, (world.folder / "own-backfill.log").open("w") as log:
            self.process = subprocess.Popen(argv, stdin=text, stdout=log, stderr=log, env=env, preexec_fn=die_with_parent)

    def end(self):
        assert self.process.poll() is None, "the backfill was over before the measurement"
        self.process.kill()
        self.process.wait()


def test_live_objects_of_the_same_queue_are_not_delayed_by_a_backfill(strict: StrictWorld):
    """With the command's default pace."""
    topic = strict.kafka.create_topic(unique("live"), message_timestamp_type="LogAppendTime")
    live = strict.customer("live", topic=topic)
    strict.fake.fault(service="s3", action="GetObject", delay_s=S3_S, count=-1)
    text = generate(20, 1).text
    names = [live.key(f"old/{n:05}.jsonl") for n in range(500)]
    for name in names:
        strict.fake.put_object(live.bucket, name, text, notify_queue=False)
    worker = strict.start()
    live.put("first.jsonl", text)
    strict.settled()
    alone = _lags(strict, topic, _put_steadily(live, "alone", text))
    backfill = OwnBackfill(strict, live, names, *os.environ.get("BACKFILL_OPTIONS", "").split())
    until(lambda: len(worker.lines(msg="object done")) > 700, worker.tail, 60, alive=worker)
    read = len(worker.lines(msg="object done"))
    put = _put_steadily(live, "beside", text)
    of_backfill = len(worker.lines(msg="object done")) - read - len(put)
    left = live.queue.visible()
    backfill.end()
    beside = _lags(strict, topic, put)
    a, b = (_percentile(lags, .99) for lags in (alone, beside))
    print(f"p50/p99 alone {_percentile(alone, .5):.3f}/{a:.3f} s, beside {_percentile(beside, .5):.3f}/{b:.3f} s; "
          f"{of_backfill} objects of the backfill read meanwhile, {left} messages in the queue then")
    assert of_backfill > len(put)  # it goes on meanwhile
    assert b <= max(TIMES * a, FLOOR_S)
    strict.kafka.delete_topic(topic)
