# SPDX-License-Identifier: Apache-2.0
"""SIGTERM during an object: nothing is lost, and nothing stays hidden for long."""
import contextlib
import gzip
import signal
import socket
import subprocess
import time

from .parts.events import generate
from .parts.large import repeated_gzip
from .parts.strict import StrictWorld
from .parts.wait import until
from .parts.worker import Worker
from .parts.world import World

LINES = 2000
TIMES = 20


def _lines(world):
    return {event["ingest"]["line"] for _, event in world.events()}


def test_a_worker_stopped_in_the_middle_gives_its_object_back_and_another_delivers(world: World):
    text = generate(LINES, 1).text
    acme = world.customer("acme")
    first = world.start(limits={"shutdown_grace": "2s"}, kafka={"queue_bytes": "1MiB"})
    world.settled()  # moto's test event, which shows that the worker runs
    with world.kafka.frozen():
        acme.put("a.gz", repeated_gzip(text, TIMES))
        until(lambda: acme.queue.hidden() == 1, "the object is being read", 20, alive=first)
        first.terminate()
        start = time.monotonic()
        assert first.wait(20) == 0
        assert time.monotonic() - start < 5  # the grace period, and the time of the responses
        until(lambda: acme.queue.visible() == 1, "the message is visible again", 5)
    (line,) = first.lines(msg="stopped")
    assert (line["receives_done"], line["returned"], line["abandoned"]) == ("0", "0", "1")
    assert first.lines(msg="kafka did not acknowledge all", level="warn")
    world.start()
    world.settled()
    assert _lines(world) == set(range(1, LINES * TIMES + 1))
    ids = {}
    for _, event in world.events():  # records of the first worker are produced again, with the same ids
        assert ids.setdefault(event["ingest"]["line"], event["ingest"]["id"]) == event["ingest"]["id"]


def test_a_worker_finishes_what_it_can_within_the_grace_time(world: World):
    acme = world.customer("acme")
    worker = world.start()
    world.settled()
    acme.put("a.gz", repeated_gzip(generate(LINES, 1).text, TIMES))
    until(lambda: world.count() > 0, "the object is being read", 20, alive=worker)
    worker.terminate()
    assert worker.wait(30) == 0
    assert acme.queue.depth() == 0
    assert _lines(world) == set(range(1, LINES * TIMES + 1))
    assert world.count() == LINES * TIMES


def test_a_hangup_does_not_end_the_worker(world: World):
    acme = world.customer("acme")
    worker = world.start()
    world.settled()
    worker.signal(signal.SIGHUP)
    worker.logged(msg="reloaded", customers_added=0, customers_removed=0, customers_changed=0)
    acme.put("a.jsonl", generate(10, 1).text)
    until(lambda: world.count() == 10, "it goes on", 20, alive=worker)


def test_an_idle_worker_ends_at_once(world: World):
    world.customer("acme")
    worker = world.start(queue={"wait": "20s"})
    world.settled()
    start = time.monotonic()
    assert worker.stop() == 0
    assert time.monotonic() - start < 3


def test_a_second_signal_ends_at_once_and_nothing_is_lost(world: World):
    acme = world.customer("acme")
    first = world.start(queue={"visibility": "10s"})
    world.settled()
    with world.kafka.frozen():  # so that the whole grace period would be used
        acme.put("a.gz", repeated_gzip(generate(LINES, 1).text, TIMES))
        until(lambda: acme.queue.hidden() == 1, "the object is being read", 20, alive=first)
        first.terminate()
        first.logged(msg="stopping")
        start = time.monotonic()
        first.terminate()
        assert first.wait(20) == 3
        assert time.monotonic() - start < 2
    world.moto.let_time_pass(11)
    world.start()
    world.settled()
    assert _lines(world) == set(range(1, LINES * TIMES + 1))


def test_a_killed_workers_object_is_delivered_by_another(world: World):
    acme = world.customer("acme")
    first = world.start(queue={"visibility": "10s"})
    world.settled()
    with world.kafka.frozen():
        acme.put("a.gz", repeated_gzip(generate(LINES, 1).text, TIMES))
        until(lambda: acme.queue.hidden() == 1, "the object is being read", 20, alive=first)
        first.kill()
    world.moto.let_time_pass(11)
    world.start()
    world.settled()
    assert _lines(world) == set(range(1, LINES * TIMES + 1))


@contextlib.contextmanager
def nobody_answers():
    """A port that accepts connections and never answers."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        s.listen(100)
        yield "127.0.0.1:%d" % s.getsockname()[1]


def test_a_stop_is_heard_while_neither_aws_nor_kafka_answers_at_the_start(tmp_path):
    with nobody_answers() as aws, nobody_answers() as kafka:
        url = f"http://{aws}"
        worker = Worker(tmp_path, {
            "aws": {"region": "eu-west-1", "endpoint_sqs": url, "endpoint_s3": url, "endpoint_sts": url},
            "kafka": {"properties": [f"bootstrap.servers={kafka}"], "topic": "t", "rejects_topic": "r"},
            "queues": [{"name": "q", "url": f"{url}/1/q"}],
            "customers": [{"id": "acme", "queue": "q", "bucket": "bucket", "prefix": "p", "region": "eu-west-1",
                           "account_id": "111122223333", "role_arn": "arn:aws:iam::111122223333:role/r",
                           "external_id": "x-1"}]})
        try:
            worker.logged(msg="starting")
            began = time.monotonic()
            worker.terminate()
            assert worker.wait(30) == 0
            assert time.monotonic() - began < 3
            assert worker.lines(msg="stopped before the start: nothing was received")
        finally:
            worker.kill()



HANGS = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <string.h>
#include <unistd.h>
typedef int look_up(const char *, const char *, const struct addrinfo *, struct addrinfo **);
int getaddrinfo(const char *host, const char *port, const struct addrinfo *hints, struct addrinfo **out)
{
    look_up *real = (look_up *)dlsym(RTLD_NEXT, "getaddrinfo");
    if (host != NULL && strcmp(host, "hangs.test") == 0) {
        sleep(60);
    }
    return real(host, port, hints, out);
}
"""


STUCK = r"""
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
struct inflate_state;
int isal_inflate(struct inflate_state *state)
{
    (void)state;
    close(open(getenv("STUCK"), O_CREAT | O_WRONLY, 0600));
    sleep(60);
    return 0;
}
"""


def _shim(strict, source):
    """A library to preload, whose functions come before those of the worker's libraries."""
    path = strict.folder / "shim.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", path, "-x", "c", "-", "-ldl"], input=source, text=True, check=True)
    return str(path)


def test_a_lane_that_is_stuck_in_a_library_does_not_hold_up_the_end(strict: StrictWorld):
    acme = strict.customer("acme")
    stuck = strict.folder / "stuck"
    worker = strict.start(env={"LD_PRELOAD": _shim(strict, STUCK), "STUCK": str(stuck)},
                          limits={"shutdown_grace": "2s"})
    acme.put("a.gz", gzip.compress(generate(2, 1).text))
    until(stuck.exists, "the object is being decompressed", 20, alive=worker)
    start = time.monotonic()
    assert worker.stop() == 0
    assert time.monotonic() - start < 10
    (line,) = worker.lines(msg="lane thread did not stop", level="error")
    assert "reappear" in line["next"] and not worker.lines(msg="stopped")
    assert acme.queue.depth() == 1 and strict.count() == 0


def test_a_name_that_is_looked_up_for_a_minute_does_not_hold_up_the_end(strict: StrictWorld):
    """librdkafka resolves names on threads for which it waits when it is closed."""
    acme = strict.customer("acme")
    servers = f"bootstrap.servers={strict.kafka.bootstrap},hangs.test:9092"
    # Otherwise librdkafka connects to, and looks up, only one bootstrap server chosen at random.
    properties = [servers, "enable.sparse.connections=false"]
    worker = strict.start(env={"LD_PRELOAD": _shim(strict, HANGS)}, kafka={"properties": properties},
                          limits={"shutdown_grace": "2s"})
    acme.put("a", generate(2, 1).text)
    strict.settled()
    assert strict.count() == 2
    start = time.monotonic()
    assert worker.stop() == 0
    assert time.monotonic() - start < 10
    assert worker.lines(msg="shutdown timed out in a library call")
