# SPDX-License-Identifier: Apache-2.0
"""Objects that a customer's `only` and `ignore` leave out are done without a request, in every form of
notification. They are deleted before the worker starts: one that were read would not be settled."""
import subprocess

import pytest

from .parts.events import generate
from .parts.places import binary
from .parts.world import World
from .test_monitoring import LISTEN, Window

FILTERS = {"only": ["*.jsonl", "*.jsonl.gz", "*.md"], "ignore": ["*/_temporary/*", "*/tmp-[0-9]*", "*.md"]}
READ = ["a.jsonl", "dt=2026-05-11/b.jsonl", "dt=2026-05-11/tmp.jsonl", "my_temporary/c.jsonl"]
IGNORED = ["README.md", "_SUCCESS", "_temporary/0/d.jsonl", "dt=2026-05-11/_temporary/e.jsonl", "x/tmp-1.jsonl",
           "a.jsonl.tmp"]


def _direct(world):
    return world.customer("acme", **FILTERS)


def _sns(world, raw):
    acme = world.customer("acme", notify=False, via="sns", **FILTERS)
    world.moto.notify(acme.bucket, acme.prefix + "/", topic_arn=world.moto.sns_to(acme.queue, raw))
    return acme


def _eventbridge(world):
    acme = world.customer("acme", notify=False, via="eventbridge", **FILTERS)
    world.moto.eventbridge_to(acme.queue, acme.bucket)
    world.moto.notify(acme.bucket, acme.prefix + "/", eventbridge=True)
    return acme


FORMS = {"s3": _direct, "sns wrapped": lambda world: _sns(world, False), "sns raw": lambda world: _sns(world, True),
         "eventbridge": _eventbridge}


@pytest.mark.parametrize("form", FORMS)
def test_objects_that_the_patterns_leave_out_are_done_without_a_request(world: World, form):
    acme = FORMS[form](world)
    want = {acme.put(name, generate(3, n).text) for n, name in enumerate(READ)}
    for name in IGNORED:
        acme.put(name, b"no event\n")
        world.moto.s3.delete_object(Bucket=acme.bucket, Key=acme.key(name))
    worker = world.start(metrics=LISTEN, log={"level": "debug"})
    world.settled()
    assert {event["ingest"]["object"] for _, event in world.events()} == want
    assert acme.queue.dead.depth() == 0
    assert world.rejects() == []
    ignored = {line["object"] for line in worker.lines(msg="object ignored", level="debug", customer="acme")}
    assert ignored == {f"s3://{acme.bucket}/{acme.key(name)}" for name in IGNORED}
    window = Window(worker)
    assert window.value("skipped_total", customer="acme", reason="ignored") == len(IGNORED)
    assert window.value("objects_total", customer="acme") == len(READ)


def test_a_wrong_pattern_is_an_error_of_the_configuration(world: World):
    acme = world.customer("acme", only=["*.{json,gz}"], ignore=["asymptote/events/tmp/*"])
    world.start()
    conf = world.workers[-1].conf
    done = subprocess.run([binary(), "check-config", "-c", conf], capture_output=True, text=True)
    assert done.returncode != 0
    assert 'customer acme.only: "*.{json,gz}" has braces, which are not supported' in done.stderr + done.stdout
    assert f'customer acme.ignore: "{acme.prefix}/tmp/*" has the prefix in it' in done.stderr + done.stdout
