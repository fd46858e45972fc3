# SPDX-License-Identifier: Apache-2.0
"""The steps of scripts/demo after everything is installed and built."""
import argparse
import collections
import contextlib
import json
import os
import pathlib
import shutil
import signal
import sys
import time
from dataclasses import dataclass

from .parts.aws import Aws, Moto
from .parts.emulators import environment
from .parts.events import File, generate, rejected
from .parts.kafka import Cluster, Kafka
from .parts.places import ROOT
from .parts.wait import TooLate, until
from .parts.worker import PREFIX, Worker, config, customer

WORK = pathlib.Path(os.environ.get("ASYMPTOTE_DEMO_DIR") or ROOT / "build/demo")
STATE = WORK / "running.json"
PATIENCE_S = 120
CUSTOMERS = ("northwind", "quietriver")


@dataclass
class Upload:
    customer: str
    key: str
    file: File
    body: bytes
    outside: bool = False


def uploads():
    """Realistic objects. The expected results are known from the generator, not from the worker."""
    plain = generate(400, 1, "--style", "go")
    gz = generate(2000, 2)
    members = generate(3000, 3, "--style", "vector")
    damaged = generate(1000, 4, "--malformed", ".05", "--nasty", ".05")
    foreign_key = generate(300, 5, "--style", "hook", "--no-final-newline")
    others = generate(500, 7, "--flat", ".3", "--ecs", ".3", "--otel", ".3", "--hook", ".1")
    nothing = File(b"", 0, 0, 0, [])
    old = generate(50, 6)
    first, second = CUSTOMERS
    return [
        Upload(first, f"{PREFIX}/2026/11/23/ws-0001.jsonl", plain, plain.text),
        Upload(first, f"{PREFIX}/2026/11/23/all-hosts.jsonl.gz", gz, gz.gzip()),
        Upload(first, f"{PREFIX}/2026/11/23/appended.gz", members, members.gzip(members=7)),
        Upload(first, f"{PREFIX}-old/ws-0001.jsonl", old, old.text, outside=True),
        Upload(second, f"{PREFIX}/crashed-disk.jsonl.gz", damaged, damaged.gzip()),
        Upload(second, f"{PREFIX}/Büro + Keller/a=b&c%20.jsonl", foreign_key, foreign_key.text),
        Upload(second, f"{PREFIX}/other-collectors.jsonl.gz", others, others.gzip()),
        Upload(second, f"{PREFIX}/nothing-yet.jsonl", nothing, b""),
    ]


@contextlib.contextmanager
def step(title):
    start = time.monotonic()
    live = sys.stdout.isatty()
    if live:
        print(f"  ..  {title}", end="", flush=True)
    note = []
    try:
        yield note
    except BaseException:
        print(f"{chr(13) if live else ''}  --  {title}", flush=True)
        raise
    shown = " ".join([title, *note])
    print(f"{chr(13) if live else ''}  ok  {shown:<58} {time.monotonic() - start:6.1f} s", flush=True)


class Setting:
    """The customers' and the operator's parts: queue, roles, buckets with notifications, topics. For any
    Kafka and AWS."""

    def __init__(self, kafka, aws):
        self.kafka, self.aws = kafka, aws

    def make(self):
        self.kafka.create_topic("events")
        self.kafka.create_topic("rejects")
        self.queue = self.aws.queue("ingest", receives=20)
        self.customers = [self._customer(c) for c in CUSTOMERS]

    def _customer(self, name):
        bucket = self.aws.bucket(f"{name}-agent-events")
        # A wider prefix than agreed, so that the worker's own check is used.
        self.aws.notify(bucket, "asymptote/", self.queue.arn)
        external_id = f"demo-{name}-6f1c0d5e"
        return customer(name, self.queue, bucket, self.aws.role(f"{name}-asymptote-s3-read", external_id), external_id)

    def configuration(self):
        return config(self.aws, self.kafka, "events", "rejects", [self.queue], self.customers)

    def upload(self, objects):
        buckets = {c["id"]: c["bucket"] for c in self.customers}
        for u in objects:
            self.aws.put(buckets[u.customer], u.key, u.body)

    def wait(self, objects, worker=None):
        """Wait until everything is in Kafka, and the queue holds only messages that belong to no customer."""
        outside = sum(u.outside for u in objects)
        events = sum(u.file.events for u in objects if not u.outside)
        rejects = sum(u.file.rejects for u in objects if not u.outside)
        seen = (0, 0, 0)

        def done():
            nonlocal seen
            seen = (self.kafka.count("events"), rejected(self._rejects()), self.queue.depth())
            return seen[0] >= events and seen[1] >= rejects and seen[2] <= outside
        until(done, lambda: f"{seen[0]:,} of {events:,} events, {seen[1]:,} of {rejects:,} rejects, "
              f"{seen[2]} messages in the queue", PATIENCE_S, alive=worker)

    def _rejects(self):
        return [json.loads(r.value) for r in self.kafka.read("rejects")]

    def found(self):
        """The content of Kafka: counts per customer, the records, and whether an id occurs twice."""
        counts = {c: collections.Counter() for c in CUSTOMERS}
        records, ids = self.kafka.read("events"), set()
        for r in records:
            ingest = json.loads(r.value)["ingest"]
            counts[ingest["customer"]]["events" if ingest["customer"] == r.key else "wrong key"] += 1
            ids.add(ingest["id"])
        for reject in self._rejects():
            counts[reject["customer"]]["rejects"] += rejected([reject])
        return counts, records, len(ids) == len(records)


class Demo:
    """The setting with its own Kafka and moto, and a worker."""

    def __init__(self, keep):
        self.keep = keep
        self.open = contextlib.ExitStack()

    def start(self):
        with step("Apache Kafka") as note:
            self.kafka = Kafka(WORK / "kafka", keep=self.keep)
            self.open.callback(self.kafka.stop)
            self.kafka.start()
            note.append(f"at {self.kafka.bootstrap}")
        with step("moto (S3, SQS, STS)") as note:
            self.moto = Moto(WORK, keep=self.keep)
            self.open.callback(self.moto.stop)
            note.append(f"at {self.moto.url}")
        with step("topics, queue, dead-letter queue, roles, buckets"):
            self.setting = Setting(self.kafka, self.moto)
            self.setting.make()
        with step("the worker") as note:
            self.worker = Worker(WORK, self.setting.configuration(), keep=self.keep)
            self.open.callback(self.worker.stop)
            note.append(f"as process {self.worker.pid}")


def table(objects, counts):
    """Print the table. Returns True if every count equals the uploads."""
    head = ("customer", "objects", "lines", "events", "want", "rejects", "want", "")
    form = "  {:<12} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8}  {}"
    print("\n" + form.format(*head))
    right = True
    for name in CUSTOMERS:
        own = [u for u in objects if u.customer == name and not u.outside]
        want = (sum(u.file.events for u in own), sum(u.file.rejects for u in own))
        got = (counts[name]["events"], counts[name]["rejects"])
        right = right and got == want
        print(form.format(name, len(own), f"{sum(u.file.lines for u in own):,}", f"{got[0]:,}", f"{want[0]:,}",
                          f"{got[1]:,}", f"{want[1]:,}", "ok" if got == want else "WRONG"))
    return right


def show(records):
    """Print one record of each of three shapes."""
    chosen = {}
    for r in records:
        chosen.setdefault(json.loads(r.value)["ingest"]["shape"], r)
    print("\nThree of the records, as read back. Events in Beacon's own shape stay as they came, byte for byte;\n"
          "others are rebuilt. `ingest` is added:\n")
    for shape in [s for s in ("beacon", "ecs", "otel", "flat", "hook") if s in chosen][:3]:
        r = chosen[shape]
        event, ingest = r.value.decode().rsplit(',"ingest":', 1)
        print(f"  key {r.key}, partition {r.partition}, offset {r.offset}, {len(r.value):,} bytes")
        print(f"    {event[:150]}{' ...' if len(event) > 150 else ''}")
        print(f'    ,"ingest":{ingest}\n')


def relative(path):
    return pathlib.Path(path).relative_to(ROOT)


def report(setting, objects):
    """Print the table and three records. Returns True if everything is correct."""
    counts, records, distinct = setting.found()
    right = table(objects, counts) and distinct
    if not distinct:
        print("  an ingest.id stands in two records: WRONG")
    outside = sum(u.outside for u in objects)
    left = setting.queue.depth() + setting.queue.dead.depth()
    print(f"\n  outside the agreed prefix: {outside} object, not read; its notification stays for the "
          f"dead-letter queue ({left} left)")
    show(records)
    return right and left == outside


def where(demo):
    print(f"Logs: {relative(demo.worker.log)}, {relative(demo.moto.log)}, {relative(WORK)}/kafka/node-1/kafka.log\n"
          f"Configuration: {relative(demo.worker.conf)}\n"
          "moto lets a role be assumed without its external id, so this configuration says\n"
          "accept_role_without_external_id; against AWS the worker refuses such a role.\n")


def keep_running(demo):
    pids = {"worker": demo.worker.pid, "moto": demo.moto.pid, "kafka": demo.kafka.nodes[0].pid}
    STATE.write_text(json.dumps({
        "pids": pids, "bootstrap": demo.kafka.bootstrap, "moto": demo.moto.url, "bucket": demo.setting.customers[0]["bucket"]}))
    demo.open.pop_all()
    print(f"""It is left running (worker {pids['worker']}, Kafka {pids['kafka']}, moto {pids['moto']}). Look around:

  scripts/demo --put FILE              give it a file of your own; its lines are {CUSTOMERS[0]}'s events
  scripts/demo --read events           what is in the topic (or: rejects), one JSON text a line
  tail -f {relative(demo.worker.log)}
  kcat -b {demo.kafka.bootstrap} -t events -C -o beginning      (if you have kcat)
  aws --endpoint-url {demo.moto.url} s3 ls {demo.setting.customers[0]['bucket']} --recursive      (any credentials)
  scripts/demo --stop                  end all of it
""")


def start_emulators():
    """Kafka, and moto with IAM, for the guides: nothing is in them."""
    if STATE.exists():
        stop_kept()
    shutil.rmtree(WORK / "kafka", ignore_errors=True)
    with contextlib.ExitStack() as opened:
        with step("Apache Kafka") as note:
            kafka = Kafka(WORK / "kafka", keep=True)
            opened.callback(kafka.stop)
            kafka.start()
            note.append(f"at {kafka.bootstrap}")
        with step("moto (S3, SQS, STS, IAM, ...)") as note:
            moto = Moto(WORK, keep=True, own_names=True, iam=True)
            opened.callback(moto.stop)
            note.append(f"at {moto.url}")
        environment(WORK, moto.url, kafka.bootstrap)
        STATE.write_text(json.dumps({"pids": {"moto": moto.pid, "kafka": kafka.nodes[0].pid},
                                     "bootstrap": kafka.bootstrap, "moto": moto.url}))
        opened.pop_all()
    print(f"Left running. For a shell that finds them:  . {WORK}/env.sh      To end them:  scripts/demo --stop")


def state():
    if not STATE.exists():
        sys.exit("scripts/demo: nothing is running (start it with scripts/demo --keep)")
    return json.loads(STATE.read_text())


def stop_kept():
    """End only processes that this program started: a process id may have been reused."""
    words = {"worker": "asymptote-ingest", "moto": "moto_server", "kafka": "kafka.Kafka"}
    for name, pid in state()["pids"].items():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            if words[name] in pathlib.Path(f"/proc/{pid}/cmdline").read_text():
                os.kill(pid, signal.SIGTERM)
                until(lambda: not pathlib.Path(f"/proc/{pid}").exists(), f"{name} ends", 40)
    STATE.unlink()


def demo_only(what):
    """Of an emulator that was started without the demo's customers."""
    sys.exit(f"scripts/demo: {what} of the demo's customers is not here: start it with scripts/demo --keep")


def put(path):
    if "bucket" not in state():
        demo_only("a bucket")
    name = pathlib.Path(path)
    Aws(state()["moto"]).put(state()["bucket"], f"{PREFIX}/{name.name}", name.read_bytes())
    print(f"s3://{state()['bucket']}/{PREFIX}/{name.name}")


def read(topic):
    if "bucket" not in state() and topic in ("events", "rejects"):
        demo_only("a topic")
    for r in Cluster(state()["bootstrap"]).read(topic):
        sys.stdout.buffer.write(r.value + b"\n")


def run(keep):
    if STATE.exists():
        stop_kept()
    for old in ("worker.log", "moto.log"):
        (WORK / old).unlink(missing_ok=True)
    shutil.rmtree(WORK / "kafka", ignore_errors=True)
    demo = Demo(keep)
    with demo.open:
        objects = uploads()
        demo.start()
        with step(f"{len(objects)} objects uploaded"):
            demo.setting.upload(objects)
        with step("everything is in Kafka"):
            demo.setting.wait(objects, demo.worker)
        right = report(demo.setting, objects)
        where(demo)
        if keep:
            keep_running(demo)
        elif demo.worker.stop() != 0:
            print(f"the worker ended with status {demo.worker.popen.returncode}:\n{demo.worker.tail()}")
            right = False
    print("Everything was delivered, nothing twice." if right else "NOT what was put in.")
    return 0 if right else 1


def main():
    p = argparse.ArgumentParser(prog="scripts/demo")
    p.add_argument("--keep", action="store_true")
    p.add_argument("--emulators", action="store_true")
    p.add_argument("--stop", action="store_true")
    p.add_argument("--put", metavar="FILE")
    p.add_argument("--read", metavar="TOPIC")
    a = p.parse_args()
    try:
        if a.stop:
            return stop_kept()
        if a.emulators:
            return start_emulators()
        if a.put:
            return put(a.put)
        if a.read:
            return read(a.read)
        return run(a.keep)
    except KeyboardInterrupt:
        print("\nstopped; everything it started has ended")
        return 130
    except (TooLate, RuntimeError, FileNotFoundError) as e:
        print(f"\n{e}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
