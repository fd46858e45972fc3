# SPDX-License-Identifier: Apache-2.0
"""Live objects of a customer beside backfills of two others: their p99 is at most 1.5 times that without.

On the backfill's own queue live notifications wait behind at most --queue-room messages: docs/jobs.md."""
import pytest

from .parts.aws import unique
from .parts.commands import Command
from .parts.events import generate
from .parts.strict import StrictWorld
from .test_neighbours import S3_S, _lags, _percentile, _put_steadily

OLD = 2000        # objects of each backfill
TIMES = 1.5       # of p99
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
