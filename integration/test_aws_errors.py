# SPDX-License-Identifier: Apache-2.0
"""Each error of S3, STS and SQS: its class, its outcome, one log line with what an operator needs,
and no secret.
"""
import json
import pathlib
import re

import pytest

from .parts.events import generate
from .parts.strict import StrictWorld
from .parts.wait import until

# code of S3 -> (class, outcome): research/aws.md 6.4. Each customer's objects always get one code.
S3 = {
    "AccessDenied": ("denied", "later"), "AccountProblem": ("denied", "later"),
    "AllAccessDisabled": ("denied", "later"), "NotSignedUp": ("denied", "later"),
    "BandwidthLimitExceeded": ("throttled", "later"), "RequestLimitExceeded": ("throttled", "later"),
    "SlowDown": ("throttled", "later"), "ThrottlingException": ("throttled", "later"),
    "KMS.ThrottlingException": ("throttled", "later"),
    "ExpiredToken": ("again", "later"), "TokenRefreshRequired": ("again", "later"),
    "InvalidAccessKeyId": ("denied", "later"), "InvalidToken": ("denied", "later"),
    "SignatureDoesNotMatch": ("denied", "later"), "MissingSecurityHeader": ("config", "later"),
    "RequestTimeTooSkewed": ("skew", "later"),
    "InternalError": ("again", "later"), "ServiceUnavailable": ("again", "later"),
    "OperationAborted": ("again", "later"), "RequestTimeout": ("again", "later"),
    "KMS.DisabledException": ("kms", "later"), "KMS.InvalidKeyUsageException": ("kms", "later"),
    "KMS.KMSInvalidStateException": ("kms", "later"), "KMS.NotFoundException": ("kms", "later"),
    "NoSuchKey": ("gone", "left"), "NoSuchVersion": ("gone", "left"), "MethodNotAllowed": ("gone", "left"),
    "PreconditionFailed": ("gone", "left"), "NotModified": ("again", "later"), "InvalidRange": ("again", "later"),
    "InvalidObjectState": ("archived", "left"), "NoSuchBucket": ("config", "later"),
    "InvalidURI": ("data", "left"), "InvalidArgument": ("data", "left"), "KeyTooLongError": ("data", "left"),
    "InvalidRequest": ("data", "left"), "InvalidBucketName": ("config", "later"),
    "InvalidBucketOwnerAWSAccountID": ("config", "later"),
    "PermanentRedirect": ("config", "later"), "TemporaryRedirect": ("again", "later"), "Redirect": ("again", "later"),
    "IllegalLocationConstraintException": ("config", "later"), "AuthorizationHeaderMalformed": ("config", "later"),
}
STS = {
    "AccessDenied": "denied", "ExpiredToken": "again", "InternalFailure": "again", "InvalidClientTokenId": "denied",
    "MalformedPolicyDocument": "config", "PackedPolicyTooLarge": "config", "RegionDisabledException": "config",
    "ServiceUnavailable": "again", "Throttling": "throttled", "ValidationError": "config",
    "InvalidParameterValue": "config", "SignatureDoesNotMatch": "denied", "IncompleteSignature": "config",
    "MissingAuthenticationToken": "config", "RequestExpired": "skew",
}
WEB_IDENTITY = {"ExpiredTokenException": "denied", "IDPCommunicationError": "again", "IDPRejectedClaim": "denied",
                "InvalidIdentityToken": "denied"}
SQS = {
    "AccessDenied": "denied", "AccessDeniedException": "denied", "ExpiredToken": "again",
    "ExpiredTokenException": "again", "InternalError": "again", "InvalidAddress": "config",
    "InvalidClientTokenId": "denied", "InvalidSecurity": "config", "KmsAccessDenied": "kms", "KmsDisabled": "kms",
    "KmsInvalidState": "kms", "KmsInvalidKeyUsage": "kms", "KmsNotFound": "kms", "KmsOptInRequired": "kms",
    "KmsThrottled": "throttled",
    "OverLimit": "throttled", "QueueDoesNotExist": "config", "RequestThrottled": "throttled",
    "ServiceUnavailable": "again", "ThrottlingException": "throttled", "UnrecognizedClientException": "denied",
    "UnsupportedOperation": "config", "InvalidParameterValue": "config", "TooManyEntriesInBatchRequest": "config",
    "EmptyBatchRequest": "config", "BatchEntryIdsNotDistinct": "config", "InvalidBatchEntryId": "config",
    "BatchRequestTooLong": "config", "PurgeQueueInProgress": "config", "InvalidMessageContents": "config",
    "SignatureDoesNotMatch": "denied", "InvalidSignatureException": "denied", "MissingAuthenticationToken": "config",
}
# error text of an entry of DeleteMessageBatch, by code
LOST = {"ReceiptHandleIsInvalid": "The input receipt handle is invalid.",
        "MessageNotInflight": "The specified message isn't in flight.",
        "AWS.SimpleQueueService.MessageNotInflight": "The specified message isn't in flight.",
        "InvalidParameterValue": "Reason: The receipt handle has expired."}
SPEC = pathlib.Path(__file__).parents[1] / "docs/research/aws.md"


def _codes_of(section):
    """The error codes in the first column of a table of the specification."""
    text = re.search(rf"^## {re.escape(section)} .*?(?=^## |^---)", SPEC.read_text(), re.M | re.S)[0]
    cells = [line.split("|")[1] for line in text.splitlines() if line.startswith("|") and "---" not in line]
    plain = [re.sub(r'"[^"]*"|`[^`]*`', " ", cell) for cell in cells]
    words = {word for cell in plain for word in re.findall(r"\b(?:KMS\.)?[A-Z]\w*[a-z]\w*", cell)}
    assert len(words) > 10
    return words - {"Code", "Exception", "DeleteMarker"}


@pytest.mark.parametrize("section, walked", [("2.3", {*SQS, *LOST}), ("4.3", {*STS, *WEB_IDENTITY}), ("6.4", {*S3})])
def test_every_code_of_the_specification_is_walked_here(section, walked):
    assert _codes_of(section) - walked == set()


def _no_secret(strict, worker):
    text = worker.log.read_text()
    assert not [s for s in strict.secrets() if s in text]
    assert "Signature=" not in text and "AWS4-HMAC" not in text


def _name(code):
    return code.lower().replace(".", "-")


def test_each_error_of_s3_leads_to_the_outcome_of_the_table(strict: StrictWorld):
    queue = strict.queue()
    owners = {code: strict.customer(_name(code), queue) for code in S3}
    good = strict.customer("good", queue)
    for code, owner in owners.items():
        strict.fake.fault(service="s3", action="GetObject", bucket=owner.bucket, count=-1, error=code)
        owner.put("a", generate(1, 5).text)
    good.put("a", generate(3, 6).text)
    worker = strict.start()
    wrong = []
    for code, (kind, outcome) in S3.items():
        owner = owners[code]
        where = f"s3://{owner.bucket}/{owner.key('a')}"
        lines = until(lambda: [x for x in worker.lines(object=where) if x["msg"].startswith("object ")],
                      lambda: f"a line about {code}; the log ends:\n{worker.tail()}", 60, alive=worker)
        line = lines[0]
        assert [x["receive_count"] for x in lines] == [f"{n + 1}" for n in range(len(lines))]  # one for each receive
        ids = {(e["request_id"], e["host_id"]) for e in strict.fake.log(action="GetObject", bucket=owner.bucket)}
        told = "" if code == "NotModified" else code  # a response without a body
        want = (owner.id, told, True, kind, f"object {outcome}", True)
        got = (line["customer"], line.get("code", ""), (line.get("request_id"), line.get("host_id")) in ids,
               line["error"], line["msg"], bool(line.get("next")))
        if want != got:
            wrong.append((code, want, got))
    assert not wrong, "\n".join(map(str, wrong))
    until(lambda: strict.count() == 3, "the good customer's events", 20, alive=worker)
    _no_secret(strict, worker)


def test_each_error_of_sts_leads_to_the_outcome_of_the_table(strict: StrictWorld):
    queue = strict.queue()
    owners = {code: strict.customer(_name(code), queue) for code in STS}
    for code, owner in owners.items():
        strict.fake.fault(service="sts", action="AssumeRole", params={"RoleArn": owner.settings["role_arn"]},
                          count=-1, error=code)
        owner.put("a", generate(1, 5).text)
    worker = strict.start()
    wrong = []
    for code, kind in STS.items():
        owner = owners[code]
        (line, *_) = until(lambda: [x for x in worker.lines(customer=owner.id) if x.get("code")],
                           lambda: f"a line about {code}; the log ends:\n{worker.tail()}", 60, alive=worker)
        ids = {e["request_id"] for e in strict.fake.log(action="AssumeRole", code=code)}
        got = (line.get("code"), line["error"], line.get("request_id") in ids)
        if got != (code, kind, True):
            wrong.append((code, kind, got))
    assert not wrong, "\n".join(map(str, wrong))
    assert strict.fake.log(action="GetObject") == []
    _no_secret(strict, worker)


@pytest.mark.parametrize("code, kind", WEB_IDENTITY.items())
def test_each_error_of_a_web_identity_is_told(strict: StrictWorld, code, kind):
    role, token = "arn:aws:iam::111122223333:role/worker", strict.folder / "token"
    strict.fake.add_role(role, trusted="arn:aws:iam::111122223333:root")
    token.write_text(strict.fake.web_token(role))
    strict.fake.fault(service="sts", action="AssumeRoleWithWebIdentity", count=-1, error=code)
    strict.customer("acme")
    worker = strict.start(env={"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None, "AWS_ROLE_ARN": role,
                               "AWS_WEB_IDENTITY_TOKEN_FILE": str(token)})
    (line, *_) = worker.logged(code=code)
    assert line["error"] == kind and line["next"]
    assert line["request_id"] in {e["request_id"] for e in strict.fake.log(service="sts", code=code)}
    assert token.read_text() not in worker.log.read_text()
    _no_secret(strict, worker)


@pytest.mark.parametrize("code", LOST)
def test_a_delete_that_comes_too_late_is_told_and_not_repeated(strict: StrictWorld, code):
    acme = strict.customer("acme")
    refused = {"Id": "0", "SenderFault": True, "Code": code, "Message": LOST[code]}
    strict.fake.fault(service="sqs", action="DeleteMessageBatch", status=200, body=json.dumps({"Failed": [refused]}))
    acme.put("a", generate(3, 5).text)
    worker = strict.start()
    (line, *_) = worker.logged(msg="queue call failed", call="delete")
    assert (line["error"], line["code"], line["queue"]) == ("lost", code, acme.queue.name)
    assert line["request_id"] in {e["request_id"] for e in strict.fake.log(action="DeleteMessageBatch")}
    strict.fake.clock(advance_s=1000)
    strict.settled()
    assert len(strict.fake.log(action="DeleteMessageBatch")) == 2  # the second one: of the second receive
    assert len({e["ingest"]["id"] for _, e in strict.events()}) == 3


def test_each_error_of_sqs_is_said_once_with_its_class_and_passes(strict: StrictWorld):
    owners = {}
    for code in SQS:
        owners[code] = strict.customer(_name(code))
        strict.fake.fault(service="sqs", action="ReceiveMessage", bucket=owners[code].queue.name, count=2, error=code)
        owners[code].put("a", generate(1, 5).text)
    worker = strict.start()
    wrong = []
    for code, kind in SQS.items():
        queue = owners[code].queue
        (line, *_) = until(lambda: [x for x in worker.lines(queue=queue.name) if x.get("error")],
                           lambda: f"a line about {code}; the log ends:\n{worker.tail()}", 60, alive=worker)
        ids = {e["request_id"] for e in strict.fake.log(service="sqs", code=code)}
        got = (line["error"], line.get("request_id") in ids, bool(line.get("next")))
        if got != (kind, True, True):
            wrong.append((code, kind, got, line))
    assert not wrong, "\n".join(map(str, wrong))
    strict.settled(120)
    assert strict.count() == len(SQS)
    _no_secret(strict, worker)


PAGE = "<html><title>502</title><body>Шлюз не отвечает\x1b[31m 网关错误</body></html>"
HOSTILE = {
    "garbage": {"garbage": 3000}, "dtd": {"status": 200, "body": "<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>"},
    "half-json": {"status": 200, "body": "{\"Messages\":[{]"}, "gigabyte": {"status": 500, "giant": 1 << 30},
    "headers": {"endless_headers": 1 << 26}, "no-http": {"raw": "\x00\x01\x02"}, "lost": {"lost": True},
    "drop": {"drop": True}, "drip": {"drip": 200}, "nothing": {"status": 500, "body": ""},
    "page": {"status": 502, "body": PAGE.encode().decode("latin-1")},  # which the fake encodes
    "half-page": {"status": 503, "body": "<html><head><title>Wartung bis 10 Uhr"},
}
SHOWN = {"page": "Шлюз не отвечает", "half-page": "Wartung bis 10 Uhr"}
CONTROL = re.compile(rb"[\x00-\x09\x0b-\x1f\x7f]")


@pytest.mark.parametrize("service, action", [("sqs", "ReceiveMessage"), ("sqs", "DeleteMessageBatch"),
                                             ("sqs", "GetQueueAttributes"), ("sts", "AssumeRole"),
                                             ("s3", "GetObject")])
def test_hostile_answers_are_bounded_and_pass(strict: StrictWorld, service, action):
    """One customer for each kind of hostile response, which occurs twice; then the responses are correct."""
    for name, fault in HOSTILE.items():
        if service == "s3" and fault.get("status") == 200:
            continue  # every body is valid content of an object
        owner = strict.customer(name)
        who = {"sqs": {"bucket": owner.queue.name}, "sts": {"params": {"RoleArn": owner.settings["role_arn"]}},
               "s3": {"bucket": owner.bucket}}[service]
        strict.fake.fault(service=service, action=action, count=2, **who, **fault)
        owner.put("a", generate(5, 5).text)
    worker = strict.start()

    def passed():  # messages of a lost response are hidden, so the queues' clock is advanced
        strict.fake.clock(advance_s=20)
        return strict.left() == 0
    until(passed, lambda: f"the queues are empty; the log ends:\n{worker.tail()}", 90, every=0.5, alive=worker)
    for owner in strict.customers:
        ids = {e["ingest"]["id"] for _, e in strict.events() if e["ingest"]["customer"] == owner.id}
        assert len(ids) == 5, owner.id
    assert worker.peak_rss() < 300 << 20
    assert not CONTROL.search(worker.log.read_bytes())
    for owner in (o for o in strict.customers if o.id in SHOWN and service != "s3"):  # S3 is asked again in the same attempt
        names = {owner.id, owner.queue.name}
        told = [line for line in worker.lines() if names & {line.get("customer"), line.get("queue")} and "detail" in line]
        assert any(SHOWN[owner.id] in line["detail"] for line in told), told
    _no_secret(strict, worker)


FEW = ("garbage", "gigabyte", "headers")  # after each failure the worker waits twice as long


@pytest.mark.parametrize("service", ["container", "imds"])
def test_hostile_answers_about_our_own_credentials_are_bounded_and_pass(strict: StrictWorld, service):
    role = "arn:aws:iam::111122223333:role/worker"
    strict.fake.add_role(role)
    for name, fault in HOSTILE.items():
        if service == "container" or name in FEW:
            strict.fake.fault(service=service, **fault)
    if service == "container":
        where = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": strict.fake.container(role, "/v1/credentials")["url"]}
    else:
        strict.fake.instance(role)
        where = {"AWS_EC2_METADATA_SERVICE_ENDPOINT": strict.fake.endpoint, "AWS_EC2_METADATA_DISABLED": None}
    strict.customer("acme").put("a", generate(5, 5).text)
    worker = strict.start(env={"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None, **where})
    strict.settled(120)
    assert strict.count() == 5 and worker.peak_rss() < 300 << 20
    assert worker.lines(error="again")
    _no_secret(strict, worker)


def test_archived_objects_are_left_with_their_class(strict: StrictWorld):
    acme = strict.customer("acme")
    strict.fake.put_object(acme.bucket, acme.key("a"), "x", storage_class="DEEP_ARCHIVE")
    worker = strict.start()
    (line, *_) = worker.logged(msg="object left", customer="acme")
    assert (line["error"], line["code"], line["status"]) == ("archived", "InvalidObjectState", "403")


def test_archived_and_missing_objects_are_accepted_if_so_configured(strict: StrictWorld):
    strict.fake.settings(prefix_in_gets=True)
    acme = strict.customer("acme", archived="accept", gone="accept")
    strict.fake.put_object(acme.bucket, acme.key("a"), "x", storage_class="GLACIER")
    acme.put("b", "y")
    strict.fake.delete_object(acme.bucket, acme.key("b"))
    strict.start()
    strict.settled()
    assert acme.queue.dead.depth() == 0


def test_the_last_receive_leaves_a_reject_that_says_why(strict: StrictWorld):
    strict.fake.settings(prefix_in_gets=True)
    queue = strict.queue(receives=2)
    acme = strict.customer("acme", queue)
    acme.put("b", "y")
    strict.fake.delete_object(acme.bucket, acme.key("b"))
    worker = strict.start()

    def dead():
        strict.fake.clock(advance_s=1000)
        return queue.dead.depth() == 1
    until(dead, lambda: f"the dead letter; the log ends:\n{worker.tail()}", 60, every=0.5, alive=worker)
    (reject,) = [value for _, value in strict.rejects()]
    assert reject["reason"] == "object" and "NoSuchKey" in str(reject)


def test_objects_under_a_key_of_the_customers_own_are_left_and_pause_nobody(strict: StrictWorld):
    acme = strict.customer("acme")
    for n in range(8):
        strict.fake.put_object(acme.bucket, acme.key(f"{n}"), "x\n", sse="SSE-C")
    worker = strict.start()
    lines = worker.logged(60, 8, msg="object left", customer="acme")
    assert {(line["error"], line["code"]) for line in lines} == {("data", "InvalidRequest")}
    acme.put("good", generate(3, 5).text)
    until(lambda: strict.count() == 3, lambda: f"the good object; the log ends:\n{worker.tail()}", 30, alive=worker)
    assert not worker.lines(error="paused")
