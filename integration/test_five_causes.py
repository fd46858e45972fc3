# SPDX-License-Identifier: Apache-2.0
"""Five customers that fail, each for another cause (five_causes.py): log, status, verify and alerts name the cause, and
lead to the section of the runbook that names the remedy. After it everything that was written is delivered."""
import json
import re
import subprocess
import sys

import pytest

from .five_causes import CUSTOMERS, PREFIX, STATE, Exercise, down, is_running
from .parts.places import ROOT
from .parts.process import Process
from .parts.wait import until
from .parts.window import Window
from .test_alerts import ALERTS, Pages, firing

pytestmark = pytest.mark.slow
SECTIONS = dict(re.findall(r"^### (\w+)\n(.*?)(?=^##|\Z)", (ROOT / "docs/runbook.md").read_text(), re.M | re.S))
BY_ANCHOR = {name.lower(): text for name, text in SECTIONS.items()}

# What an operator finds: state, cause and section of the status; a line of the log with its `next` or `detail`; the check
# of verify and its advice; alerts, of which the first one's section is followed; words of the remedy in the sections.
FOUND = {
    "trust": ("paused", "role cannot be assumed", "denied", ("role denied", "next", "trust policy"),
              ("role.assume", "FAIL", "trust policy"), ["IngestCustomerPaused", "IngestOutage"],
              "update-assume-role-policy"),
    "kms": ("paused", "KMS key refuses", "kms", ("KMS access denied", "detail", "KMS key arn"),
            ("object.kms", "FAIL", "kms:Decrypt"), ["IngestCustomerPaused", "IngestOutage"], "put-key-policy"),
    "window": ("unreadable", "cannot be read", "format", ("object left", "detail", "limits.zstd_window is 8 MiB"),
               ("format.sample", "FAIL", "what the customer writes"), ["IngestUnreadable", "IngestObjectsLeft"],
               "limits.zstd_window"),
    "leader": ("late", "has no leader", "ingestbrokerunreachable", ("records not acknowledged", "detail", "has no leader"),
               ("topic.leader", "FAIL", "start the broker"), ["IngestBrokerUnreachable", "IngestOutage"],
               "start the broker"),
    "notification": ("silent", "brought no message", "silent", ("customer silent", "next", "notifications"),
                     ("notification.seen", "warn", "notifications"), ["IngestSilent"], "customer/notifications.sh"),
}


@pytest.fixture(scope="module")
def exercise(tmp_path_factory):
    made = Exercise(tmp_path_factory.mktemp("causes"))
    with made.opened:
        made.up()
        made.pages = Pages(Window(made.worker))
        made.break_all()
        made.window = Window(made.worker)
        until(lambda: {c: s["state"] for c, s in status(made).items()} == {made.of[k]: f[0] for k, f in FOUND.items()},
              lambda: f"{made.of} {status(made)} {made.worker.tail()}", 120, alive=made.worker)
        made.now = made.pages.scrape()
        yield made


def status(exercise):
    return {c["customer"]: c for c in json.loads(Window(exercise.worker).get("/status.json")[1])["customers"]}


def run(exercise, *command):
    """Of the program, as the worker's role."""
    done = subprocess.run(["asymptote-ingest", *command], cwd=exercise.folder, env={**exercise.env, "AWS_PROFILE": "worker"},
                          text=True, capture_output=True, timeout=120)
    return done.returncode, done.stdout, done.stderr


def of_customer(rows, customer):
    """Series of this customer and its queue, and those of none."""
    for row in rows:
        named = re.findall(r'(?:customer|queue)="([^"]*)"', row["series"])
        if not named or named == [customer] or set(named) == {customer}:
            yield row


@pytest.mark.parametrize("cause", FOUND)
def test_the_cause_is_named_and_leads_to_the_remedy(exercise, cause, tmp_path):
    state, why, section, (line, key, says), (check, result, change), alerts, remedy = FOUND[cause]
    customer = exercise.of[cause]

    told = status(exercise)[customer]
    assert (told["state"], told["runbook"]) == (state, f"docs/runbook.md#{section}"), told
    assert why in told["cause"] and told["what_to_do"], told
    assert remedy in BY_ANCHOR[section]

    code, text, _ = run(exercise, "status", customer, "-c", "asymptote-ingest.conf")
    assert code == 0 and re.search(rf"^runbook +docs/runbook\.md#{section}$", text, re.M) and why in text, text
    page = exercise.window.get(f"/?customer={customer}")[1]
    assert why in page and f"Runbook: {section}</span>" in page

    logged = exercise.worker.lines(msg=line, customer=customer)
    assert logged and logged[-1]["level"] in ("warn", "error") and says in logged[-1][key], logged

    code, out, err = run(exercise, "verify", "-c", "asymptote-ingest.conf", customer, "--json")
    checks = {c["check"]: c for c in map(json.loads, out.splitlines()) if c.get("customer") == customer}
    wrong = {name for name, c in checks.items() if c["state"] == "FAIL"}
    assert wrong == ({check} if result == "FAIL" else set()) and code == bool(wrong), (out, err)
    assert checks[check]["state"] == result and change in checks[check]["change"], checks[check]

    fired = firing(tmp_path, list(of_customer(exercise.pages.series(exercise.now, 20), customer)), 20)
    assert set(alerts) <= fired, fired
    of_all = {"IngestBrokerUnreachable"}  # of the worker, not of a customer
    others = {a for f in FOUND.values() for a in f[5]} - set(alerts) - of_all
    assert not fired & others, fired
    followed = ALERTS[alerts[0]]["annotations"]["runbook"].partition("#")[2]
    text = BY_ANCHOR[followed]
    assert section == followed or f"#{section})" in text, f"{followed} does not lead to {section}"


def test_after_the_remedies_everything_is_delivered(exercise):
    of, folder = exercise.of, exercise.folder
    code, out, err = run(exercise, "reconcile", "-c", "asymptote-ingest.conf", of["notification"], "--to", "2100-01-01T00:00:00Z",
                         "--json")
    assert code == 3 and json.loads(out)["missing"] > 0, (out, err)

    exercise.shell(f"aws iam update-assume-role-policy --role-name {exercise.role(of['trust'])} "
                   f"--policy-document file://{of['trust']}/customer/trust-policy.json")
    everyone = {"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "kms:*", "Resource": "*"}]}
    (folder / "key-policy.json").write_text(json.dumps(everyone))
    exercise.shell(f"aws kms put-key-policy --key-id {exercise.keys[of['kms']]} --policy-name default "
                   "--policy file://key-policy.json")
    exercise.kafka.start_node(1)
    exercise.shell(f"{of['notification']}/customer/notifications.sh")
    with exercise.conf.open("a") as conf:
        conf.write('limits = { zstd_window = "128MiB"; };\n')
    assert run(exercise, "check-config", "-c", "asymptote-ingest.conf")[0] == 0
    exercise.restart_worker()

    until(lambda: {c["state"] for c in status(exercise).values()} <= {"fresh"}, lambda: f"{status(exercise)}", 120,
          every=1, alive=exercise.worker)
    exercise.writer.stop()
    # Missed while there was no notification; messages that were returned have a delay of 15 minutes.
    code, out, err = run(exercise, "reconcile", "-c", "asymptote-ingest.conf", of["notification"], "--to",
                         "2100-01-01T00:00:00Z", "--enqueue", "--json")
    assert code == 3, (out, err)

    def missing():
        exercise.moto.let_time_pass(1000)
        found = {}
        for c in CUSTOMERS:
            done = {json.loads(r.value)["ingest"]["object"] for r in exercise.kafka.read(f"events-{c}")}
            keys = exercise.moto.s3.list_objects_v2(Bucket=f"{c}-agent-events", Prefix=PREFIX)["Contents"]
            found[c] = {f"s3://{c}-agent-events/{k['Key']}" for k in keys} - done
        return {c: len(keys) for c, keys in found.items() if keys}
    until(lambda: missing() == {}, lambda: f"{of} {missing()} {exercise.worker.tail()}", 120, every=2, alive=exercise.worker)
    assert not exercise.worker.lines(msg="notification left")
    assert status(exercise)[of["notification"]]["last_backfill"]
    code, out, _ = run(exercise, "verify", "-c", "asymptote-ingest.conf", *CUSTOMERS)
    assert code == 0 and out.count(" 0 FAIL,") == 1, out


def test_down_ends_all_and_says_what_it_waits_for(tmp_path, capsys):
    """Also parts that do not end in order: a broker waits for the other one, a worker for acknowledgements."""
    stubborn = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True); signal.pause()"
    parts = {name: Process(name, [sys.executable, "-c", stubborn, f"{tmp_path}/{name}"], tmp_path / f"{name}.log")
             for name in ("worker", "kafka-1", "kafka-2", "moto", "writer")}
    state = {name: {"pid": p.pid, "argv": p.argv} for name, p in parts.items()}
    for p in parts.values():
        until(lambda p=p: "ready" in p.tail(), "it ignores SIGTERM", 60)
    (tmp_path / STATE).write_text(json.dumps(state))
    down(tmp_path, grace_s=1)
    assert not any(is_running(part) for part in state.values()) and not (tmp_path / STATE).exists()
    said = capsys.readouterr().out
    assert "waits for the worker" in said and "the worker is killed" in said and said.endswith("All of it has ended.\n")
