# SPDX-License-Identifier: Apache-2.0
"""`verify` on the strict fake: a customer that is set up as docs/aws.md says passes, and each mistake makes its
check fail and no other."""
import gzip
import json
import random
import re

import pytest

from integration.fakeaws import allow, policy

from .parts.commands import Command
from .parts.places import ROOT
from .parts.strict import StrictWorld
from .parts.wait import until
from .parts.window import LISTEN, Window

EVENT = '{"timestamp": "2026-11-30T07:00:00Z", "user": "annabel", "action": "login"}\n'
OK, WARN, FAIL, SKIP = "ok", "warn", "FAIL", "skip"


def _statements(name, values):
    """The statements of a policy of etc/aws, by their Sid."""
    text = (ROOT / "etc/aws" / name).read_text()
    for key, value in values.items():
        text = text.replace("${%s}" % key, value)
    return {s["Sid"]: s for s in json.loads(text)["Statement"]}


class _Acme:
    """A customer with the policies of docs/aws.md, an object under KMS, and versions."""

    def __init__(self, strict):
        self.strict, self.fake = strict, strict.fake
        self.key = self.fake.add_kms_key()
        self.customer = strict.customer("acme", kms_key=self.key, kms_key_arn=self.key, versioning=True, versioned=True)
        self.role = self.customer.settings["role_arn"]
        values = {"BUCKET": self.customer.bucket, "PREFIX": self.customer.prefix, "KMS_KEY_ARN": self.key}
        self.statements = {k: v for name in ("role", "versions", "kms")
                           for k, v in _statements(f"{name}-policy.json", values).items()}
        self.set_policy()
        self.set_trust({"StringEquals": {"sts:ExternalId": self.external_id}})
        self.fake.change_queue(self.customer.queue.name, {"Policy": policy(*_statements("queue-policy.json", {
            "CUSTOMER": "acme", "QUEUE_ARN": self.customer.queue.arn, "BUCKET": self.customer.bucket,
            "CUSTOMER_ACCOUNT": self.customer.settings["account_id"]}).values())})
        self.put("2026/11/30/b.jsonl")

    @property
    def external_id(self):
        return self.customer.settings["external_id"]

    def put(self, name, body=EVENT, **more):
        return self.fake.put_object(self.customer.bucket, self.customer.key(name), body, kms_key=self.key, **more)

    def put_newest(self, body):
        self.put("2026/11/30/c", body, modified=self.fake.clock()["wall"] + 60)

    def set_policy(self, without=(), **instead):
        kept = {k: v for k, v in {**self.statements, **instead}.items() if k not in without}
        self.fake.change_role(self.role, policies=[policy(*kept.values())])

    def set_trust(self, condition):
        self.fake.change_role(self.role, trust=policy(
            {"Effect": "Allow", "Principal": {"AWS": self.strict.user["arn"]}, "Action": "sts:AssumeRole",
             "Condition": condition}))

    def verify(self, *options, **sections):
        return verify(self.strict, "acme", *options, **sections)


def verify(strict, *arguments, **sections):
    return Command(strict.folder, "verify", strict.settings(**sections), *arguments)


@pytest.fixture
def acme(strict):
    strict.customer("bolt")
    return _Acme(strict)


def _states(command):
    """{check: state} of customer acme and of the worker; without that of a running one (test_verify_canary.py)."""
    return {line["check"]: line["state"] for line in command.json()
            if line.get("customer", "acme") == "acme" and line["check"] != "notification.seen"}


def _lines(command):
    return {line["check"]: line for line in command.json()}


CHECKS = ["worker.identity", "role.assume", "role.no_id", "role.wrong_id", "role.other_id", "role.account",
          "prefix.list", "object.read", "object.kms", "object.version", "outside.list", "outside.read", "object.public",
          "queue.exists", "queue.redrive", "queue.retention", "queue.visibility", "queue.policy",
          "topic.exists", "topic.leader", "topic.size", "topic.policy", "format.sample"]


def test_a_customer_as_documented_passes_each_check(acme):
    done = acme.verify("--json")
    assert _states(done) == dict.fromkeys(CHECKS, OK), done.stdout
    assert (done.status, done.stderr) == (0, "")
    assert {e["method"] for e in acme.fake.log(service="s3")} == {"GET"}  # nothing is written
    lines = _lines(done)
    assert acme.customer.key("2026/11/30/b.jsonl") in lines["object.read"]["tried"]
    for name in ("role.no_id", "role.wrong_id", "role.other_id", "outside.list", "outside.read", "object.public"):
        line = lines[name]
        assert (line["must_fail"], line["code"], line["status"]) == (True, "AccessDenied", 403)
        (entry,) = [e for e in acme.fake.log() if e["request_id"] == line["request_id"]]
        assert entry["code"] == "AccessDenied" and entry.get("host_id") == line.get("host_id")


def _denied_identity(acme):
    acme.fake.fault(service="sts", action="GetCallerIdentity", principal="*:user/*", error="AccessDenied")


def _no_topic(acme):
    acme.customer.settings["topic"] = f"{acme.strict.events_topic}-none"


def _foreign_account(acme):
    acme.fake.fault(service="sts", action="GetCallerIdentity", principal="*:assumed-role/*", status=200, headers={
        "Content-Type": "text/xml"}, body="<GetCallerIdentityResponse><GetCallerIdentityResult>"
        "<Arn>arn:aws:sts::999999999999:assumed-role/x/y</Arn><UserId>x</UserId>"
        "<Account>999999999999</Account></GetCallerIdentityResult></GetCallerIdentityResponse>")


def _public(acme):
    arn = f"arn:aws:s3:::{acme.customer.bucket}/{acme.customer.prefix}/*"
    acme.fake.change_bucket(acme.customer.bucket, policy=policy({**allow("s3:GetObject", arn), "Principal": "*"}))


def _other_key(acme):
    other = acme.fake.add_kms_key("key-2")
    acme.set_policy(Other=allow("kms:Decrypt", other))
    acme.fake.put_object(acme.customer.bucket, acme.customer.key("2026/11/30/c.jsonl"), EVENT, kms_key=other)


def _external_ids(acme, operator, *ids):
    acme.set_trust({operator: {"sts:ExternalId": [acme.external_id, *ids]}})


# Check, what is broken, a part of what is found, checks that cannot be made then.
MISTAKES = [
    ("worker.identity", _denied_identity, "AccessDenied", ()),
    ("role.assume", lambda a: a.set_trust({"StringEquals": {"sts:ExternalId": "another"}}), "AccessDenied",
     [c for c in CHECKS if not c.startswith(("queue.", "topic.")) and c not in ("worker.identity", "role.assume")]),
    ("role.no_id", lambda a: _external_ids(a, "StringEqualsIfExists"), "can be assumed", ()),
    ("role.wrong_id", lambda a: _external_ids(a, "StringLike", "not-the-external-id-*"), "can be assumed", ()),
    ("role.other_id", lambda a: _external_ids(a, "StringEquals", "bolt-external-id"), "can be assumed", ()),
    ("role.account", _foreign_account, "999999999999", ()),
    ("prefix.list", lambda a: a.set_policy(without=["ListEventPrefix"]), "s3:ListBucket",
     ("object.read", "object.kms", "object.version", "object.public", "format.sample")),
    ("object.read", lambda a: a.set_policy(without=["ReadEventObjects"]), "s3:GetObject",
     ("object.kms", "object.version", "format.sample")),
    ("object.kms", lambda a: a.set_policy(without=["DecryptEventObjects"]), "kms:Decrypt",
     ("object.version", "format.sample")),
    ("object.kms", lambda a: a.fake.change_kms_key(a.key, policy=policy()), "kms:Decrypt",
     ("object.version", "format.sample")),
    ("object.kms", _other_key, "not with the key of kms_key_arn", ()),
    ("object.version", lambda a: a.set_policy(without=["ReadEventVersions"]), "s3:GetObjectVersion", ()),
    ("outside.list", lambda a: a.set_policy(ListEventPrefix=allow(
        "s3:ListBucket", f"arn:aws:s3:::{a.customer.bucket}", {"StringLike": {"s3:prefix": f"{a.customer.prefix}*"}})),
     "can list outside", ()),
    ("outside.read", lambda a: a.set_policy(ReadEventObjects=allow(
        "s3:GetObject", f"arn:aws:s3:::{a.customer.bucket}/{a.customer.prefix}*")), "can read outside", ()),
    ("queue.exists", lambda a: a.fake.remove_queue(a.customer.queue.name), "does not exist",
     ("queue.redrive", "queue.retention", "queue.visibility", "queue.policy")),
    ("queue.redrive", lambda a: a.fake.change_queue(a.customer.queue.name, {"RedrivePolicy": ""}),
     "no dead-letter queue", ()),
    ("queue.retention", lambda a: a.fake.change_queue(a.customer.queue.name, {"MessageRetentionPeriod": "3600"}),
     "3600 seconds", ()),
    ("queue.visibility", lambda a: a.fake.change_queue(a.customer.queue.name, {"VisibilityTimeout": "43200"}),
     "43200 seconds", ()),
    ("queue.policy", lambda a: a.fake.change_queue(a.customer.queue.name, {"Policy": ""}), "no policy", ()),
    ("queue.policy", lambda a: a.fake.change_queue(a.customer.queue.name, {"Policy": policy(
        {**allow("sqs:SendMessage", a.customer.queue.arn), "Principal": "*"})}), "any party may send", ()),
    ("topic.exists", _no_topic, "topic", ("topic.leader", "topic.size", "topic.policy")),
    ("topic.size", lambda a: a.strict.kafka.set_topic(a.strict.events_topic, max_message_bytes=500000),
     "500000 bytes", ()),
    ("topic.policy", lambda a: a.strict.kafka.set_topic(a.strict.events_topic, cleanup_policy="compact,delete"),
     "compact", ()),
    ("format.sample", lambda a: a.put_newest("not an event\n" * 3), "no event", ()),
    ("format.sample", lambda a: a.put_newest(b"PAR1" + bytes(100000) + b"PAR1"), "Parquet", ()),
    ("object.public", _public, "does not deny it to any party", ()),
]


@pytest.mark.parametrize("check, mistake, found, skipped", MISTAKES,
                         ids=[f"{n}-{row[0]}" for n, row in enumerate(MISTAKES)])
def test_a_mistake_fails_its_check_alone(acme, check, mistake, found, skipped):
    mistake(acme)
    done = acme.verify("--json")
    want = {**dict.fromkeys(CHECKS, OK), check: FAIL, **dict.fromkeys(skipped, SKIP)}
    assert _states(done) == want, done.stdout
    assert done.status == 1
    line = _lines(done)[check]
    assert found in line["found"] and line["change"]


def _sample(acme, body):
    acme.put_newest(body)
    done = acme.verify("--json")
    line = _lines(done)["format.sample"]
    assert _states(done) == {**dict.fromkeys(CHECKS, OK), "format.sample": line["state"]}, done.stdout
    assert "annabel" not in done.stdout
    return line


def test_the_newest_object_is_read_as_events(acme):
    line = _sample(acme, EVENT * 3 + '{"user": "bob"}\n')
    assert line["state"] == OK
    assert line["found"].startswith("4 events, 0 rejects; ")
    assert "timestamp 75 %, user 100 %" in line["found"]


@pytest.mark.parametrize("pack", [str.encode, lambda text: gzip.compress(text.encode())])
def test_of_a_large_object_only_whole_events_of_the_beginning_count(acme, pack):
    rng = random.Random(1)
    lines = [EVENT[:-2] + ', "message": "%x"}\n' % rng.getrandbits(800) for _ in range(2000)]
    line = _sample(acme, pack("".join(lines)))
    count = int(line["found"].split()[0])
    assert line["state"] == OK and 100 < count < 1500 and "0 rejects before the rest" in line["found"]


def test_a_large_object_of_one_line_is_not_proved(acme):
    line = _sample(acme, '{"message": "%s"}\n' % ("x" * 100000))
    assert (line["state"], "no whole event" in line["found"]) == (WARN, True)


def test_secrets_in_the_newest_object_are_counted_and_not_shown(acme):
    secret = "AKIA" + "Q3EGZL7PVT2MNB4X"
    line = _sample(acme, EVENT[:-2] + ', "message": "key %s"}\n' % secret)
    assert (line["state"], "1 values look like secrets" in line["found"]) == (WARN, True)
    assert secret not in acme.verify("--json").stdout
    acme.customer.settings["redact"] = "secrets"
    assert _lines(acme.verify("--json"))["format.sample"]["state"] == OK


def test_a_public_object_without_kms_is_read_by_any_party(strict):
    bolt = strict.customer("bolt")
    bolt.put("a", "{}\n")
    arn = f"arn:aws:s3:::{bolt.bucket}/*"
    strict.fake.change_bucket(bolt.bucket, policy=policy({**allow("s3:GetObject", arn), "Principal": "*"}))
    done = verify(strict, "bolt", "--json")
    line = _lines(done)["object.public"]
    assert (line["state"], line["found"]) == (FAIL, "any party can read the object")


# What is taken out of the role's policies, and the check whose advice puts it back.
@pytest.mark.parametrize("sid, check", [("ListEventPrefix", "prefix.list"), ("ReadEventObjects", "object.read"),
                                        ("ReadEventVersions", "object.version"), ("DecryptEventObjects", "object.kms")])
def test_the_statement_of_a_failed_check_repairs_it(acme, sid, check):
    acme.set_policy(without=[sid])
    line = _lines(acme.verify("--json"))[check]
    (advice, *_) = line["statements"]
    assert advice["where"] == "the role's policy"
    acme.set_policy(without=[sid], Advice=advice["statement"])
    done = acme.verify("--json")
    assert _states(done) == dict.fromkeys(CHECKS, OK), done.stdout


def test_the_statement_for_the_trust_policy_repairs_it(acme):
    acme.fake.change_role(acme.role, trust=policy())
    line = _lines(acme.verify("--json"))["role.assume"]
    advice, own = line["statements"]
    assert (advice["where"], own["where"]) == ("the role's trust policy", "the policy of the worker's role")
    assert own["statement"]["Resource"] == [acme.role]
    acme.fake.change_role(acme.role, trust=policy(advice["statement"]))
    assert acme.verify().status == 0


def test_the_statement_for_the_queues_policy_repairs_it(acme):
    acme.fake.change_queue(acme.customer.queue.name, {"Policy": ""})
    (advice,) = _lines(acme.verify("--json"))["queue.policy"]["statements"]
    assert advice["where"] == "the queue's policy"
    acme.fake.change_queue(acme.customer.queue.name, {"Policy": policy(advice["statement"])})
    done = acme.verify("--json")
    assert _states(done) == dict.fromkeys(CHECKS, OK), done.stdout


def test_a_role_that_cannot_list_at_all_but_reads_everything_is_found(acme):
    """S3 answers AccessDenied for a missing key then, as for a key that may not be read."""
    acme.set_policy(without=["ListEventPrefix"],
                    ReadEventObjects=allow("s3:GetObject", f"arn:aws:s3:::{acme.customer.bucket}/*"))
    line = _lines(acme.verify("--json"))["outside.read"]
    assert (line["state"], line["code"]) == (FAIL, "AccessDenied")
    assert "s3:ListBucket" in line["found"]


def test_a_denial_that_names_no_permission_proves_nothing(acme):
    acme.fake.fault(service="s3", action="GetObject", key_prefix=f"{acme.customer.prefix}-", error={
        "code": "AccessDenied", "status": 403, "message": "Access Denied"})
    done = acme.verify("--json")
    assert _states(done) == {**dict.fromkeys(CHECKS, OK), "outside.read": WARN}
    assert done.status == 0


@pytest.mark.parametrize("check, action", [("role.no_id", "AssumeRole"), ("outside.list", "ListObjectsV2")])
def test_what_must_be_denied_is_not_proved_by_another_error(acme, check, action):
    service = "sts" if action == "AssumeRole" else "s3"
    params = {"ExternalId": ""} if service == "sts" else {"prefix": ""}
    acme.fake.fault(service=service, action=action, params=params, error="ServiceUnavailable", count=-1)
    done = acme.verify("--json")
    assert _states(done) == {**dict.fromkeys(CHECKS, OK), check: FAIL}, done.stdout
    assert "not proved" in _lines(done)[check]["found"]


def test_an_empty_prefix_is_a_warning(strict):
    bolt = strict.customer("bolt", kms_key_arn=strict.fake.add_kms_key())
    strict.fake.change_role(bolt.settings["role_arn"], policies=[policy(
        *_statements("role-policy.json", {"BUCKET": bolt.bucket, "PREFIX": bolt.prefix}).values())])
    done = verify(strict, "bolt", "--json")
    states = {line["check"]: line["state"] for line in done.json()}
    assert {c: s for c, s in states.items() if s != OK} == {
        "role.other_id": SKIP, "object.read": WARN, "object.kms": WARN, "object.version": SKIP, "object.public": SKIP,
        "queue.policy": FAIL, "format.sample": SKIP, "notification.seen": SKIP}
    lines = {line["check"]: line for line in done.json()}
    for check in ("object.read", "object.kms"):  # nothing that was set up is to be changed
        assert lines[check]["found"].startswith("the prefix has no object with content yet: verify again when it has one")
        assert "change" not in lines[check] and "statements" not in lines[check]
    assert done.status == 1


def test_the_newest_object_that_the_worker_would_read_is_used(acme):
    now = acme.fake.clock()["wall"]
    acme.customer.settings["ignore"] = ["*.tmp"]
    acme.put("2026/11/30/a.jsonl", modified=now + 60)
    acme.put("2026/11/30/z.tmp", modified=now + 120)
    acme.put("2026/11/30/z.jsonl", modified=now + 120, storage_class="GLACIER")
    acme.fake.put_object(acme.customer.bucket, acme.customer.key("2026/11/30/z"), "", modified=now + 120)
    assert "/2026/11/30/a.jsonl" in _lines(acme.verify("--json"))["object.read"]["tried"]


def test_a_worker_without_credentials_fails_alone_and_the_rest_is_skipped(acme):
    done = Command(acme.strict.folder, "verify", acme.strict.settings(), "acme", "--json",
                   AWS_ACCESS_KEY_ID=None, AWS_SECRET_ACCESS_KEY=None)
    states = _states(done)
    assert done.status == 1
    assert states == {**dict.fromkeys(CHECKS, SKIP), "worker.identity": FAIL,
                      **{c: OK for c in CHECKS if c.startswith("topic.")}}, done.stdout + done.stderr


def test_people_see_a_line_for_each_check_and_what_to_change(acme):
    acme.set_policy(without=["ListEventPrefix"])
    done = acme.verify("--fix-hints")
    lines = done.stdout.splitlines()
    assert lines[0] == "worker" and lines[2] == "acme"
    at = next(i for i, line in enumerate(lines) if " prefix.list " in line)
    assert re.match(r"  FAIL  prefix\.list +ListObjectsV2 of s3://.*\[AccessDenied, request \w+, host id .+\]", lines[at])
    assert lines[at + 1].startswith("        change: the role's policy must allow s3:ListBucket for the prefix; or bucket, "
                                    "prefix, region or account_id of the customer's entry")
    assert lines[at + 2].startswith("        in the role's policy: {") and "ListEventPrefix" in lines[at + 2]
    assert lines[-1] == "17 ok, 0 warn, 1 FAIL, 6 skip"
    assert "in the role's policy" not in acme.verify().stdout


def test_all_customers_are_checked_in_the_order_of_the_configuration(strict):
    made = [strict.customer(f"cust-{n}") for n in range(45)]  # more than are held at the same time
    strict.fake.remove_role(made[7].settings["role_arn"])
    done = verify(strict, "--all", "--json")
    seen = list(dict.fromkeys(line.get("customer") for line in done.json()))
    assert seen == [None] + [c.id for c in made]
    assert [line["customer"] for line in done.json() if (line["check"], line["state"]) == ("role.assume", FAIL)] == [
        "cust-7"]


def test_a_customer_that_is_not_there_is_an_error_before_any_request(strict):
    strict.customer("bolt")
    done = verify(strict, "bolt", "blot")
    assert (done.status, done.stdout) == (1, "")
    assert done.stderr == "customer blot is not in the configuration\n"
    assert strict.fake.log() == []


@pytest.mark.parametrize("arguments", [(), ("--all", "bolt")])
def test_customers_or_all_are_given(strict, arguments):
    strict.customer("bolt")
    done = verify(strict, *arguments)
    assert done.status == 2 and "--all" in done.stderr


def test_secrets_and_control_characters_are_never_printed(acme):
    acme.fake.put_object(acme.customer.bucket, acme.customer.key("zz\x1b[31m\u202e"), "{}\n", kms_key=acme.key,
                         modified=acme.fake.clock()["wall"] + 60)
    for options in (("--fix-hints",), ("--json",)):
        done = acme.verify(*options)
        text = done.stdout + done.stderr
        assert "zz" in text
        assert not any(secret in text for secret in acme.strict.secrets())
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", text)
        assert acme.external_id not in text


def test_only_a_customer_whose_denials_are_proved_is_taken(acme):
    strict, folder = acme.strict, acme.strict.folder / "proofs"
    folder.mkdir()
    sections = {"verify": {"state_dir": str(folder), "require_verified": True}}
    worker = strict.start(metrics=LISTEN, **sections)
    window = Window(worker)
    line = worker.logged(msg="customer not taken", customer="acme")[0]
    assert (line["level"], line["reason"]) == ("warn", "nothing is proved yet")
    assert window.value("verified", customer="acme") == 0
    acme.put("2026/11/30/c.jsonl")
    acme.set_policy(ReadEventObjects=allow("s3:GetObject", f"arn:aws:s3:::{acme.customer.bucket}/*"))
    assert acme.verify(**sections).status == 1
    assert json.loads((folder / "acme.proof").read_text())["disproved"] == "outside.read"
    until(lambda: any(one.get("check") == "outside.read" for one in worker.logged(msg="customer not taken")),
          worker.tail, 30, alive=worker)
    assert strict.count() == 0
    acme.set_policy()
    assert acme.verify(**sections).status == 0
    assert acme.external_id not in (folder / "acme.proof").read_text()
    strict.settled()
    assert strict.count() == 2
    assert [one["customer"] for one in worker.logged(msg="customer taken")] == ["acme"]
    assert window.value("verified", customer="acme") == 1
    assert window.value("verified", customer="bolt") == 0
    assert window.value("external_id_checked_timestamp_seconds", customer="acme") > 0


def test_a_proof_that_cannot_be_stored_is_an_error(acme):
    done = acme.verify(verify={"state_dir": str(acme.strict.folder / "none")})
    assert done.status == 1
    assert re.search(r"customer acme: the proof is not stored: .*/none/acme\.proof: cannot be written: No such", done.stderr)
