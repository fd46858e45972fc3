# SPDX-License-Identifier: Apache-2.0
"""`backfill` on the strict fake: objects that exist already come to Kafka as others do."""
import gzip
import hashlib
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

EVENT = '{"timestamp": "2026-11-30T07:00:00Z", "user": "annabel", "action": "login", "n": %d}\n'
NO_ROOM = ("--queue-room", "0")  # without a worker the queue is never emptied
HOSTILE = ["a b+c%2B", 'q"\\uote', "\u043a\u043b\u044e\u0447/\u9375/\U0001f511", "../../etc/passwd", "$(id);`id`", "*?[x]", "&lt;x>'", "a//b", "-rf",
           "x" * 900]


@pytest.fixture
def acme(strict):
    return strict.customer("acme", ignore=["*.tmp"])


def put(strict, customer, name, body=None, **more):
    return strict.fake.put_object(customer.bucket, customer.key(name), EVENT % 1 if body is None else body,
                                  notify_queue=False, **more)


def put_many(strict, customer, count, first=0):
    strict.fake.put_objects(customer.bucket, [
        {"key": customer.key(f"{n:06d}"), "body": EVENT % n, "notify_queue": False} for n in range(first, first + count)])


def backfill(strict, *arguments, stdin=None):
    return Command(strict.folder, "backfill", strict.settings(), *arguments, stdin=stdin)


def sent(customer):
    """Keys of the messages in the queue, with how often each is there."""
    records = [json.loads(body)["Records"][0]["s3"]["object"] for body in customer.queue.bodies()]
    return Counter(unquote_plus(o["key"])[len(customer.prefix) + 1:] for o in records)


def test_a_dry_run_counts_and_sends_nothing(strict, acme):
    put_many(strict, acme, 25)
    put(strict, acme, "old.jsonl", storage_class="DEEP_ARCHIVE")
    put(strict, acme, "x.tmp")
    put(strict, acme, "folder/", "")
    strict.fake.put_object(acme.bucket, "elsewhere/x", EVENT % 1, notify_queue=False)
    done = backfill(strict, "acme", "--dry-run", "--json")
    (told,) = done.json()
    assert (done.status, done.stderr) == (0, "")
    assert (told["taken"], told["archived"], told["ignored"], told["folders"]) == (25, 1, 1, 1)
    assert told["bytes"] == sum(len(EVENT % n) for n in range(25))
    assert told["requests"] == {"ListObjectsV2": 2, "SendMessageBatch": 3, "GetQueueAttributes": 3, "ReceiveMessage": 3,
                                "DeleteMessageBatch": 3, "GetObject": 25}
    assert told["dollars"] > 0 and acme.queue.depth() == 0
    text = backfill(strict, "acme", "--dry-run").stdout
    assert "to send   25 objects" in text and "1 archived, 1 ignored" in text and "USD" in text


def test_objects_that_exist_come_to_kafka(strict, acme):
    names = [f"{n:02d}.jsonl" for n in range(30)] + HOSTILE
    for name in names:
        put(strict, acme, name)
    done = backfill(strict, "acme", "--json", *NO_ROOM)
    assert done.status == 0, done.stderr
    assert done.json()[0]["taken"] == len(names)
    assert sent(acme) == Counter(names)
    for body in acme.queue.bodies():
        told = json.loads(body)
        assert told["asymptote:backfill"]["job"] == done.json()[0]["job"]
        assert told["Records"][0]["s3"]["object"]["eTag"] == hashlib.md5((EVENT % 1).encode()).hexdigest()
        assert told["Records"][0]["s3"]["object"]["size"] == len(EVENT % 1)
    assert {e["action"] for e in strict.fake.log(service="s3")} == {"ListObjectsV2"}  # nothing is written there
    strict.start()
    strict.settled()
    assert strict.count() == len(names)


def test_times_prefixes_and_start_after_bound_it(strict, acme):
    now = int(strict.fake.clock()["wall"])
    for name, age in (("2025/a", 5000), ("2026/a", 3000), ("2026/b", 2000), ("2026/c", 1000)):
        put(strict, acme, name, modified=now - age)

    def taken(*options):
        done = backfill(strict, "acme", "--dry-run", "--json", *options)
        assert done.status == 0, done.stderr
        return done.json()[0]["taken"]

    assert taken("--from", str(now - 3000)) == 3
    assert taken("--from", str(now - 3000), "--to", str(now - 1000)) == 2
    assert taken("--prefix", acme.key("2025/")) == 1
    assert taken("--start-after", acme.key("2026/a")) == 2
    wrong = backfill(strict, "acme", "--prefix", "elsewhere/")
    assert wrong.status == 2 and "--prefix is not below" in wrong.stderr
    assert acme.queue.depth() == 0


def test_keys_outside_of_the_prefix_are_refused(strict, acme):
    keys = [acme.key("a"), "elsewhere/b", acme.prefix + "x/c", acme.key("d")]
    done = backfill(strict, "acme", "--keys", "-", "--json", stdin="\n".join(keys) + "\n")
    assert done.status == 1
    assert "2 keys refused" in done.stderr and "first: elsewhere/b" in done.stderr
    assert (done.json()[0]["taken"], done.json()[0]["outside_prefix"]) == (2, 2)
    assert sent(acme) == Counter(["a", "d"])
    assert strict.fake.log(service="s3") == []


def test_an_inventory_is_a_source(strict, acme, tmp_path):
    (tmp_path / "data").mkdir()
    rows = [f'"{acme.bucket}","{acme.key(f"x%20{n}")}","true","false","{n}","2026-11-30T07:00:00.000Z","STANDARD"'
            for n in range(1234)]
    rows.append(f'"{acme.bucket}","{acme.key("cold")}","true","false","5","2026-11-30T07:00:00.000Z","GLACIER"')
    rows.append(f'"{acme.bucket}","{acme.key("older")}","false","false","5","2026-11-30T07:00:00.000Z","STANDARD"')
    half = len(rows) // 2
    for name, part in (("a", rows[:half]), ("b", rows[half:])):
        (tmp_path / f"data/{name}.csv.gz").write_bytes(gzip.compress("\n".join(part).encode()))
    manifest = tmp_path / "manifest.json"
    manifest.write_text(json.dumps({
        "sourceBucket": acme.bucket, "fileFormat": "CSV",
        "fileSchema": "Bucket, Key, IsLatest, IsDeleteMarker, Size, LastModifiedDate, StorageClass",
        "files": [{"key": f"inv/{acme.bucket}/all/data/{name}.csv.gz"} for name in "ab"]}))
    done = backfill(strict, "acme", "--inventory", str(manifest), "--json", *NO_ROOM)
    assert done.status == 0, done.stderr
    assert (done.json()[0]["taken"], done.json()[0]["archived"]) == (1234, 1)
    assert sent(acme) == Counter(f"x {n}" for n in range(1234))
    assert strict.fake.log(service="s3") == []


def test_s3_and_sqs_that_throttle_are_waited_for(strict, acme):
    put_many(strict, acme, 2100)
    strict.fake.fault(service="s3", action="ListObjectsV2", error="SlowDown", after=1, count=2)
    strict.fake.fault(service="sqs", action="SendMessageBatch", error="RequestThrottled", after=20, count=2)
    done = backfill(strict, "acme", "--rate", "0", *NO_ROOM)
    assert done.status == 0, done.stderr
    assert sent(acme) == Counter(f"{n:06d}" for n in range(2100))
    assert all(f["hits"] == 2 for f in strict.fake.faults().values())


def test_a_denied_list_ends_it(strict, acme):
    put_many(strict, acme, 5)
    strict.fake.fault(service="s3", action="ListObjectsV2", error="AccessDenied", count=-1)
    done = backfill(strict, "acme")
    assert done.status == 1 and "AccessDenied" in done.stderr and acme.queue.depth() == 0


def test_a_list_that_changes_under_way_misses_no_object_that_stays(strict, acme):
    put_many(strict, acme, 3000)
    rng = random.Random(7)

    def change(*_):
        for n in rng.sample(range(3000), 40):
            if n % 10 == 3:
                strict.fake.delete_object(acme.bucket, acme.key(f"{n:06d}"))
            else:
                put(strict, acme, f"{n:06d}-added")

    strict.fake.fault(service="s3", action="ListObjectsV2", hook=change, count=-1)
    done = backfill(strict, "acme", "--rate", "0", *NO_ROOM)
    assert done.status == 0, done.stderr
    got = sent(acme)
    assert all(got[f"{n:06d}"] == 1 for n in range(3000) if n % 10 != 3)
    assert max(got.values()) == 1


def test_a_checkpoint_is_of_one_job(strict, acme, tmp_path):
    put_many(strict, acme, 15)
    path = str(tmp_path / "checkpoint")
    first = backfill(strict, "acme", "--checkpoint", path, *NO_ROOM, "--json")
    assert first.status == 0 and acme.queue.depth() == 15
    again = backfill(strict, "acme", "--checkpoint", path, *NO_ROOM, "--json")
    assert again.status == 0 and acme.queue.depth() == 15
    assert again.json() == first.json()
    assert "is finished" not in first.stderr and "nothing is sent now" in again.stderr
    other = backfill(strict, "acme", "--checkpoint", path, *NO_ROOM, "--prefix", acme.key("x/"))
    assert other.status == 1 and "the checkpoint of another job" in other.stderr
    (tmp_path / "checkpoint").write_text("{}")
    damaged = backfill(strict, "acme", "--checkpoint", path, *NO_ROOM)
    assert damaged.status == 1 and "not a checkpoint" in damaged.stderr
    assert acme.queue.depth() == 15


def test_a_kill_repeats_at_most_a_page(strict, acme, tmp_path):
    """Killed at random moments until it ends by itself."""
    count, kills, rng = 6000, 0, random.Random(11)
    put_many(strict, acme, count)
    conf = tmp_path / "killed.conf"
    conf.write_text(config_text(strict.settings()))
    conf.chmod(0o600)
    env = {**clean_env(), "HOME": str(tmp_path), "AWS_EC2_METADATA_DISABLED": "true",
           **{k.upper(): v for k, v in KEYS.items()}}
    argv = [str(binary()), "backfill", "-c", str(conf), "acme", "--rate", "0", *NO_ROOM,
            "--checkpoint", str(tmp_path / "c")]
    while True:
        before = acme.queue.depth()
        with subprocess.Popen(argv, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
            wanted = before + rng.randrange(300, 2500)
            until(lambda: acme.queue.depth() >= wanted or process.poll() is not None, "messages", 60, every=0.005)
            process.kill()
            if process.wait() == 0:
                break
        kills += 1
    got = sent(acme)
    assert set(got) == {f"{n:06d}" for n in range(count)}
    assert kills >= 2
    assert sum(got.values()) <= count + 1000 * kills


def test_a_signal_writes_the_checkpoint_before_the_first_page(strict, acme, tmp_path):
    """Without a worker the queue has room for ten; the command waits, and says so, until it is ended."""
    put_many(strict, acme, 40)
    conf = tmp_path / "ended.conf"
    conf.write_text(config_text(strict.settings()))
    conf.chmod(0o600)
    env = {**clean_env(), "HOME": str(tmp_path), "AWS_EC2_METADATA_DISABLED": "true",
           **{k.upper(): v for k, v in KEYS.items()}}
    path = tmp_path / "c"
    argv = [str(binary()), "backfill", "-c", str(conf), "acme", "--checkpoint", str(path)]
    with subprocess.Popen(argv, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        until(lambda: acme.queue.depth() == 10 or process.poll() is not None, "ten messages", 60)
        told = []
        until(lambda: told.append(process.stderr.readline()) or "waits for room" in told[-1] or told[-1] == "", "a line", 60)
        assert "10 of 40" in told[-1] and "10 messages are in the queue, see --queue-room" in told[-1], told
        process.terminate()
        rest = process.stderr.read()
        assert process.wait(60) == 1
    assert "ended by signal 15" in rest and f"to go on from {path}" in rest
    strict.fake.purge_queue(acme.queue.name)
    done = backfill(strict, "acme", "--checkpoint", str(path), *NO_ROOM, "--json")
    assert done.status == 0 and done.json()[0]["taken"] == 40, done.stderr
    assert sent(acme) == Counter(f"{n:06d}" for n in range(10, 40))  # the first ten are not sent again


def test_it_waits_for_room_in_the_queue(strict, acme):
    """Beside a worker: at most --queue-room messages of it wait, so that a live one does not wait long."""
    put_many(strict, acme, 400)
    strict.start()
    done = backfill(strict, "acme", "--queue-room", "50", "--rate", "0", "--json")
    assert done.status == 0 and done.json()[0]["taken"] == 400, done.stderr
    assert strict.fake.log(action="GetQueueAttributes")
    strict.settled()
    assert strict.count() == 400
