# SPDX-License-Identifier: Apache-2.0
"""SIGHUP: another configuration in a running worker, on the strict fake of AWS and real Kafka."""
import datetime
import json
import os
import pathlib
import random
import threading
import time
import urllib.request

from .parts.aws import unique
from .parts.events import generate
from .parts.places import free_ports
from .parts.strict import StrictWorld
from .parts.wait import until
from .parts.worker import config_text

LINES = 10
MORE_AT_ONCE = 6  # descriptors of two connections: so many more threads may have had a call at the same time
TEXT = generate(LINES, 1).text


def _sources(world, *topics):
    """{(object, line)} of the events of these topics, or of the world's."""
    found = set()
    for topic in topics or (world.events_topic,):
        for record in world.kafka.read(topic):
            told = json.loads(record.value)["ingest"]
            found.add((told["object"], told["line"]))
    return found


def _wanted(objects):
    return {(name, line) for name in objects for line in range(1, LINES + 1)}


def _metric(port, name):
    page = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10).read().decode()
    return [float(line.split()[-1]) for line in page.splitlines() if line.startswith(f"asymptote_ingest_{name}")]


class Load:
    """Puts an object for a customer every `pause_s` until it is stopped."""

    def __init__(self, customer, pause_s=0.05):
        self.customer, self.pause_s, self.objects, self.put_at = customer, pause_s, [], {}
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._run)

    def _run(self):
        while not self.over.wait(self.pause_s):
            now = time.time()
            self.objects.append(self.customer.put(f"load-{len(self.objects)}", TEXT))
            self.put_at[self.objects[-1]] = now

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()


def _delays_s(worker, load):
    """{object: seconds from its upload to its line `object done`}"""
    done = {line["object"]: datetime.datetime.fromisoformat(line["time"]).timestamp()
            for line in worker.lines(msg="object done")}
    return {name: done[name] - at for name, at in load.put_at.items() if name in done}


def test_a_customer_is_added_while_another_is_under_load_and_delays_none_of_its_objects(strict: StrictWorld):
    acme = strict.customer("acme")
    worker = strict.start()
    with Load(acme) as load:
        worker.logged(msg="object done", customer="acme", count=40)
        before = _delays_s(worker, load)
        bolt = strict.customer("bolt")
        told = strict.reload()
        assert (told["msg"], told["customers_added"], told["queues_added"]) == ("reloaded", "1", "1")
        first = bolt.put("first", TEXT)
        worker.logged(msg="object done", customer="bolt")
        seen = len(load.objects)
        worker.logged(msg="object done", customer="acme", count=seen + 20)
    strict.settled()
    later = {name: s for name, s in _delays_s(worker, load).items() if name not in before}
    print(f"longest delay: {max(before.values()):.3f} s before the reload, {max(later.values()):.3f} s from it on")
    assert len(later) >= 20 and max(later.values()) <= max(before.values()) + 1
    assert _sources(strict) == _wanted([*load.objects, first])
    assert not worker.lines(msg="notification left")


def test_a_removed_customer_finishes_what_is_in_flight_and_its_queue_is_left_alone(strict: StrictWorld):
    acme, gone = strict.customer("acme"), strict.customer("gone")
    worker = strict.start()
    worker.logged(msg="queue attributes", count=2)
    with strict.kafka.frozen():
        in_flight = [gone.put(f"in-flight-{n}", TEXT) for n in range(3)]
        until(lambda: gone.queue.visible() == 0, "its messages are received", 20, alive=worker)
        strict.customers.remove(gone)
        strict.queues.remove(gone.queue)
        told = strict.reload()
        assert (told["msg"], told["customers_removed"], told["queues_removed"]) == ("reloaded", "1", "1")
    until(lambda: gone.queue.depth() == 0, "what was in flight is deleted", 30, alive=worker)
    until(lambda: _sources(strict) == _wanted(in_flight), "... and delivered", 20)
    later = gone.put("later", TEXT)
    other = acme.put("other", TEXT)
    worker.logged(msg="object done", customer="acme")
    time.sleep(3)  # longer than a long poll, which may have brought it: then it was returned
    assert gone.queue.visible() == 1
    assert _sources(strict) == _wanted([*in_flight, other])
    strict.customers.append(gone)
    strict.queues.append(gone.queue)
    assert strict.reload()["customers_added"] == "1"
    strict.settled()
    assert _sources(strict) == _wanted([*in_flight, other, later])
    assert not worker.lines(msg="notification left")


def test_role_prefix_and_topic_change(strict: StrictWorld):
    acme = strict.customer("acme")
    right = acme.settings["external_id"]
    acme.settings["external_id"] = "another-id-that-the-role-does-not-want"
    acme.put("denied", TEXT)  # is received again after many minutes
    worker = strict.start()
    worker.logged(msg="customer paused", customer="acme")
    acme.settings["external_id"] = right
    told = strict.reload()
    assert (told["customers_changed"], told["customers_added"]) == ("1", "0")
    resumed = worker.logged(msg="customer resumed", customer="acme", seconds=5)[0]
    assert resumed["reason"] == "its entry was changed; the next message is read with it"
    first = acme.put("first", TEXT)
    strict.settled(left=1)
    assert _sources(strict) == _wanted([first])

    second_topic = strict.kafka.create_topic(unique("second"))
    try:
        acme.settings["topic"] = second_topic
        assert strict.reload()["customers_changed"] == "1"
        second = acme.put("second", TEXT)
        strict.settled(left=1)
        assert _sources(strict) == _wanted([first])
        assert _sources(strict, second_topic) == _wanted([second])

        acme.settings["prefix"] = acme.prefix + "/deeper"
        assert strict.reload()["customers_changed"] == "1"
        third = acme.put("deeper/third", TEXT)
        until(lambda: _sources(strict, second_topic) == _wanted([second, third]), "the new prefix is read", 30)
        acme.put("outside", TEXT)
        (left,) = worker.logged(msg="notification left")
        assert left["reason"] == "outside_prefix"
    finally:
        worker.stop()
        strict.kafka.delete_topic(second_topic)


def test_a_broken_configuration_changes_nothing_and_the_next_good_one_is_taken(strict: StrictWorld):
    (port,) = free_ports(1)
    sections = {"metrics": {"listen": f"127.0.0.1:{port}"}}
    acme = strict.customer("acme")
    worker = strict.start(**sections)
    worker.logged(msg="started")
    began = _metric(port, "config_last_reload_success_timestamp_seconds")
    good = strict.settings(**sections)
    told = worker.reload(config_text(good) + "kafak = { };\n")
    assert (told["msg"], told["level"], told["file"]) == ("configuration not reloaded", "error", str(worker.conf))
    assert told["line"] == str(len(config_text(good).splitlines()) + 1)
    assert "kafak" in told["detail"] and "stays" in told["next"]
    assert _metric(port, "config_last_reload_successful") == [0]
    told = worker.reload("queues = (")
    assert told["msg"] == "configuration not reloaded" and int(told["line"]) == 1
    told = worker.reload({**good, "limits": {"lanes": 3}})
    assert "limits.lanes" in told["detail"] and "restart" in told["next"]
    worker.conf.unlink()
    worker.conf.mkdir()
    worker.popen.send_signal(1)
    until(lambda: len(worker.lines(msg="configuration not reloaded")) == 4, "a folder is refused", 20, alive=worker)
    worker.conf.rmdir()
    first = acme.put("first", TEXT)
    strict.settled()
    assert _sources(strict) == _wanted([first])  # as if nothing had happened
    bolt = strict.customer("bolt")
    assert strict.reload(**sections)["customers_added"] == "1"
    assert _metric(port, "config_last_reload_successful") == [1]
    assert _metric(port, "config_last_reload_success_timestamp_seconds") > began
    second = bolt.put("second", TEXT)
    strict.settled()
    assert _sources(strict) == _wanted([first, second])


def test_a_hangup_during_the_start_is_a_reload_after_it(strict: StrictWorld):
    acme = strict.customer("acme")
    with strict.kafka.frozen():  # the start waits for the topics
        worker = strict.start()
        worker.logged(msg="identity")
        bolt = strict.customer("bolt")
        worker.conf.write_text(config_text(strict.settings()))
        worker.popen.send_signal(1)
        worker.logged(msg="the configuration is read again after the start")
    assert worker.logged(msg="reloaded")[0]["customers_added"] == "1"
    objects = [c.put("a", TEXT) for c in (acme, bolt)]
    strict.settled()
    assert _sources(strict) == _wanted(objects)


def _threads(worker):
    return len(list(pathlib.Path(f"/proc/{worker.pid}/task").iterdir()))


def _descriptors(worker):
    """{what: number}: connections by the port of the other side, and other descriptors."""
    remote = {}
    for line in pathlib.Path(f"/proc/{worker.pid}/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        remote[f"socket:[{fields[9]}]"] = f"to port {int(fields[2].split(':')[1], 16)}"
    found = {}
    for fd in pathlib.Path(f"/proc/{worker.pid}/fd").iterdir():
        try:
            link = os.readlink(fd)
        except FileNotFoundError:
            continue
        what = remote.get(link, link.split(":")[0])
        found[what] = found.get(what, 0) + 1
    return found


class Chaos:
    """Random changes of a world: customers come and go, change, and the file is broken."""

    def __init__(self, world, seed):
        self.world, self.random = world, random.Random(seed)
        self.away, self.objects, self.counts = [], [], {}
        self.topics = [world.events_topic, world.kafka.create_topic(unique("other"))]
        self.sections = {}

    def step(self):
        kind = self.random.choice(["add", "add", "remove", "remove", "change", "change", "queue", "limits", "break", "fix"])
        kind = "change" if kind == "add" and not self.away or kind == "remove" and len(self.world.customers) < 2 else kind
        told = getattr(self, "_" + kind)()
        self.counts[kind] = self.counts.get(kind, 0) + 1
        wanted = "configuration not reloaded" if kind in ("break", "fix") else "reloaded"
        assert told["msg"] == wanted, (kind, told)
        for c in self.world.customers:
            if self.random.random() < 0.7:
                self.objects.append(c.put(f"{len(self.objects)}", TEXT))

    def _reload(self):
        queues = {id(c.queue): c.queue for c in self.world.customers}
        self.world.queues = list(queues.values())
        return self.world.reload(**self.sections)

    def _add(self):
        self.world.customers.append(self.away.pop(self.random.randrange(len(self.away))))
        return self._reload()

    def _remove(self):
        customer = self.world.customers.pop(self.random.randrange(len(self.world.customers)))
        self.away.append(customer)
        if any(c.queue is customer.queue for c in self.world.customers):
            # What is received for it later belongs to no customer of the queue, which is still polled.
            until(lambda: customer.queue.depth() == 0, "the shared queue is empty", 60)
        return self._reload()

    def _change(self):
        customer = self.random.choice(self.world.customers)
        customer.settings["topic"] = self.random.choice(self.topics)
        customer.settings["max_lanes"] = self.random.randint(1, 4)
        return self._reload()

    def _queue(self):
        self.sections["queue"] = {"visibility": f"{self.random.randint(60, 600)}s", "wait": f"{self.random.randint(1, 3)}s"}
        return self._reload()

    def _limits(self):
        self.sections["limits"] = {"reject_share": self.random.randint(50, 95) / 100, "lanes": 4,
                                   "shutdown_grace": f"{self.random.randint(20, 30)}s"}
        return self._reload()

    def _break(self):
        text = config_text(self.world.settings(**self.sections))
        return self.world.workers[-1].reload(text[:self.random.randrange(len(text) // 2)] + "\n{")

    def _fix(self):
        """A key that cannot be changed while the worker runs."""
        return self.world.workers[-1].reload(self.world.settings(**{**self.sections, "kafka": {"queue_bytes": "32MiB"}}))

    def all_back(self):
        self.world.customers += self.away
        self.away = []
        return self._reload()


def test_random_reloads_under_load_lose_and_leak_nothing(strict: StrictWorld, request):
    shared = strict.queue()
    bucket = unique("shared")
    for id in ("one", "two"):  # of one queue and bucket
        strict.customer(id, shared, bucket=bucket, prefix=f"events/{id}")
    for id in ("three", "four", "five", "six"):
        strict.customer(id)
    chaos = Chaos(strict, seed=20261130)
    chaos.sections = {"limits": {"lanes": 4}}
    steady = strict.customers[0]
    strict.customers = strict.customers[1:]
    worker = None
    try:
        strict.customers.append(steady)
        worker = strict.start(**chaos.sections)
        for n in range(100):  # so that every thread and connection is there
            chaos.objects += [c.put(f"warm-{n}", TEXT) for c in strict.customers]
        strict.settled()
        threads, descriptors = _threads(worker), _descriptors(worker)
        everyone = list(strict.customers)
        for _ in range(request.config.getoption("--reloads")):
            chaos.step()
        chaos.all_back()
        strict.settled(180)
        wanted = _wanted(chaos.objects)
        until(lambda: _sources(strict, *chaos.topics) == wanted,
              lambda: f"{len(wanted - _sources(strict, *chaos.topics))} lines are missing", 60, every=1)
        assert len(strict.customers) == len(everyone)
        until(lambda: _threads(worker) <= threads, lambda: f"{_threads(worker)} threads, {threads} before", 30)
        until(lambda: sum(_descriptors(worker).values()) <= sum(descriptors.values()) + MORE_AT_ONCE,
              lambda: f"descriptors {_descriptors(worker)}, before {descriptors}", 60)
        print(f"reloads: {chaos.counts}; objects: {len(chaos.objects)}; threads: {threads} -> {_threads(worker)}; "
              f"descriptors: {descriptors} -> {_descriptors(worker)}")
        assert worker.stop() == 0  # with the sanitizers another status: leaks
        assert "Sanitizer" not in worker.log.read_text()
    finally:
        if worker is not None:
            worker.kill()
        strict.kafka.delete_topic(chaos.topics[1])
