# SPDX-License-Identifier: Apache-2.0
"""The policies that onboard writes, on the strict fake: with all of them every check of verify passes; without one
statement exactly the line of verify that needs it fails, and its advice puts it right."""
import json

import pytest

from .parts.commands import Command
from .parts.strict import StrictWorld
from .test_onboard import WORKER_ROLE, arrange, clean_env, document, run

EVENT = '{"timestamp": "2026-11-30T07:00:00Z", "user": "ana", "action": "login"}\n'
ROLE, TRUST = "the role's policy", "the role's trust policy"


class Generated:
    """A customer with versions and a KMS key, set up by the files of onboard."""

    def __init__(self, strict, folder):
        self.strict, self.fake, self.folder = strict, strict.fake, folder
        self.key = strict.fake.add_kms_key()
        self.customer, self.env = arrange(strict, folder, **{"versioned": "true", "kms-key-arn": self.key})
        self.files = {name: document(folder, path) for name, path in {
            "role": "customer/role-policy.json", "trust": "customer/trust-policy.json",
            "queue": "operator/queue-policy.json", "worker": "operator/worker-policy.json"}.items()}
        self.fake.add_role(self.customer["role_arn"], trust=self.files["trust"], policies=[self.files["role"]])
        self.fake.put_object("cust-bucket", "asymptote/events/a.jsonl", EVENT, kms_key=self.key)
        done = run(folder, "--skip-verify", env=clean_env(**self.env), complete="acme", wait="0")
        assert done.returncode == 0, done.stderr
        path = folder / "worker.conf"
        for was, now in (("127.0.0.1:9", strict.kafka.bootstrap), ('"events"', f'"{strict.events_topic}"'),
                         ('"rejects"', f'"{strict.rejects_topic}"'),
                         ("endpoint_sts", f'endpoint_s3 = "{strict.fake.endpoint}"; endpoint_sts')):
            path.write_text(path.read_text().replace(was, now))

    def set(self, name, statements):
        policy = {**self.files[name], "Statement": statements}
        if name == "role":
            self.fake.change_role(self.customer["role_arn"], policies=[policy])
        elif name == "trust":
            self.fake.change_role(self.customer["role_arn"], trust=policy)
        elif name == "queue":
            self.fake.change_queue("acme", {"Policy": json.dumps(policy)})
        else:
            self.fake.change_role(WORKER_ROLE, policies=[policy])

    def verify(self):
        """{check: line}, without that of a running worker."""
        done = Command.of(self.folder, "verify", "-c", "worker.conf", "acme", "--json", env=clean_env(**self.env))
        return {line["check"]: line for line in done.json() if line["check"] != "notification.seen"}


@pytest.fixture
def generated(strict: StrictWorld, tmp_path):
    return Generated(strict, tmp_path)


def _failed(lines):
    return {check: line["state"] for check, line in lines.items() if line["state"] not in ("ok", "skip")}


def test_with_the_generated_policies_each_check_passes(generated):
    lines = generated.verify()
    assert {c: line["state"] for c, line in lines.items() if line["state"] != "ok"} == {"role.other_id": "skip"}


STATEMENTS = [  # file, statement, the line that fails, where the advice puts it
    ("role", "ListEventPrefix", "prefix.list", ROLE),
    ("role", "ReadEventObjects", "object.read", ROLE),
    ("role", "ReadEventVersions", "object.version", ROLE),
    ("role", "DecryptEventObjects", "object.kms", ROLE),
    ("trust", None, "role.assume", TRUST),
    ("queue", "acme", "queue.policy", "the queue's policy"),
    ("worker", "Queues", "queue.exists", "the policy of the worker's role"),
    ("worker", "CustomerRoles", "role.assume", "the policy of the worker's role"),
    ("worker", "DeadLetterQueues", "queue.redrive", "the policy of the worker's role"),
]
WARNS = {"DeadLetterQueues"}  # everything else works without it


@pytest.mark.parametrize("file, sid, check, where", STATEMENTS, ids=[f"{row[0]}-{row[1]}" for row in STATEMENTS])
def test_without_a_statement_exactly_its_line_fails_and_its_advice_repairs_it(generated, file, sid, check, where):
    statements = generated.files[file]["Statement"]
    rest = [s for s in statements if s.get("Sid") != sid]
    assert len(rest) == len(statements) - 1
    generated.set(file, rest)
    lines = generated.verify()
    assert _failed(lines) == {check: "warn" if sid in WARNS else "FAIL"}, lines
    (advice,) = [a["statement"] for a in lines[check]["statements"] if a["where"] == where]
    generated.set(file, [*rest, advice])
    assert _failed(generated.verify()) == {}


def test_every_statement_of_every_generated_policy_is_in_this_test(generated):
    found = {(name, s.get("Sid")) for name, policy in generated.files.items() for s in policy["Statement"]}
    assert found == {row[:2] for row in STATEMENTS}


def test_without_the_keys_policy_only_the_key_fails(generated):
    generated.fake.change_kms_key(generated.key, policy={"Version": "2012-10-17", "Statement": []})
    assert _failed(generated.verify()) == {"object.kms": "FAIL"}
    letter = (generated.folder / "acme/letter.md").read_text()
    shown = letter[letter.index("## Step 3"):letter.index("## Step 4")]
    statement = json.loads("\n".join(line for line in shown.splitlines() if line.startswith("    ")))
    generated.fake.change_kms_key(generated.key, policy={"Version": "2012-10-17", "Statement": [statement]})
    assert _failed(generated.verify()) == {}
