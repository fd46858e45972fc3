# SPDX-License-Identifier: Apache-2.0
"""net/s3 with the strict fake, without the other parts of the worker: every byte once, or an error
with a class.
"""
import collections
import hashlib
import random
import subprocess

import pytest

from .parts.places import ROOT
from .parts.process import clean_env

OWNER = "444455556666"
Result = collections.namedtuple("Result", "error code status begun bytes sha256 version text")


@pytest.fixture
def fake(fakeaws):
    fakeaws.reset()
    yield fakeaws
    assert fakeaws.bugs() == []


@pytest.fixture
def read(fake):
    """Read keys with one client: a list of Result."""
    fake.customer("acme", bucket="acme-bucket")
    user = fake.session("arn:aws:iam::444455556666:role/acme-ingest")

    def read(*keys, endpoint=None, region="eu-west-1", owner=OWNER):
        tools = sorted(ROOT.glob("build/*/tests/tool_s3_get"), key=lambda path: path.stat().st_mtime)
        lines = "".join(f"{key.encode().hex()} {version}\n" for key, version in
                        (k if isinstance(k, tuple) else (k, "-") for k in keys))
        done = subprocess.run(
            [tools[-1], endpoint or fake.endpoint, region, "acme-bucket", owner], input=lines, capture_output=True,
            text=True, check=True, timeout=120, env=clean_env(
                AWS_ACCESS_KEY_ID=user["access_key"], AWS_SECRET_ACCESS_KEY=user["secret"],
                AWS_SESSION_TOKEN=user["token"]))
        results = [Result(*line.split("\t")) for line in done.stdout.split("\n")[:-1]]
        assert len(results) == len(keys), done.stderr
        return [r._replace(status=int(r.status), begun=int(r.begun), bytes=int(r.bytes)) for r in results]
    return read


def put(fake, key="logs/a", body=b"hello", **more):
    return fake.put_object("acme-bucket", key, body, notify_queue=False, **more)


def sha(data):
    return hashlib.sha256(data).hexdigest()


KEYS = ["a b+c=é ü😀&%~'(x)@:,;$!*.gz", "/leading", "a//b", "../a/./b/../c", "new\nline\ttab", "%2B%20%%%", "\x01\x7f",
        "k" * 1019, "?q=1#f", "\\\"<>|^`{}[]"]


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:{}", "http://{{bucket}}.s3.localhost:{}"])
def test_keys_of_every_kind_are_read_by_path_and_by_host(fake, read, endpoint):
    for key in KEYS:
        put(fake, "logs/" + key, key.encode())
    results = read(*("logs/" + key for key in KEYS), endpoint=endpoint.format(fake.port))
    assert [(r.error, r.sha256) for r in results] == [("none", sha(key.encode())) for key in KEYS]
    assert {e["signature"] for e in fake.log()} == {"ok"}
    assert len({e["connection"] for e in fake.log()}) == 1


def test_a_version_is_pinned_and_its_id_is_told(fake, read):
    fake.change_bucket("acme-bucket", versioning=True)
    old, new = put(fake, body=b"old"), put(fake, body=b"new")
    pinned, current = read(("logs/a", old["version_id"]), "logs/a")
    assert (pinned.sha256, pinned.version) == (sha(b"old"), old["version_id"])
    assert (current.sha256, current.version) == (sha(b"new"), new["version_id"])


@pytest.mark.parametrize("algorithm", ["crc32", "crc32c", "crc64nvme", "sha1", "sha256"])
def test_a_transfer_cut_everywhere_is_one_unbroken_stream(fake, read, algorithm):
    body = random.Random(1).randbytes(3_000_000)
    put(fake, body=body, checksum=algorithm)
    places = sorted(random.Random(3).sample(range(1, len(body)), 20))
    fake.fault(service="s3", count=-1, cut=places)
    (r,) = read("logs/a")
    assert (r.error, r.bytes, r.sha256) == ("none", len(body), sha(body))
    gets = fake.log(action="GetObject")
    assert len(gets) == 21 and [e["status"] for e in gets[1:]] == [206] * 20


@pytest.mark.parametrize("algorithm", ["crc32", "crc32c", "crc64nvme", "sha1", "sha256"])
@pytest.mark.parametrize("cut", [None, 300_000])
def test_one_wrong_byte_is_an_error_of_its_own(fake, read, algorithm, cut):
    put(fake, body=random.Random(1).randbytes(500_000), checksum=algorithm)
    fake.fault(service="s3", count=-1 if cut is None else 1, corrupt=123_456, cut=cut)
    (r,) = read("logs/a")
    assert (r.error, r.code) == ("again", "ChecksumMismatch")


def test_a_composite_checksum_is_not_taken_for_the_objects(fake, read):
    put(fake, checksum="crc32", checksum_parts=3, parts=3)
    (r,) = read("logs/a")
    assert r.error == "none"


def test_an_object_overwritten_in_the_middle_is_read_anew_from_its_beginning(fake, read):
    old, new = random.Random(1).randbytes(900_000), random.Random(2).randbytes(700_000)
    put(fake, body=old)
    fake.fault(service="s3", cut=500_000)
    fake.fault(service="s3", ranged=True, hook=lambda call: put(fake, body=new))
    (r,) = read("logs/a")
    assert (r.error, r.begun, r.sha256) == ("none", 2, sha(new))


def test_a_range_that_is_ignored_is_not_taken_for_the_rest(fake, read):
    body = random.Random(1).randbytes(400_000)
    put(fake, body=body)
    fake.fault(service="s3", cut=200_000)
    text = body.decode("latin-1")
    fake.fault(service="s3", ranged=True, status=200, body=text, headers={"ETag": '"' + hashlib.md5(body).hexdigest() + '"'})
    (r,) = read("logs/a")
    assert (r.error, r.bytes, r.sha256) == ("none", len(body), sha(body))


@pytest.mark.parametrize("lie", [{"Content-Range": "bytes 0-99/400000"}, {"Content-Range": "nonsense"}, {}])
def test_a_part_that_is_not_the_one_asked_for_is_refused(fake, read, lie):
    body = random.Random(1).randbytes(400_000)
    put(fake, body=body, checksum=None)
    fake.fault(service="s3", cut=200_000, reset=False)
    fake.fault(service="s3", ranged=True, status=206, body="x" * 200_000, headers=lie)
    (r,) = read("logs/a")
    assert r.error != "none" or r.sha256 == sha(body)


@pytest.mark.parametrize("fault", [
    {"stall": {"at": 1000, "s": 600}}, {"cut": 1000, "reset": False}, {"cut": 0}, {"drop": True}, {"lost": True},
    {"hang_s": 600}, {"close": True}, {"raw": "HTTP/1.1 200 OK\r\n"}, {"raw": "nonsense\r\n\r\n"},
    {"endless_headers": 1 << 24}, {"status": 200, "body": "", "raw": ""}],
    ids=lambda fault: "-".join(map(str, fault)))
def test_a_broken_transfer_is_repaired(fake, read, fault):
    body = random.Random(1).randbytes(100_000)
    put(fake, body=body)
    fake.fault(service="s3", **fault)
    (r,) = read("logs/a")
    assert (r.error, r.sha256) == ("none", sha(body))


def test_a_length_that_the_object_does_not_have_is_no_success(fake, read):
    put(fake, body=random.Random(1).randbytes(100_000))
    fake.fault(service="s3", length=1000)
    (r,) = read("logs/a")
    assert r.error == "again"


@pytest.mark.parametrize("fault", [{"status": 500, "giant": 1 << 30}, {"status": 403, "garbage": 5000},
                                   {"status": 503, "body": "<!DOCTYPE a [<!ENTITY b 'c'>]><Error>&b;</Error>"},
                                   {"status": 400, "body": "<Error><Code>" + "x" * 100_000}])
def test_an_error_that_cannot_be_read_is_classed_by_its_status(fake, read, fault):
    put(fake)
    fake.fault(service="s3", count=-1, **fault)
    (r,) = read("logs/a")
    want = {500: "again", 403: "denied", 503: ("again", "throttled"), 400: "config"}[fault["status"]]
    assert r.error in want and r.status == fault["status"]


@pytest.mark.parametrize("offset_s", [3300, -3300])
def test_a_wrong_clock_is_corrected_once(fake, read, offset_s):
    fake.clock(offset_s=offset_s)
    put(fake)
    fake.settings()
    results = read("logs/a", "logs/a", "logs/a")
    assert [r.error for r in results] == ["none"] * 3
    assert [e["code"] for e in fake.log()] == ["RequestTimeTooSkewed", None, None, None]


@pytest.mark.parametrize("form, region", [("301", "eu-central-1"), ("301-bare", "eu-central-1"), ("307", "eu-central-1"),
                                          ("400", "eu-south-2"), ("400-illegal", "eu-central-1")])
def test_a_wrong_region_is_corrected_once_and_remembered(fake, read, form, region):
    put(fake)
    fake.change_bucket("acme-bucket", region=region, wrong_region=form)
    results = read("logs/a", "logs/a")
    assert [r.error for r in results] == ["none"] * 2
    gets = [e["status"] for e in fake.log(action="GetObject")]
    assert gets[1:] == [200, 200] and len(fake.log()) <= 4


def test_regions_of_another_partition_and_loops_are_not_followed(fake, read):
    put(fake)
    for region in ("cn-north-1", "eu-central-1"):
        fake.clear_faults()
        fake.clear_log()
        fake.fault(service="s3", count=-1, error={"code": "PermanentRedirect", "status": 301, "message": "there",
                                                  "headers": {"x-amz-bucket-region": region}})
        (r,) = read("logs/a")
        assert r.error == "config" and len(fake.log()) <= 3
        assert "cn-north-1" not in {e["region"] for e in fake.log()}


def test_the_owner_is_sent_and_a_stranger_denied(fake, read):
    put(fake)
    (r,) = read("logs/a", owner="999999999999")
    assert (r.error, r.code, r.status) == ("denied", "AccessDenied", 403)
    assert fake.log()[-1]["owner"] == "999999999999"


def test_what_is_gone_archived_and_denied_is_told_apart(fake, read):
    put(fake, "logs/cold", storage_class="GLACIER")
    put(fake, "other/x")
    results = read("logs/none", "logs/cold", "other/x")
    assert [(r.error, r.code) for r in results] == [("gone", "NoSuchKey"), ("archived", "InvalidObjectState"),
                                                    ("denied", "AccessDenied")]


@pytest.mark.parametrize("change, error", [
    ({"state": "Disabled"}, "kms"), ({"state": "PendingDeletion"}, "kms"), ({"state": "NotFound"}, "kms"),
    ({"policy": {"Statement": []}}, "kms"), ({"throttled": "KMS.ThrottlingException"}, "throttled"),
    ({"throttled": "SlowDown"}, "throttled"), ({"throttled": "ThrottlingException"}, "throttled")])
def test_troubles_of_the_key_are_its_own_class(fake, read, change, error):
    from integration.fakeaws import allow, policy
    key = fake.add_kms_key()
    fake.change_role("arn:aws:iam::444455556666:role/acme-ingest", policies=[policy(allow(["s3:*", "kms:*"], "*"))])
    put(fake, kms_key=key)
    fake.change_kms_key(key, **change)
    (r,) = read("logs/a")
    assert r.error == error
    if "policy" in change:
        assert key in r.text


def test_ended_credentials_are_told(fake, read):
    put(fake)
    fake.fault(service="s3", hook=lambda call: fake.expire_sessions())
    (r,) = read("logs/a")
    assert r.code == "ExpiredToken"


def test_gigabytes_pass_at_a_good_rate(fake, read):
    put(fake, body={"random": 1 << 20, "times": 2048}, checksum="crc32")
    (r,) = read("logs/a")
    assert (r.error, r.bytes) == ("none", 1 << 31)
