# SPDX-License-Identifier: Apache-2.0
"""A backfill of many keys from the fast fake's list, killed ten times: every key is sent, at most a page is sent again
for each kill, and the memory does not depend on the number of keys."""
import json
import pathlib
import random
import subprocess
import time
import urllib.request

import pytest

from .fakeaws.tests.test_fast import binary as fast_fake
from .parts.aws import ACCOUNT, KEYS, REGION
from .parts.places import binary
from .parts.process import clean_env, die_with_parent
from .parts.wait import until
from .parts.worker import config_text

KILLS, PAGE = 10, 1000


@pytest.fixture
def listing(tmp_path, request):
    """The fast fake, whose buckets list this many keys."""
    count = request.config.getoption("--backfill-keys")
    (tmp_path / "data").write_bytes(b"x")
    (tmp_path / "index").write_text("ingest\tbucket\tlogs/a\t0\t1\n")
    ready = tmp_path / "ready"
    process = subprocess.Popen([str(fast_fake()), "--index", tmp_path / "index", "--data", tmp_path / "data",
                                "--ready-file", ready, "--wait", "--listing", str(count)], preexec_fn=die_with_parent)
    until(ready.exists, "the fake", 10)
    yield count, json.loads(ready.read_text())["endpoint"]
    process.kill()
    process.wait()


def conf(folder, endpoint):
    path = folder / "backfill.conf"
    path.write_text(config_text({
        "aws": {"region": REGION, "endpoint_sqs": endpoint, "endpoint_s3": endpoint, "endpoint_sts": endpoint,
                "path_style": True},
        "kafka": {"properties": ["bootstrap.servers=127.0.0.1:1"], "topic": "events", "rejects_topic": "rejects"},
        "queues": [{"name": "ingest", "url": f"{endpoint}/111122223333/ingest"}],
        "customers": [{"id": "acme", "queue": "ingest", "bucket": "bucket", "prefix": "logs", "region": REGION,
                       "account_id": ACCOUNT, "role_arn": f"arn:aws:iam::{ACCOUNT}:role/acme",
                       "external_id": "bench-acme-external-id"}]}))
    path.chmod(0o600)
    return path


def counters(endpoint):
    with urllib.request.urlopen(f"{endpoint}/_admin/counters") as answer:
        return json.load(answer)


def peak_mib(pid):
    """VmHWM; 0 of a process that has ended."""
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return max((int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM:")), default=0)


def test_many_keys_and_ten_kills(listing, tmp_path):
    count, endpoint = listing
    rng, kills, peaks, start = random.Random(3), 0, [], time.monotonic()
    env = {**clean_env(), "HOME": str(tmp_path), "AWS_EC2_METADATA_DISABLED": "true",
           **{k.upper(): v for k, v in KEYS.items()}}
    argv = [str(binary()), "backfill", "-c", str(conf(tmp_path, endpoint)), "acme", "--rate", "0", "--queue-room", "0", "--json",
            "--checkpoint", str(tmp_path / "checkpoint")]
    while True:
        wanted = (count * kills + rng.randrange(count)) // KILLS if kills < KILLS else 10 * count
        with subprocess.Popen(argv, env=env, stdout=subprocess.PIPE, text=True) as process:
            until(lambda: peaks.append(peak_mib(process.pid)) or process.poll() is not None or
                  counters(endpoint)["listed_sent"] > wanted, "messages", 1200, every=0.02)
            process.kill()
            told = process.stdout.read()
        if process.returncode == 0:
            break
        kills += 1
    got = counters(endpoint)
    print(f"\n{count} keys, {kills} kills, {got['listed_sent']} messages, most for a key {got['listed_most']}, "
          f"peak RSS {max(peaks)} MiB, {time.monotonic() - start:.0f} s")
    assert kills == KILLS
    assert got["listed_keys"] == count
    assert count <= got["listed_sent"] <= count + PAGE * kills
    assert json.loads(told)["taken"] == count
    assert max(peaks) < 64
