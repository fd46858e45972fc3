# SPDX-License-Identifier: Apache-2.0
"""`redrive` on the strict fake: what is in a dead-letter queue, by customer and class, and back without a loss."""
import json
import random
import subprocess
from collections import Counter
from urllib.parse import unquote_plus

import pytest

from .parts.aws import KEYS
from .parts.commands import Command
from .parts.places import binary
from .parts.process import clean_env
from .parts.wait import until
from .parts.worker import config_text

EVENT = '{"timestamp": "2026-11-30T07:00:00Z", "user": "annabel", "action": "login"}\n'


def redrive(strict, *arguments):
    return Command(strict.folder, "redrive", strict.settings(), *arguments)


def dead_letter(strict, customer, name, body=EVENT, there=True, **more):
    """The notification of an object in the dead-letter queue."""
    key = customer.key(name)
    strict.fake.put_object(customer.bucket, key, body, notify_queue=False, **more)
    told = strict.fake.notification(customer.bucket, key)
    if not there:
        strict.fake.delete_object(customer.bucket, key)
    customer.queue.dead.send(told if isinstance(told, str) else json.dumps(told))


def keys(queue):
    return Counter(unquote_plus(json.loads(body)["Records"][0]["s3"]["object"]["key"]).rsplit("/", 1)[1]
                   for body in queue.bodies())


def groups(command):
    """{(customer, class, code): (messages, sent)}. What code a missing key has depends on the rights of the role."""
    return {(g["customer"], g["class"], "" if g["class"] == "gone" else g["code"]): (g["messages"], g["sent"])
            for g in command.json()}


@pytest.fixture
def shared(strict):
    """Two customers of one queue, and dead letters of every kind."""
    queue = strict.queue()
    acme, bolt = strict.customer("acme", queue), strict.customer("bolt", queue)
    for n in range(25):
        dead_letter(strict, acme, f"ok-{n}")
    for n in range(3):
        dead_letter(strict, acme, f"gone-{n}", there=False)
    for n in range(2):
        dead_letter(strict, acme, f"cold-{n}", storage_class="GLACIER")
    dead_letter(strict, acme, "empty", body="")
    for n in range(4):
        dead_letter(strict, bolt, f"bolt-{n}")
    queue.dead.send("no notification")
    return acme, bolt, queue


ALL = {("acme", "readable", ""): 26, ("acme", "gone", ""): 3, ("acme", "archived", "InvalidObjectState"): 2,
       ("bolt", "readable", ""): 4, ("", "data", ""): 1}


def test_a_dry_run_groups_and_changes_nothing(strict, shared):
    _, _, queue = shared
    done = redrive(strict, "--dry-run", "--json")
    assert done.status == 0, done.stderr
    assert groups(done) == {k: (n, 0) for k, n in ALL.items()}
    assert all(g["example"] for g in done.json())
    assert (queue.depth(), queue.dead.depth()) == (0, 36)
    assert queue.dead.visible() == 36  # at once, not after the visibility timeout
    done = redrive(strict, "--dry-run")
    assert "readable" in done.stdout and "dry run: nothing was sent. The messages were hidden while" in done.stderr


def test_what_is_chosen_goes_back_and_nothing_else(strict, shared):
    _, _, queue = shared
    done = redrive(strict, "--customer", "acme", "--class", "readable", "--json")
    assert done.status == 0, done.stderr
    assert groups(done) == {k: (n, n if k[:2] == ("acme", "readable") else 0) for k, n in ALL.items()}
    assert keys(queue) == Counter(["empty", *(f"ok-{n}" for n in range(25))])
    assert queue.dead.depth() == queue.dead.visible() == 10
    strict.start()
    until(lambda: strict.count() == 25, "the events", 60)


def test_all_of_a_customer_goes_back(strict, shared):
    _, _, queue = shared
    assert redrive(strict, "--rate", "0").status == 0
    assert queue.depth() == 35 and queue.dead.depth() == 1  # what is no notification stays


def test_without_a_message_it_says_so_in_one_line(strict):
    names = [strict.customer("c0").queue.name]
    done = redrive(strict)
    assert done.status == 0 and done.stdout == ""
    assert done.stderr == f"queue {names[0]}: no message is visible in its dead-letter queue; nothing was sent\n"
    names += [strict.customer(f"c{n}").queue.name for n in range(1, 7)]
    assert redrive(strict, "--dry-run").stderr == ("7 queues: no message is visible in their dead-letter queues: "
                                                   f"{', '.join(names[:5])} and others\n")


def test_with_a_customer_only_its_dead_letter_queue_is_read(strict):
    acme, bolt = strict.customer("acme"), strict.customer("bolt")
    dead_letter(strict, acme, "a")
    dead_letter(strict, bolt, "b")
    strict.fake.fault(service="sqs", action="ReceiveMessage", bucket=bolt.queue.dead.name, error="AccessDenied", count=-1)
    done = redrive(strict, "--customer", "acme", "--json")
    assert done.status == 0, done.stderr
    assert groups(done) == {("acme", "readable", ""): (1, 1)} and done.stderr == ""
    done = redrive(strict, "--customer", "acme")
    assert done.stderr == f"queue {acme.queue.name}: no message is visible in its dead-letter queue; nothing was sent\n"
    assert redrive(strict).status == 1  # that of the other customer cannot be read


def test_a_send_that_fails_keeps_its_message(strict, shared):
    _, _, queue = shared
    strict.fake.fault(service="sqs", action="SendMessageBatch", error="AccessDenied", count=-1)
    done = redrive(strict, "--rate", "0")
    assert done.status == 1 and "AccessDenied" in done.stderr
    assert (queue.depth(), queue.dead.depth()) == (0, 36)


def test_throttling_is_waited_for(strict, shared):
    _, _, queue = shared
    strict.fake.fault(service="sqs", action="SendMessageBatch", error="RequestThrottled", count=2)
    strict.fake.fault(service="sqs", action="DeleteMessageBatch", error="RequestThrottled", count=1)
    assert redrive(strict, "--rate", "0", "--customer", "bolt").status == 0
    assert keys(queue) == Counter(f"bolt-{n}" for n in range(4))
    assert queue.dead.depth() == 32


def test_a_kill_loses_nothing(strict, tmp_path):
    acme = strict.customer("acme")
    count, kills, rng = 300, 0, random.Random(5)
    for n in range(count):
        dead_letter(strict, acme, f"{n:03d}")
    conf = tmp_path / "killed.conf"
    conf.write_text(config_text(strict.settings()))
    conf.chmod(0o600)
    env = {**clean_env(), "HOME": str(tmp_path), "AWS_EC2_METADATA_DISABLED": "true",
           **{k.upper(): v for k, v in KEYS.items()}}
    while acme.queue.dead.depth() > 0:
        wanted = acme.queue.depth() + rng.randrange(20, 90)
        with subprocess.Popen([str(binary()), "redrive", "-c", str(conf), "--rate", "0"], env=env,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            until(lambda: acme.queue.depth() >= wanted or process.poll() is not None, "messages", 60, every=0.002)
            process.kill()
            kills += process.wait() != 0
        assert set(keys(acme.queue)) | set(keys(acme.queue.dead)) == {f"{n:03d}" for n in range(count)}
        strict.fake.clock(advance_s=601)  # what it held is visible again
    got = keys(acme.queue)
    assert set(got) == {f"{n:03d}" for n in range(count)}
    assert kills >= 2 and sum(got.values()) <= count + 10 * kills
