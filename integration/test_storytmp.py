# SPDX-License-Identifier: Apache-2.0
"""A customer's first hour: onboard, the generated commands by the AWS CLI, --complete, verify, the canary, events in
Kafka; then a second customer by a reload while the first one is under load.

On moto with IAM in front of it (parts/moto_iam.py): the worker is a session of its role, and has only what the
generated policies allow.
"""
import json
import re
import subprocess
import threading
import time

import pytest

from .parts.aws import ACCOUNT, REGION, Moto, unique
from .parts.emulators import WORKER_ROLE, environment
from .parts.events import generate
from .parts.places import binary
from .parts.process import clean_env
from .parts.wait import until
from .parts.window import Window
from .parts.worker import Worker

PREFIX = "asymptote/events"
LINES = 10
TEXT = generate(LINES, 1).text


@pytest.fixture
def own_moto(tmp_path):
    with Moto(tmp_path / "moto", own_names=True, iam=True) as running:
        yield running


class Operator:
    """The operator's shell, in a folder with the worker's configuration."""

    def __init__(self, folder, moto, kafka):
        self.folder, self.moto, self.kafka = folder, moto, kafka
        self.topics = [kafka.create_topic(unique(name)) for name in ("events", "rejects")]
        self.queues = []
        self.env = clean_env(**environment(folder / "emulators", moto.url, kafka.bootstrap))
        self.shell("aws iam create-role --role-name ingest-worker --assume-role-policy-document " + repr(json.dumps({
            "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
                                                    "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}}]})))

    def shell(self, command):
        done = subprocess.run(["bash", "-euo", "pipefail", "-c", command], cwd=self.folder, env=self.env, text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=300)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def configure(self, queue):
        self.queues.append(queue)
        entries = ", ".join(f'{{ name = "{q}"; url = "https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{q}"; '
                            'wait = "2s"; }' for q in self.queues)
        (self.folder / "worker.conf").write_text(
            f'aws = {{ region = "{REGION}"; path_style = true; }};\n'
            f'kafka = {{ properties = ( "bootstrap.servers={self.kafka.bootstrap}" ); topic = "{self.topics[0]}"; '
            f'rejects_topic = "{self.topics[1]}"; }};\nmetrics = {{ listen = "127.0.0.1:0"; }};\nqueues = ( {entries} );\n')

    def onboard(self, id):
        """From nothing to a complete entry; returns what --complete prints."""
        bucket = f"{id}-agent-events"
        self.shell(f"aws s3 mb s3://{bucket}")
        self.configure(id)
        self.shell(f"asymptote-ingest onboard -c worker.conf --id {id} --account-id {ACCOUNT} --bucket {bucket} "
                   f"--prefix {PREFIX} --region {REGION} --worker-role-arn {WORKER_ROLE}")
        self.shell(f"{id}/operator/commands.sh")
        role = self.shell(f"{id}/customer/commands.sh").splitlines()[-1]
        return self.shell(f"AWS_PROFILE=worker asymptote-ingest onboard -c worker.conf --complete {id} --role-arn {role}")

    def verify(self, id, window):
        """{check: line}"""
        out = self.shell(f"AWS_PROFILE=worker asymptote-ingest verify -c worker.conf {id} --json "
                         f"--worker 127.0.0.1:{window.port}")
        return {line["check"]: line for line in map(json.loads, out.splitlines())}

    def canary(self, id, window):
        """verify --canary, while the customer puts the object. Returns {check: line}."""
        (self.folder / "canary.jsonl").write_bytes(TEXT)
        env = {**self.env, "AWS_PROFILE": "worker"}
        running = subprocess.Popen([binary(), "verify", "-c", "worker.conf", id, "--json", "--worker",
                                    f"127.0.0.1:{window.port}", "--canary", "canary.jsonl", "--wait", "60"],
                                   cwd=self.folder, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert running.stderr.readline().startswith("canary: waiting ")
        self.shell(f"aws s3 cp canary.jsonl s3://{id}-agent-events/{PREFIX}/canary.jsonl")
        out, err = running.communicate(timeout=120)
        lines = {line["check"]: line for line in map(json.loads, out.splitlines())}
        assert running.returncode == 0, (out, err)
        return lines


class Load:
    """A customer's objects, one every 100 ms, and when each was put."""

    def __init__(self, moto, bucket):
        self.moto, self.bucket, self.put_at, self.over = moto, bucket, {}, threading.Event()
        self.thread = threading.Thread(target=self._run)

    def _run(self):
        while not self.over.wait(0.1):
            key = f"{PREFIX}/load/{len(self.put_at)}.jsonl"
            at = time.time()
            self.moto.put(self.bucket, key, TEXT)
            self.put_at[f"s3://{self.bucket}/{key}"] = at

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()


def objects(records):
    """{object: (its lines, when the last of them was produced)}"""
    found = {}
    for record in records:
        ingest = json.loads(record.value)["ingest"]
        lines, last = found.get(ingest["object"], ((), 0))
        found[ingest["object"]] = (*lines, ingest["line"]), max(last, record.timestamp / 1000)
    return found


@pytest.mark.slow
def test_from_nothing_to_events_and_a_second_customer_beside_the_first(own_moto, kafka, tmp_path):
    operator = Operator(tmp_path, own_moto, kafka)
    events = operator.topics[0]
    told = operator.onboard("acme")
    # Every check of verify passes or waits for the first object.
    assert re.search(r"^  ok    role\.no_id .*\[AccessDenied", told, re.M), told
    assert re.search(r"^  ok    outside\.list .*\[AccessDenied", told, re.M), told
    assert re.search(r"^  ok    queue\.policy ", told, re.M) and "0 FAIL" in told.splitlines()[-1], told

    env = {k: v for k, v in operator.env.items() if k.startswith("AWS_")}
    with Worker(tmp_path, (tmp_path / "worker.conf").read_text(), AWS_PROFILE="worker", AWS_ACCESS_KEY_ID=None,
                AWS_SECRET_ACCESS_KEY=None, **env) as worker:
        window = Window(worker)
        lines = operator.canary("acme", window)
        lines = {"canary": lines["canary"], **operator.verify("acme", window)}
        assert {c: line["state"] for c, line in lines.items() if line["state"] != "ok"} == {
            "role.other_id": "skip", "object.version": "skip"}, lines
        assert f": {LINES} events, 0 rejects" in lines["canary"]["found"]
        assert {o: sorted(n) for o, (n, _) in objects(kafka.read(events)).items()} == {
            f"s3://acme-agent-events/{PREFIX}/canary.jsonl": list(range(1, LINES + 1))}

        with Load(own_moto, "acme-agent-events") as load:
            until(lambda: len(load.put_at) > 30, "the first customer's load", 30, alive=worker)
            quiet = len(load.put_at)
            import signal; worker.signal(signal.SIGSTOP); time.sleep(1.6); worker.signal(signal.SIGCONT)
            assert "0 FAIL" in operator.onboard("globex")
            told = worker.reload((tmp_path / "worker.conf").read_text())
            assert (told["msg"], told["customers_added"], told["queues_added"]) == ("reloaded", "1", "1")
            reloaded = len(load.put_at)
            lines = operator.canary("globex", window)
            assert lines["canary"]["state"] == lines["role.other_id"]["state"] == "ok", lines
            until(lambda: len(load.put_at) > reloaded + 30, "load after the reload", 30, alive=worker)
        worker.logged(msg="object done", customer="acme", count=len(load.put_at) + 1)
        found = objects(kafka.read(events))
        late = {name: found[name][1] - at for name, at in load.put_at.items()}
        before, later = list(late.values())[:quiet], list(late.values())[quiet:]
        print(f"\nlongest way of an object of the first customer: {max(before):.3f} s before the second one came, "
              f"{max(later):.3f} s from then on ({len(later)} objects)")
        assert max(later) <= max(before) + 1
        assert all(sorted(found[name][0]) == list(range(1, LINES + 1)) for name in load.put_at)
        assert sorted(found[f"s3://globex-agent-events/{PREFIX}/canary.jsonl"][0]) == list(range(1, LINES + 1))
        assert len(found) == len(load.put_at) + 2
        assert not worker.lines(msg="notification left")
        assert worker.stop() == 0
    for topic in operator.topics:
        kafka.delete_topic(topic)
