# SPDX-License-Identifier: Apache-2.0
"""120,000 messages of a queue are in flight, with another consumer: SQS answers short polls with OverLimit."""
import time

import pytest

from .parts.events import generate
from .parts.strict import StrictWorld
from .parts.window import LISTEN, Window


@pytest.mark.parametrize("code", ["OverLimit", "AWS.SimpleQueueService.OverLimit"])
def test_a_queue_over_its_limit_in_flight_is_asked_less_often_and_said_once(strict: StrictWorld, code):
    full, other = strict.customer("full"), strict.customer("other")
    worker = strict.start(metrics=LISTEN, queue={"wait": "1s"})
    window, name = Window(worker), full.queue.name
    full.put("before", generate(2, 1).text)
    strict.settled()
    since = len(strict.fake.log(action="ReceiveMessage", bucket=name))
    strict.fake.fault(service="sqs", action="ReceiveMessage", bucket=name, error={"code": code, "status": 403}, count=-1)
    began = time.monotonic()
    (line, *_) = worker.logged(30, outage="begins", queue=name)
    assert (line["msg"], line["error"], line["call"]) == ("queue calls fail", "throttled", "receive")
    assert "too many messages are in flight" in line["next"]
    full.put("meanwhile", generate(2, 2).text)
    for n in range(5):
        other.put(f"{n}", generate(2, 10 + n).text)
    window.await_("objects_total", 5, customer="other", outcome="done")
    window.await_("receives_total", 3, queue=name, result="throttled")
    asked = len(strict.fake.log(action="ReceiveMessage", bucket=name)) - since
    seconds = time.monotonic() - began
    print(f"{asked} receives in {seconds:.0f} s")
    assert asked <= 2 * seconds + 3  # 1 s at first, and longer each time; not as fast as it answers
    assert len(worker.lines(outage="begins", queue=name)) == 1
    strict.fake.clear_faults()
    (over, *_) = worker.logged(90, msg="queue connected", outage="over", queue=name)
    assert int(over["failed_calls"]) >= 2
    strict.settled()
    assert strict.count() == 2 + 2 + 10
