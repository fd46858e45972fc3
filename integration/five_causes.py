# SPDX-License-Identifier: Apache-2.0
"""Five customers, each with another fault, on emulators of AWS and Kafka: an exercise for operators.

    .venv/bin/python -m integration.five_causes up DIR      bring it up and leave it running
    .venv/bin/python -m integration.five_causes down DIR    end it

The customers c1 to c5 are set up by `onboard`, as docs/guide-operator.md says; all of them write an object every few
seconds. The folder then has README.txt, which says what is there. Which customer has which fault is drawn by lot.
test_five_causes.py does the exercise by itself.
"""
import argparse
import contextlib
import json
import os
import pathlib
import random
import secrets
import signal
import subprocess
import sys
import time

import zstandard

from .parts.aws import ACCOUNT, REGION, Aws, Moto
from .parts.emulators import WORKER_ROLE, environment
from .parts.events import generate
from .parts.kafka import Kafka, one_controller
from .parts.places import ROOT, free_ports
from .parts.process import Process, clean_env
from .parts.wait import TooLate, until
from .parts.worker import Worker

PREFIX = "asymptote/events"
CUSTOMERS = [f"c{n}" for n in range(1, 6)]
CAUSES = ("trust", "kms", "window", "leader", "notification")
USUAL_WINDOW_LOG, LARGE_WINDOW_LOG = 20, 27
WRITE_EVERY_S = 5
STATE = ".running.json"

README = """\
An asymptote-ingest worker with five customers, c1 to c5, on emulators of AWS and Kafka. Each customer writes an object
every {every} s, and none of the five is delivered as it should be. Find out why, and make it work again.

    . {folder}/env.sh     first, in each shell, in this folder: PATH and variables for the commands below

    asymptote-ingest status | control | verify | sample | reconcile | backfill | redrive ...   with -c asymptote-ingest.conf;
                       AWS_PROFILE=worker before those that call AWS
    asymptote-ingest.conf, customers.d/   the worker's configuration
    asymptote-ingest.log                  the worker's log
    http://127.0.0.1:{port}/              its status page, /status.json, /metrics
    c1/ ... c5/                           what `onboard` made for each customer: their policies and commands
    service start|stop|restart NAME       worker, kafka-1, kafka-2: as systemctl, on the machine of each
    aws ...                               the AWS CLI as an administrator of both sides, the operator's and the customers'
                                          (one account, {account}, region {region})
    kafka-topics.sh --bootstrap-server $BOOTSTRAP --describe

Documents: README.md, docs/ of the repository.
"""


def zstd(text, window_log):
    """A frame without its content's size, so that its header has the window."""
    packer = zstandard.ZstdCompressor(compression_params=zstandard.ZstdCompressionParameters(
        window_log=window_log, compression_level=3)).compressobj()
    return packer.compress(text) + packer.flush()


class Exercise:
    """of: {cause: customer}. The faults are prepared by break_all()."""

    def __init__(self, folder, keep=False, seed=None):
        self.folder, self.keep = pathlib.Path(folder).resolve(), keep
        order = random.Random(seed).sample(CUSTOMERS, len(CUSTOMERS))
        self.of = dict(zip(CAUSES, order))
        self.opened = contextlib.ExitStack()
        self.keys, self.worker, self.writer, self.starts = {}, None, None, 0

    # ---- What runs

    def emulators(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        self.kafka = Kafka(self.folder / "kafka", nodes=2, extra=one_controller, keep=self.keep)
        self.opened.callback(self.kafka.stop)
        self.kafka.start()
        self.moto = Moto(self.folder / "moto", keep=self.keep, own_names=True, iam=True)
        self.opened.callback(self.moto.stop)
        self.port = free_ports(1)[0]
        self.env = clean_env(**environment(self.folder, self.moto.url, self.kafka.bootstrap))

    def shell(self, command):
        done = subprocess.run(["bash", "-euo", "pipefail", "-c", command], cwd=self.folder, env=self.env, text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=300)
        if done.returncode != 0:
            raise RuntimeError(f"{command}:\n{done.stdout}{done.stderr}")
        return done.stdout

    def configure(self):
        queues = ",\n  ".join(f'{{ name = "{c}"; url = "https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{c}"; wait = "2s"; }}'
                              for c in CUSTOMERS)
        self.conf = self.folder / "asymptote-ingest.conf"
        self.conf.write_text(
            f'aws = {{ region = "{REGION}"; path_style = true; }};\n'
            f'kafka = {{\n  properties = ( "bootstrap.servers={self.kafka.bootstrap}" );\n  topic = "events-{{customer}}";\n'
            f'  rejects_topic = "rejects";\n  ops_topic = "ops";\n}};\n'
            f'metrics = {{ listen = "127.0.0.1:{self.port}"; queue_interval = "5s"; }};\n'
            f'control = {{ socket = "{self.folder}/control.sock"; }};\n'
            f'queues = (\n  {queues}\n);\n')
        for topic in ("rejects", "ops"):
            self.kafka.create_topic(topic, partitions=1, replicas=[1])
        for c in CUSTOMERS:
            self.kafka.create_topic(f"events-{c}", partitions=2, replicas=[2 if c == self.of["leader"] else 1])

    def customers(self):
        """The operator's and the customers' steps of the guide."""
        trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
                                                         "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}}]}
        self.moto.iam.create_role(RoleName="ingest-worker", AssumeRolePolicyDocument=json.dumps(trust))
        jobs = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sqs:*",
                                                        "Resource": f"arn:aws:sqs:*:{ACCOUNT}:*"}]}
        self.moto.iam.put_role_policy(RoleName="ingest-worker", PolicyName="jobs", PolicyDocument=json.dumps(jobs))
        kms = self.moto.client("kms")
        for c in CUSTOMERS:
            self.keys[c] = kms.create_key(Description=c)["KeyMetadata"]["Arn"]
            self.moto.bucket(f"{c}-agent-events")
            self.shell(f"asymptote-ingest onboard -c asymptote-ingest.conf --id {c} --account-id {ACCOUNT} "
                       f"--bucket {c}-agent-events --prefix {PREFIX} --region {REGION} --kms-key-arn {self.keys[c]} "
                       f"--cadence 'every 10 seconds' --worker-role-arn {WORKER_ROLE}")
            self.shell(f"{c}/operator/commands.sh")
            role = self.shell(f"{c}/customer/commands.sh").splitlines()[-1]
            self.shell(f"AWS_PROFILE=worker asymptote-ingest onboard -c asymptote-ingest.conf --complete {c} "
                       f"--role-arn {role} --skip-verify")

    def start_worker(self):
        env = {k: v for k, v in self.env.items() if k.startswith("AWS_")}
        self.worker = Worker(self.folder, self.conf.read_text(), "asymptote-ingest", keep=self.keep, **env,
                             AWS_PROFILE="worker", AWS_ACCESS_KEY_ID=None, AWS_SECRET_ACCESS_KEY=None)
        self.opened.callback(self.worker.stop)
        self.starts += 1
        self.worker.logged(msg="started", count=self.starts, seconds=60)

    def restart_worker(self):
        self.worker.stop()
        self.start_worker()

    def start_writer(self):
        (self.folder / "moto.json").write_text(json.dumps({
            "url": self.moto.url, "keys": self.keys, "windows": dict.fromkeys(CUSTOMERS, USUAL_WINDOW_LOG)}))
        self.writer = Process("writer", [sys.executable, "-m", "integration.five_causes", "write", self.folder],
                              self.folder / "writer.log", cwd=ROOT, keep=self.keep)
        self.opened.callback(self.writer.stop)

    # ---- The faults

    def break_all(self):
        iam, of = self.moto.iam, self.of
        trust = iam.get_role(RoleName=self.role(of["trust"]))["Role"]["AssumeRolePolicyDocument"]
        trust["Statement"][0]["Condition"] = {"StringEquals": {"sts:ExternalId": secrets.token_hex(16)}}
        iam.update_assume_role_policy(RoleName=self.role(of["trust"]), PolicyDocument=json.dumps(trust))
        only_admins = {"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/key-administrators"}, "Action": "kms:*",
            "Resource": "*"}]}
        self.moto.client("kms").put_key_policy(KeyId=self.keys[of["kms"]], PolicyName="default",
                                               Policy=json.dumps(only_admins))
        told = json.loads((self.folder / "moto.json").read_text())
        told["windows"][of["window"]] = LARGE_WINDOW_LOG
        (self.folder / "moto.new").write_text(json.dumps(told))
        (self.folder / "moto.new").rename(self.folder / "moto.json")
        self.moto.s3.put_bucket_notification_configuration(Bucket=f"{of['notification']}-agent-events",
                                                           NotificationConfiguration={})
        self.kafka.kill_node(1)
        self.restart_worker()

    def role(self, customer):
        return json.loads((self.folder / customer / "customer.json").read_text())["role_arn"].rpartition("/")[2]

    # ---- All of it

    def up(self):
        self.emulators()
        self.configure()
        self.customers()
        self.start_writer()
        self.start_worker()
        for c in CUSTOMERS:
            self.worker.logged(msg="object done", customer=c, seconds=60)

    def leave(self):
        """For `down` and `service`. The file has the emulator's keys, which are no secret."""
        parts = {"worker": self.worker, "kafka-1": self.kafka.nodes[0], "kafka-2": self.kafka.nodes[1],
                 "moto": self.moto, "writer": self.writer}
        env = {k: v for k, v in self.env.items() if k.startswith("AWS_")} | {"AWS_PROFILE": "worker"}
        (self.folder / STATE).write_text(json.dumps({n: {
            "pid": p.pid, "argv": p.argv, "log": str(p.log), "env": env if n == "worker" else {}} for n, p in parts.items()}))
        tool = self.folder / "bin/service"
        tool.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m integration.five_causes service '
                        f'"{self.folder}" "$@"\n')
        tool.chmod(0o755)
        (self.folder / "README.txt").write_text(README.format(
            every=WRITE_EVERY_S, folder=self.folder, port=self.port, account=ACCOUNT, region=REGION))
        (self.folder / "moto.json").chmod(0o600)
        self.opened.pop_all()


# ---- Commands

def write(folder):
    """The customers: an object every few seconds."""
    number = 0
    while True:
        told = json.loads((folder / "moto.json").read_text())
        aws = Aws(told["url"], own_names=True)
        for c, key in told["keys"].items():
            body = zstd(generate(20, number).text, told["windows"][c])
            name = time.strftime(f"%Y/%m/%d/%H%M%S-{number}.jsonl.zst", time.gmtime())
            aws.s3.put_object(Bucket=f"{c}-agent-events", Key=f"{PREFIX}/{name}", Body=body, ServerSideEncryption="aws:kms",
                              SSEKMSKeyId=key)
        number += 1
        time.sleep(WRITE_EVERY_S)


def is_running(part):
    """A process id may have been reused."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        command = pathlib.Path(f"/proc/{part['pid']}/cmdline").read_bytes().split(b"\0")
        return part["argv"][-1].encode() in command
    return False


def end(part, number=signal.SIGTERM, seconds=60):
    if is_running(part):
        os.kill(part["pid"], number)
        until(lambda: not is_running(part), f"{part['argv'][0]} ends", seconds)


def service(folder, action, name):
    state = json.loads((folder / STATE).read_text())
    part = state[name]
    if action in ("stop", "restart"):
        end(part)
    if action in ("start", "restart") and not is_running(part):
        home = {"HOME": str(folder / "home")} if name == "worker" else {}
        part["pid"] = Process(name, part["argv"], part["log"], env=clean_env(**home, **part["env"]), keep=True).pid
        (folder / STATE).write_text(json.dumps(state))


def down(folder, grace_s=40):
    """The worker in order, as long as the brokers answer; all else at once, since its data is not needed any more: a broker
    in order would wait for the other one."""
    state = json.loads((folder / STATE).read_text())
    end(state["writer"], signal.SIGKILL)
    if is_running(state["worker"]):
        print(f"waits for the worker, up to {grace_s} s: while a broker is stopped it waits for acknowledgements", flush=True)
        try:
            end(state["worker"], seconds=grace_s)
        except TooLate:
            print("the worker is killed: what it held would be received again", flush=True)
    for part in state.values():
        end(part, signal.SIGKILL)
    (folder / STATE).unlink()
    print("All of it has ended.")


def up(folder, truth):
    if (folder / STATE).exists():
        sys.exit(f"{folder}: it is running; end it with: down {folder}")
    exercise = Exercise(folder, keep=True)
    with exercise.opened:
        exercise.up()
        exercise.break_all()
        if truth:
            pathlib.Path(truth).write_text(json.dumps(exercise.of) + "\n")
        exercise.leave()
    print(f"It is running. Read {exercise.folder}/README.txt. To end it, whatever is stopped then (less than a minute): "
          f"{sys.executable} -m integration.five_causes down {exercise.folder}")


def main():
    p = argparse.ArgumentParser(prog="integration.five_causes", description=__doc__.split("\n")[0])
    commands = p.add_subparsers(dest="command", required=True)
    for name in ("up", "down", "write", "service"):
        commands.add_parser(name).add_argument("folder", type=pathlib.Path)
    commands.choices["up"].add_argument("--truth", metavar="FILE", help="writes which customer has which fault")
    commands.choices["service"].add_argument("action", choices=("start", "stop", "restart"))
    commands.choices["service"].add_argument("name", choices=("worker", "kafka-1", "kafka-2"))
    a = p.parse_args()
    if a.command == "up":
        up(a.folder, a.truth)
    elif a.command == "service":
        service(a.folder, a.action, a.name)
    else:
        {"down": down, "write": write}[a.command](a.folder)


if __name__ == "__main__":
    main()
