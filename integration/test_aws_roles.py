# SPDX-License-Identifier: Apache-2.0
"""Roles: external ids, session policies, accounts, sessions that expire, keys that are denied."""
import json
import re

import pytest

from integration.fakeaws import allow, policy

from .parts.events import generate
from .parts.strict import StrictWorld
from .parts.wait import until


_FOREIGN_SESSION = """<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
<Credentials><AccessKeyId>ASIAFOREIGN</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>
<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials><AssumedRoleUser><AssumedRoleId>AROA:x</AssumedRoleId>
<Arn>arn:aws:sts::999999999999:assumed-role/x/y</Arn></AssumedRoleUser></AssumeRoleResult></AssumeRoleResponse>"""


def _open_role(strict, acme):
    """Trusts the worker's account with any external id."""
    strict.fake.change_role(acme.settings["role_arn"], trust=policy(
        {"Effect": "Allow", "Principal": {"AWS": strict.user["arn"]}, "Action": "sts:AssumeRole"}))


def test_a_role_that_works_without_the_external_id_is_refused_with_the_reason(strict: StrictWorld):
    acme = strict.customer("acme")
    _open_role(strict, acme)
    acme.put("a", generate(3, 5).text)
    worker = strict.start()
    worker.logged(msg="customer paused", customer="acme")
    (line, *_) = worker.lines(outage="begins", customer="acme")
    assert "external id" in line["detail"]
    assert strict.fake.log(action="GetObject") == [] and strict.count() == 0
    assert acme.queue.depth() == 1


def test_a_role_that_works_without_the_external_id_can_be_allowed(strict: StrictWorld):
    acme = strict.customer("acme", accept_role_without_external_id=True)
    _open_role(strict, acme)
    acme.put("a", generate(3, 5).text)
    strict.start()
    strict.settled()
    assert strict.count() == 3


def test_the_probe_without_external_id_is_made_at_the_first_assume_only(strict: StrictWorld):
    acme = strict.customer("acme")
    strict.fake.settings(session_s=6)
    worker = strict.start()
    acme.put("a", generate(1, 5).text)
    strict.settled()

    def assumed():
        return [e for e in strict.fake.log(action="AssumeRole") if "ExternalId" in e["params"]]

    def renewed():
        acme.put("b", generate(1, 6).text)
        strict.settled()
        return len(assumed()) > 1
    until(renewed, "the session was renewed", 30, every=0.3, alive=worker)
    probes = [e for e in strict.fake.log(action="AssumeRole") if "ExternalId" not in e["params"]]
    assert [e["code"] for e in probes] == ["AccessDenied"]


def test_lanes_that_begin_together_assume_and_probe_once_for_all(strict: StrictWorld):
    acme = strict.customer("acme")
    for n in range(20):
        acme.put(f"{n}", generate(1, n).text)
    strict.start()
    strict.settled()
    codes = [e["code"] for e in strict.fake.log(action="AssumeRole")]
    assert codes == [None, "AccessDenied", "AccessDenied"]  # with the id, without one, with a wrong one


def test_a_session_is_bound_to_the_prefix_and_one_hour(strict: StrictWorld):
    acme = strict.customer("acme", prefix="logs/a*b?c$d")
    acme.put("x", generate(2, 5).text)
    strict.start()
    strict.settled()
    assert strict.count() == 2
    params = [e["params"] for e in strict.fake.log(action="AssumeRole") if e["code"] is None][0]
    assert "logs/a${*}b${?}c${$}d/*" in params["Policy"]
    assert int(params.get("DurationSeconds", "3600")) == 3600
    owners = {e["owner"] for e in strict.fake.log(action="GetObject")}
    assert owners == {"444455556666"}


def test_an_ended_session_is_renewed_and_the_object_goes_on(strict: StrictWorld):
    acme = strict.customer("acme")
    acme.put("a", generate(1, 5).text)
    strict.start()
    strict.settled()
    strict.fake.expire_sessions(acme.settings["role_arn"])
    acme.put("b", generate(2, 6).text)
    strict.settled()
    assert strict.count() == 3
    codes = [e["code"] for e in strict.fake.log(action="GetObject")]
    assert codes == [None, "ExpiredToken", None]
    assert acme.queue.dead.depth() == 0


def test_a_session_that_ends_within_an_object_costs_no_line(strict: StrictWorld):
    acme = strict.customer("acme")
    text = generate(3000, 5).text
    strict.fake.fault(service="s3", action="GetObject", cut=len(text) // 2)
    strict.fake.fault(service="s3", action="GetObject", ranged=True,
                      hook=lambda call: strict.fake.expire_sessions())
    acme.put("a", text)
    strict.start()
    strict.settled()
    seen = [event["ingest"]["id"] for _, event in strict.events()]
    assert len(seen) == len(set(seen)) == 3000


def test_a_bucket_of_somebody_else_is_never_read(strict: StrictWorld):
    acme = strict.customer("acme")
    strict.fake.change_bucket(acme.bucket, owner="999999999999", policy=policy(
        {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": f"arn:aws:s3:::{acme.bucket}/*"}))
    acme.put("a", generate(1, 5).text)
    worker = strict.start()
    (line, *_) = worker.logged(msg="object later", customer="acme")
    assert (line["error"], line["code"], line["status"]) == ("denied", "AccessDenied", "403")
    assert strict.count() == 0


def test_a_denied_key_is_named_with_both_policies_to_look_at(strict: StrictWorld):
    key = strict.fake.add_kms_key()
    acme = strict.customer("acme", kms_key=key, kms_key_arn=key)
    strict.fake.change_kms_key(key, policy=policy())
    acme.put("a", "x\n", )
    strict.fake.put_object(acme.bucket, acme.key("k"), "{}\n", kms_key=key)
    worker = strict.start()
    (line, *_) = worker.logged(msg="object later", object=f"s3://{acme.bucket}/{acme.key('k')}")
    assert line["error"] == "kms"
    (line, *_) = worker.lines(outage="begins", request_id=line["request_id"])
    told = line["detail"] + line.get("next", "")
    assert key in told
    assert re.search("key('s)? policy", told, re.I) and re.search("role", told, re.I)


def _session_policy(strict, customer):
    """The statements of the customer's session policy; None: there is none."""
    (params, *_) = [e["params"] for e in strict.fake.log(action="AssumeRole", code=None)
                    if e["params"]["RoleArn"] == customer.settings["role_arn"]]
    return json.loads(params["Policy"])["Statement"] if "Policy" in params else None


@pytest.mark.parametrize("declared", ["key", "policy"])
def test_an_object_under_kms_is_read_with_the_session_policy(strict: StrictWorld, declared):
    key = strict.fake.add_kms_key()
    acme = strict.customer("acme", kms_key=key, **{"kms_key_arn": key} if declared == "key" else
                           {"session_policy": "full"})
    strict.fake.put_object(acme.bucket, acme.key("k"), generate(4, 5).text, kms_key=key, bucket_key=True)
    strict.start()
    strict.settled()
    assert strict.count() == 4


def test_without_a_key_the_session_has_no_statement_of_kms_and_the_denial_says_so(strict: StrictWorld):
    key = strict.fake.add_kms_key()
    acme = strict.customer("acme", kms_key=key)
    acme.put("plain", generate(2, 4).text)
    strict.fake.put_object(acme.bucket, acme.key("k"), generate(4, 5).text, kms_key=key)
    worker = strict.start()
    (line,) = worker.logged(msg="object later", customer="acme")
    assert line["error"] == "kms"
    (line, *_) = worker.lines(outage="begins", request_id=line["request_id"])
    assert 'session_policy = "full"' in line["detail"] and "kms_key_arn" in line["detail"]
    until(lambda: strict.count() == 2, "the object without a key is delivered", 30, alive=worker)
    assert [s["Action"] for s in _session_policy(strict, acme)] == [
        ["s3:GetObject", "s3:GetObjectVersion"], "s3:ListBucket"]
    (line,) = worker.lines(msg="session policy without KMS")
    assert (line["customer"], line["level"]) == ("acme", "info")


def test_without_a_session_policy_the_role_alone_decides_and_that_is_said(strict: StrictWorld):
    key = strict.fake.add_kms_key()
    acme = strict.customer("acme", kms_key=key, session_policy="none")
    bolt = strict.customer("bolt", session_policy="full")
    strict.fake.put_object(acme.bucket, acme.key("k"), generate(4, 5).text, kms_key=key)
    bolt.put("a", generate(1, 5).text)
    worker = strict.start()
    strict.settled()
    assert strict.count() == 5
    assert _session_policy(strict, acme) is None
    assert "kms:Decrypt" in [s["Action"] for s in _session_policy(strict, bolt)]
    (line,) = worker.lines(msg="no session policy")
    assert (line["customer"], line["level"]) == ("acme", "warn")
    assert worker.lines(msg="session policy without KMS") == []


def test_a_session_for_another_account_than_the_customers_is_refused(strict: StrictWorld):
    acme = strict.customer("acme")
    strict.fake.fault(service="sts", action="GetCallerIdentity", count=-1, status=200, headers={
        "Content-Type": "text/xml"}, body="<GetCallerIdentityResponse><GetCallerIdentityResult>"
        "<Arn>arn:aws:sts::999999999999:assumed-role/x/y</Arn><UserId>x</UserId>"
        "<Account>999999999999</Account></GetCallerIdentityResult></GetCallerIdentityResponse>")
    strict.fake.fault(service="sts", action="AssumeRole", count=-1, status=200, params={"ExternalId": "?*"},
                      headers={"Content-Type": "text/xml"}, body=_FOREIGN_SESSION)
    acme.put("a", generate(1, 5).text)
    worker = strict.start()
    worker.logged(msg="customer paused", customer="acme")
    (line, *_) = worker.lines(outage="begins", customer="acme")
    assert "999999999999" in line["detail"] or "account" in line["detail"]
    assert strict.fake.log(action="GetObject") == []


def test_a_role_may_be_denied_without_costing_others_anything(strict: StrictWorld):
    queue = strict.queue()
    acme, bolt = strict.customer("acme", queue), strict.customer("bolt", queue)
    strict.fake.remove_role(acme.settings["role_arn"])
    for n in range(20):
        acme.put(f"{n}", generate(1, n).text)
        bolt.put(f"{n}", generate(1, 100 + n).text)
    worker = strict.start()
    worker.logged(msg="customer paused", customer="acme")
    until(lambda: strict.count() == 20, "bolt's objects are there", 30, alive=worker)
    assert len(strict.fake.log(action="AssumeRole")) < 25  # not one for each object and attempt
    assert {e["ingest"]["customer"] for _, e in strict.events()} == {"bolt"}


def test_the_policy_allows_no_more_than_it_must(strict: StrictWorld):
    acme = strict.customer("acme", session_policy="full")
    strict.fake.change_role(acme.settings["role_arn"], policies=[policy(allow(["s3:*", "kms:*"], "*"))])
    acme.put("a", generate(1, 5).text)
    strict.start()
    strict.settled()
    used = [e for e in strict.fake.log(action="AssumeRole") if e["code"] is None]
    assert used
    statements = json.loads(used[0]["params"]["Policy"])["Statement"]
    actions = {a for s in statements for a in (s["Action"] if isinstance(s["Action"], list) else [s["Action"]])}
    assert actions == {"s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket", "kms:Decrypt"}


def test_a_prefix_that_no_policy_can_express_is_said_at_start(strict: StrictWorld):
    acme = strict.customer("acme", prefix="logs/日本")
    bolt = strict.customer("bolt", prefix="fünf/été")
    for owner in (acme, bolt):
        owner.put("a", generate(2, 5).text)
    worker = strict.start()
    strict.settled()
    assert strict.count() == 4
    (line,) = worker.lines(msg="session policy is wider than the prefix")
    assert (line["customer"], line["level"]) == ("acme", "warn")
    policies = {e["params"]["RoleArn"]: e["params"]["Policy"] for e in strict.fake.log(action="AssumeRole", code=None)}
    assert '"arn:aws:s3:::' + acme.bucket + '/logs/*"' in policies[acme.settings["role_arn"]]
    assert "fünf/été/*" in policies[bolt.settings["role_arn"]]
