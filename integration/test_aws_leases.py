# SPDX-License-Identifier: Apache-2.0
"""Messages are held while they are in progress and abandoned when their lease is lost; on queues
whose handles expire.
"""
import collections
import signal

from .parts.events import generate
from .parts.strict import StrictWorld
from .parts.wait import until


def _ids(strict):
    return collections.Counter(event["ingest"]["id"] for _, event in strict.events())


def test_a_slow_object_is_held_by_heartbeats_and_received_once(strict: StrictWorld):
    acme = strict.customer("acme")
    text = generate(200, 5).text
    strict.fake.fault(service="s3", action="GetObject", drip=len(text) // 9)
    acme.put("a", text)
    worker = strict.start(queue={"visibility": "10s"})
    strict.start(queue={"visibility": "10s"})
    strict.settled(60)
    counters = strict.fake.queue(acme.queue.name)["counters"]
    assert counters["received"] == 1 and counters["changed"] >= 2
    assert set(_ids(strict).values()) == {1}
    assert worker.running()


def test_a_lost_lease_is_noticed_and_somebody_else_delivers(strict: StrictWorld):
    acme = strict.customer("acme")
    text = generate(200, 5).text
    strict.fake.fault(service="s3", action="GetObject", stall={"at": 100, "s": 600})
    acme.put("a", text)
    first = strict.start(queue={"visibility": "12s"}, limits={"idle_timeout": "60s"})
    until(lambda: strict.fake.log(action="GetObject"), "the first worker reads", 20, alive=first)
    first.signal(signal.SIGSTOP)  # for longer than the visibility timeout, by the queue's clock
    second = strict.start(queue={"visibility": "12s"})
    strict.fake.clock(advance_s=13)
    second.logged(msg="object done", customer="acme")
    first.signal(signal.SIGCONT)
    (line, *_) = first.logged(seconds=20, msg="lease lost", queue=acme.queue.name)
    assert "abandoned" in line["next"]
    strict.settled()
    assert len(_ids(strict)) == 200
    assert strict.fake.queue(acme.queue.name)["counters"]["deleted"] == 1


def test_at_twelve_hours_a_message_is_given_up_before_the_queue_takes_it(strict: StrictWorld):
    acme = strict.customer("acme")
    strict.fake.settings(lease_limit_s=15)
    strict.fake.fault(service="s3", action="GetObject", stall={"at": 100, "s": 600})
    acme.put("a", generate(50, 5).text)
    worker = strict.start(queue={"visibility": "12s"}, limits={"idle_timeout": "60s"})
    worker.logged(seconds=40, msg="lease limit reached", queue=acme.queue.name)
    strict.fake.settings(lease_limit_s=43_200)
    strict.fake.clock(advance_s=30)
    strict.settled(60)
    assert len(_ids(strict)) == 50


def test_every_message_twice_gives_every_event_the_same_id(strict: StrictWorld):
    acme = strict.customer("acme")
    strict.fake.change_queue(acme.queue.name, duplicates=1.0)
    for n in range(20):
        acme.put(f"{n}", generate(5, n).text)
    strict.start()
    strict.settled()
    seen = _ids(strict)
    assert len(seen) == 100 and set(seen.values()) <= {1, 2}
    assert acme.queue.dead.depth() == 0


def test_a_queue_that_is_full_in_flight_is_worked_off_all_the_same(strict: StrictWorld):
    acme = strict.customer("acme")
    strict.fake.change_queue(acme.queue.name, max_in_flight=2)
    for n in range(30):
        acme.put(f"{n}", generate(2, n).text)
    strict.start()
    strict.settled()
    assert sum(_ids(strict).values()) == 60


def test_only_what_can_start_is_received(strict: StrictWorld):
    acme = strict.customer("acme")
    strict.fake.fault(service="s3", action="GetObject", count=-1, hang_s=600)
    for n in range(200):
        acme.put(f"{n}", "{}\n")
    worker = strict.start(limits={"lanes": 2, "idle_timeout": "60s"})
    until(lambda: len(strict.fake.log(action="ReceiveMessage")) >= 1, "messages are received", 20, alive=worker)
    polls = len(strict.fake.log(action="ReceiveMessage"))
    until(lambda: strict.fake.queue(acme.queue.name)["in_flight"] >= 2, "two lanes are busy", 20, alive=worker)
    assert strict.fake.queue(acme.queue.name)["in_flight"] <= 24, polls


def test_answers_of_receives_that_are_lost_cost_time_but_no_message(strict: StrictWorld):
    acme = strict.customer("acme")
    strict.fake.fault(service="sqs", action="ReceiveMessage", bucket=acme.queue.name, lost=True, count=3)
    for n in range(30):
        acme.put(f"{n}", generate(2, n).text)
    worker = strict.start(queue={"visibility": "20s"})

    def passed():
        strict.fake.clock(advance_s=5)
        return strict.left() == 0
    until(passed, lambda: f"the queue is empty; the log ends:\n{worker.tail()}", 60, every=0.5, alive=worker)
    assert len(_ids(strict)) == 60


def test_hundreds_of_queues_are_polled_by_one_worker(strict: StrictWorld):
    owners = [strict.customer(f"c{n}") for n in range(300)]
    worker = strict.start(queue={"wait": "20s"})
    until(lambda: len({e["bucket"] for e in strict.fake.log(action="ReceiveMessage")} | _polling(strict)) >= 300,
          lambda: f"300 queues are polled; the log ends:\n{worker.tail()}", 60, every=0.5, alive=worker)
    text = generate(1, 5).text
    for owner in owners:
        owner.put("a", text)
    strict.settled(30)
    assert strict.count() == 300
    assert worker.peak_rss() < 200 << 20


def _polling(strict):
    """Queues with an open long poll: a poll is logged when it ends."""
    with strict.fake.world.lock:
        return {q.name for q in strict.fake.world.queues.values() if q.waiting}
