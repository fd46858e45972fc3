# SPDX-License-Identifier: Apache-2.0
"""Compares the canonical form with the official vectors, the S3 reference's examples, and botocore."""

import email.utils
import hashlib
import json
import pathlib
import time

import pytest

from integration.fakeaws import sigv4

from .raw import send, signed

VECTORS = pathlib.Path(__file__).parents[3] / "tests" / "vectors" / "sigv4"
SUITE = sorted(path.parent for path in (VECTORS / "aws-c-auth-v4").glob("*/context.json"))
DOCS = json.loads((VECTORS / "s3-docs-vectors.json").read_text())


def parse(text):
    """(method, path, query, headers, body) of a request.txt; its path may be unencoded."""
    head, _, body = text.partition("\n\n")
    lines = head.replace("\n ", " ").split("\n")
    method, rest = lines[0].split(" ", 1)
    target = rest.rsplit(" ", 1)[0]
    path, _, query = target.partition("?")
    return method, path, query, [tuple(line.split(":", 1)) for line in lines[1:]], body


def read(path):
    return path.read_bytes().decode("latin-1")


@pytest.mark.parametrize("case", SUITE, ids=lambda case: case.name)
def test_official_vectors_give_the_expected_signature(case):
    context = json.loads((case / "context.json").read_text())
    method, path, query, headers, body = parse(read(case / "header-signed-request.txt"))
    auth = sigv4.Authorization(dict(headers)["Authorization"])
    plain_path = path if not context["normalize"] else sigv4.path_normalized(path)
    if not context["normalize"]:
        plain_path = sigv4.encode(path.encode("latin-1"), safe="/")
    payload = hashlib.sha256(body.encode("latin-1")).hexdigest()
    canonical = sigv4.canonical_request(
        method, plain_path, sigv4.query(query), sigv4.headers(headers, auth.signed_headers),
        auth.signed_headers, payload)
    assert canonical == read(case / "header-canonical-request.txt")
    text = sigv4.string_to_sign(dict(headers)["X-Amz-Date"], auth.scope, canonical)
    assert text == read(case / "header-string-to-sign.txt")
    secret = context["credentials"]["secret_access_key"]
    made = sigv4.signature(secret, auth.date, auth.region, auth.service, text)
    assert made == auth.signature == read(case / "header-signature.txt")


def test_there_are_vectors():
    assert len(SUITE) == 38 and len(DOCS) == 4


@pytest.mark.parametrize("case", DOCS, ids=lambda case: case["name"])
def test_examples_of_the_s3_reference_give_the_printed_signature(case):
    path, _, query = case["target"].partition("?")
    lines = case["canonical_request"].split("\n")
    headers = [tuple(line.split(":", 1)) for line in lines[3:-3]]
    canonical = sigv4.canonical_request(
        case["method"], sigv4.path_s3(path), sigv4.query(query),
        sigv4.headers(headers, lines[-2].split(";")), lines[-2].split(";"), lines[-1])
    assert canonical == case["canonical_request"]
    date = case["timestamp"][:8]
    text = sigv4.string_to_sign(case["timestamp"], f"{date}/{case['region']}/s3/aws4_request",
                                canonical)
    assert sigv4.signature(case["secret_access_key"] if "secret_access_key" in case
                           else case["secret"], date, case["region"], "s3", text) \
        == case["signature"]


@pytest.mark.parametrize("value", [
    "", "Basic abc", "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 Credential=a/b/c, Signature=x",
    "AWS4-HMAC-SHA256 Credential=A/20260101/r/s3/aws4_request, SignedHeaders=host",
    "AWS4-HMAC-SHA256 Credential=A/20260101/r/s3/aws4_request, SignedHeaders=b;a, Signature=x",
    "AWS4-HMAC-SHA256 Credential=A/20260101/r/s3/aws3, SignedHeaders=a, Signature=x",
])
def test_what_is_no_authorization_is_refused(value):
    with pytest.raises(sigv4.Malformed):
        sigv4.Authorization(value)


KEYS = ["a b+c=é ü😀&%~'(x)@:,;$!*.gz", "/leading", "a//b", "a/../b", "./x", "new\nline\ttab",
        "%2B%20%%%", "\x01\x7f", "k" * 1024, "?q=1#f", "a\\b\"<>|^`{}[]"]


@pytest.mark.parametrize("key", KEYS)
def test_botocore_signs_any_key_as_we_read_it(fake, s3, customer, key):
    key = ("logs/" + key)[:1024]
    fake.put_object(customer["bucket"], key, key)
    assert s3.get_object(Bucket=customer["bucket"], Key=key)["Body"].read() == key.encode()
    assert fake.log(action="GetObject")[-1]["key"] == key


@pytest.fixture
def get(fake, customer, session):
    fake.put_object(customer["bucket"], "logs/x=y", "body")
    target = f"/{customer['bucket']}/logs/x%3Dy"

    def get(target=target, spoil=None, **how):
        headers = signed(fake, session, "GET", target, **how)
        if spoil:
            headers = spoil(headers)
        return send(fake, "GET", target, headers)
    return get


def test_a_right_request_is_answered(get):
    answer = get()
    assert (answer.status, answer.body) == (200, b"body")


def test_a_wrong_secret_is_refused_with_the_canonical_request(get):
    answer = get(secret="wrong")
    assert (answer.status, answer.code) == (403, "SignatureDoesNotMatch")
    assert "<CanonicalRequest>GET\n/cust-1-bucket/logs/x%3Dy\n" in answer.text


def test_a_path_signed_otherwise_than_s3_encodes_it_is_refused(fake, session, customer, get):
    raw = f"/{customer['bucket']}/logs/x=y"
    headers = signed(fake, session, "GET", raw)
    assert send(fake, "GET", raw, headers).code == "SignatureDoesNotMatch"


def test_a_changed_header_is_refused(get):
    answer = get(headers={"x-amz-expected-bucket-owner": "444455556666"}, spoil=lambda headers: [
        (k, "444455556667" if k == "x-amz-expected-bucket-owner" else v) for k, v in headers])
    assert answer.code == "SignatureDoesNotMatch"


def test_an_unsigned_amz_header_is_refused_and_named(get):
    answer = get(unsigned={"x-amz-checksum-mode": "ENABLED"})
    assert (answer.status, answer.code) == (403, "AccessDenied")
    assert "<HeadersNotSigned>x-amz-checksum-mode</HeadersNotSigned>" in answer.text


def test_unsigned_headers_of_others_are_let_be(get):
    assert get(unsigned={"Range": "bytes=0-1", "User-Agent": "x"}).status == 206


@pytest.mark.parametrize("age_s", [3600, -3600, 16 * 60, -16 * 60])
def test_a_request_of_another_time_is_refused(get, age_s):
    answer = get(age_s=age_s)
    assert (answer.status, answer.code) == (403, "RequestTimeTooSkewed")
    assert "<MaxAllowedSkewMilliseconds>900000<" in answer.text


def test_a_clock_within_fifteen_minutes_is_good_enough(get):
    assert get(age_s=14 * 60).status == 200
    assert get(age_s=-14 * 60).status == 200


def test_an_offset_of_the_server_is_seen_in_its_date(fake, get):
    fake.clock(offset_s=-3600)
    answer = get()
    assert answer.code == "RequestTimeTooSkewed"
    sent = email.utils.parsedate_to_datetime(answer.headers["date"]).timestamp()
    assert abs(sent - (time.time() - 3600)) < 5
    assert get(age_s=3600).status == 200


def test_a_wrong_service_in_the_scope_is_refused(get):
    assert get(service="sqs").status == 400


def test_the_scopes_date_must_be_the_dates(get):
    def spoil(headers):
        return [(k, v.replace("/2", "/1", 1) if k == "Authorization" else v) for k, v in headers]
    answer = get(spoil=spoil)
    assert "Date in Credential scope does not match" in answer.text


def test_a_body_hash_is_required_and_compared(get):
    def without(headers):
        return [(k, v) for k, v in headers if k != "X-Amz-Content-SHA256"]

    def wrong(headers):
        return [(k, "0" * 64 if k == "X-Amz-Content-SHA256" else v) for k, v in headers]
    assert get(spoil=without).code == "InvalidRequest"
    assert get(spoil=wrong).code == "XAmzContentSHA256Mismatch"


def test_a_session_needs_its_token_and_only_its_own(fake, get):
    def without(headers):
        return [(k, v) for k, v in headers if k != "X-Amz-Security-Token"]

    def wrong(headers):
        return [(k, "x" + v if k == "X-Amz-Security-Token" else v) for k, v in headers]
    assert (get(spoil=without).code, get(spoil=wrong).code) == ("InvalidAccessKeyId",
                                                                "InvalidToken")


def test_an_ended_session_is_told_so(fake, get):
    fake.expire_sessions()
    answer = get()
    assert (answer.status, answer.code) == (400, "ExpiredToken")


def test_an_unsigned_request_is_denied(fake, customer):
    headers = [("Host", "127.0.0.1")]
    assert send(fake, "GET", f"/{customer['bucket']}/logs/x", headers).code == "AccessDenied"


def test_the_signature_is_in_the_log(fake, get):
    get()
    get(secret="wrong")
    assert [entry["signature"] for entry in fake.log()] == ["ok", "SignatureDoesNotMatch"]


def sqs_headers(fake, user, body, **how):
    return signed(fake, user, "POST", "/", body, {
        "X-Amz-Target": "AmazonSQS.ReceiveMessage",
        "Content-Type": "application/x-amz-json-1.0"}, service="sqs", **how)


@pytest.mark.parametrize("how, code", [
    ({}, None), ({"secret": "wrong"}, "InvalidSignatureException"),
    ({"age_s": 3600}, "InvalidSignatureException"),
    ({"region": "us-east-1"}, "InvalidSignatureException"),
    ({"unsigned": {"X-Amz-Extra": "1"}}, "InvalidSignatureException"),
])
def test_sqs_checks_the_same_in_its_own_words(fake, user, customer, how, code):
    body = json.dumps({"QueueUrl": customer["queue_url"]}).encode()
    answer = send(fake, "POST", "/", sqs_headers(fake, user, body, **how), body)
    assert (answer.status, answer.code) == (200 if code is None else 403, code)


def test_a_changed_body_is_refused(fake, user, customer):
    body = json.dumps({"QueueUrl": customer["queue_url"]}).encode()
    headers = sqs_headers(fake, user, body)
    assert send(fake, "POST", "/", headers, body + b" ").code == "InvalidSignatureException"
