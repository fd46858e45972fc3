# SPDX-License-Identifier: Apache-2.0
"""S3: responses to botocore, and errors."""

import base64
import urllib.error
import urllib.request
import zlib

import pytest
from botocore.exceptions import ClientError

from integration.fakeaws import allow, policy
from integration.fakeaws.bodies import from_spec
from integration.fakeaws.buckets import new_version_id

OTHER = "999999999999"


def error_of(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    response = caught.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"], response


@pytest.fixture
def put(fake, customer):
    def put(body="hello world", key="logs/a", **more):
        return fake.put_object(customer["bucket"], key, body, **more)
    return put


@pytest.fixture
def get(s3, customer):
    def get(key="logs/a", **more):
        return s3.get_object(Bucket=customer["bucket"], Key=key, **more)
    return get


def test_an_object_is_read_with_what_s3_tells_of_it(put, get):
    put()
    answer = get(ChecksumMode="ENABLED")
    assert answer["Body"].read() == b"hello world"
    assert answer["ETag"] == '"5eb63bbbe01eeed093cb22bb8f5acdc3"'
    assert answer["ServerSideEncryption"] == "AES256"
    assert answer["ChecksumCRC64NVME"] and answer["ChecksumType"] == "FULL_OBJECT"


@pytest.mark.parametrize("algorithm", ["crc32", "sha1", "sha256"])
def test_checksums_are_those_botocore_computes(put, get, algorithm):
    put("x" * 300_000, checksum=algorithm)
    assert get(ChecksumMode="ENABLED")["Body"].read()  # botocore compares at the end


def test_a_wrong_checksum_is_noticed_by_botocore(put, get):
    put(checksum="crc32", checksum_value=base64.b64encode(bytes(4)).decode())
    with pytest.raises(Exception, match="(?i)checksum"):
        get(ChecksumMode="ENABLED")["Body"].read()


def test_a_composite_checksum_is_that_of_the_parts_checksums(put, get):
    put("abcdef", checksum="crc32", checksum_parts=2, parts=2)
    answer = get(ChecksumMode="ENABLED")
    parts = b"".join(zlib.crc32(p).to_bytes(4, "big") for p in (b"abc", b"def"))
    assert answer["ChecksumCRC32"] == base64.b64encode(
        zlib.crc32(parts).to_bytes(4, "big")).decode() + "-2"
    assert answer["ETag"].endswith('-2"')


@pytest.mark.parametrize("asked, status, body, content_range", [
    ("bytes=0-4", 206, b"hello", "bytes 0-4/11"), ("bytes=6-", 206, b"world", "bytes 6-10/11"),
    ("bytes=-3", 206, b"rld", "bytes 8-10/11"), ("bytes=6-999", 206, b"world", "bytes 6-10/11"),
    ("bytes=1-0", 200, b"hello world", None), ("bytes=x", 200, b"hello world", None),
    ("bytes=0-1,3-4", 200, b"hello world", None),
])
def test_ranges(put, get, asked, status, body, content_range):
    put()
    answer = get(Range=asked, ChecksumMode="ENABLED")
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == status
    assert answer["Body"].read() == body
    assert answer.get("ContentRange") == content_range
    assert ("ChecksumCRC64NVME" in answer) == (status == 200)


def test_a_range_past_the_end_tells_the_size(put, get):
    put()
    status, code, response = error_of(get, Range="bytes=11-")
    assert (status, code, response["Error"]["ActualObjectSize"]) == (416, "InvalidRange", "11")


def test_if_match_pins_the_content(put, get):
    etag = put()["etag"]
    assert get(IfMatch=f'"{etag}"')["Body"].read()
    put("other")
    status, code, response = error_of(get, IfMatch=f'"{etag}"')
    assert (status, code, response["Error"]["Condition"]) == (412, "PreconditionFailed",
                                                              "If-Match")


def test_versions_are_kept_and_read_by_id(fake, customer, put, get):
    fake.change_bucket(customer["bucket"], versioning=True)
    first, second = put("one"), put("two")
    assert get()["VersionId"] == second["version_id"]
    assert get(VersionId=first["version_id"])["Body"].read() == b"one"
    status, code, _ = error_of(get, VersionId=new_version_id())
    assert (status, code) == (404, "NoSuchVersion")
    status, code, _ = error_of(get, VersionId="nonsense")
    assert (status, code) == (400, "InvalidArgument")


def test_a_delete_marker_hides_the_object_and_is_no_object(fake, customer, put, get):
    fake.change_bucket(customer["bucket"], versioning=True)
    put()
    marker = fake.delete_object(customer["bucket"], "logs/a")
    status, code, response = error_of(get)
    assert (status, code) == (404, "NoSuchKey")
    assert response["ResponseMetadata"]["HTTPHeaders"]["x-amz-delete-marker"] == "true"
    status, code, response = error_of(get, VersionId=marker)
    assert (status, code, response["Error"]["ResourceType"]) == (405, "MethodNotAllowed",
                                                                 "DeleteMarker")


def test_a_missing_key_is_denied_to_who_may_not_list(fake, customer, get):
    assert error_of(get)[:2] == (404, "NoSuchKey")
    arn = f"arn:aws:s3:::{customer['bucket']}"
    fake.change_role(customer["role_arn"], policies=[policy(
        allow("s3:GetObject", arn + "/*"),
        allow("s3:ListBucket", arn, {"StringLike": {"s3:prefix": "logs/*"}}))])
    assert error_of(get)[:2] == (403, "AccessDenied")


def test_the_owner_is_compared(put, get):
    put()
    assert get(ExpectedBucketOwner="444455556666")["Body"].read()
    assert error_of(get, ExpectedBucketOwner=OTHER)[:2] == (403, "AccessDenied")
    assert error_of(get, ExpectedBucketOwner="12")[1] == "InvalidBucketOwnerAWSAccountID"


def test_a_role_of_another_account_needs_the_buckets_policy_too(fake, client, put, customer):
    put()
    fake.add_role(f"arn:aws:iam::{OTHER}:role/reader", trusted=[])
    other = client("s3", fake.session(f"arn:aws:iam::{OTHER}:role/reader"))
    asked = {"Bucket": customer["bucket"], "Key": "logs/a"}
    assert error_of(other.get_object, **asked)[:2] == (403, "AccessDenied")
    fake.change_bucket(customer["bucket"], policy=policy(
        {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{OTHER}:role/reader"},
         "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{customer['bucket']}/*"}))
    assert other.get_object(**asked)["Body"].read() == b"hello world"
    fake.change_bucket(customer["bucket"], requester_pays=True)
    assert error_of(other.get_object, **asked)[0] == 403
    answer = other.get_object(**asked, RequestPayer="requester")
    assert answer["RequestCharged"] == "requester"


@pytest.mark.parametrize("storage_class", ["GLACIER", "DEEP_ARCHIVE"])
def test_archived_objects_are_not_readable_until_restored(put, get, storage_class):
    put(storage_class=storage_class)
    status, code, response = error_of(get)
    assert (status, code, response["Error"]["StorageClass"]) == (403, "InvalidObjectState",
                                                                 storage_class)
    put(storage_class=storage_class,
        restore='ongoing-request="false", expiry-date="Fri, 01 Jan 2027 00:00:00 GMT"')
    assert get()["Body"].read() == b"hello world"


def test_an_object_under_the_customers_own_key_asks_for_it(put, get):
    put(sse="SSE-C")
    assert error_of(get)[:2] == (400, "InvalidRequest")


# --- KMS -------------------------------------------------------------------------------------

@pytest.fixture
def key(fake, customer, put):
    arn = fake.add_kms_key()
    put(kms_key=arn, bucket_key=True)
    role = f"arn:aws:s3:::{customer['bucket']}/*"
    fake.change_role(customer["role_arn"], policies=[policy(
        allow("s3:GetObject", role), allow("kms:Decrypt", arn))])
    return arn


def test_an_object_under_kms_tells_its_key(key, get):
    answer = get()
    assert (answer["ServerSideEncryption"], answer["SSEKMSKeyId"]) == ("aws:kms", key)
    assert answer["BucketKeyEnabled"]


@pytest.mark.parametrize("change, status, code, text", [
    ({"state": "Disabled"}, 400, "KMS.DisabledException", "{} is disabled."),
    ({"state": "PendingDeletion"}, 400, "KMS.KMSInvalidStateException", "{} is pending deletion."),
    ({"state": "NotFound"}, 400, "KMS.NotFoundException", "Key '{}' does not exist"),
    ({"throttled": "SlowDown"}, 503, "SlowDown",
     "Please reduce your request rate for operations involving AWS KMS."),
    ({"throttled": "KMS.ThrottlingException"}, 400, "KMS.ThrottlingException", None),
    ({"policy": policy()}, 403, "AccessDenied",
     "User: arn:aws:sts::444455556666:assumed-role/cust-1-ingest/test is not authorized to "
     "perform: kms:Decrypt on resource: {} because no resource-based policy allows the "
     "kms:Decrypt action"),
    ({"policy": policy(), "bare_denials": True}, 403, "AccessDenied", "Access Denied"),
])
def test_states_of_the_key_in_the_recorded_words(fake, key, get, change, status, code, text):
    fake.change_kms_key(key, **change)
    got_status, got_code, response = error_of(get)
    assert (got_status, got_code) == (status, code)
    assert text is None or response["Error"]["Message"] == text.format(key)


def test_a_role_without_decrypt_is_told_of_its_own_policies(fake, customer, key, get):
    fake.change_role(customer["role_arn"], policies=[policy(
        allow("s3:GetObject", "arn:aws:s3:::*"))])
    message = error_of(get)[2]["Error"]["Message"]
    assert message.endswith("because no identity-based policy allows the kms:Decrypt action")


def test_decrypt_through_s3_only(fake, customer, key, get):
    def only_via(service):
        fake.change_role(customer["role_arn"], policies=[policy(
            allow("s3:GetObject", "arn:aws:s3:::*"),
            allow("kms:Decrypt", "*", {"StringLike": {"kms:ViaService": service}}))])
    only_via("s3.*.amazonaws.com")
    assert get()["Body"].read()
    only_via("sqs.*.amazonaws.com")
    assert error_of(get)[0] == 403


# --- regions -----------------------------------------------------------------------------------

@pytest.mark.parametrize("form, region, status, code, header", [
    ("auto", "eu-central-1", 301, "PermanentRedirect", True),
    ("auto", "eu-south-2", 400, "AuthorizationHeaderMalformed", False),
    ("301-bare", "eu-central-1", 301, "PermanentRedirect", False),
    ("307", "eu-central-1", 307, "TemporaryRedirect", True),
    ("400-illegal", "eu-central-1", 400, "IllegalLocationConstraintException", True),
])
def test_a_wrong_region_in_each_of_its_forms(fake, session, form, region, status, code, header):
    from .raw import send, signed
    fake.add_bucket("elsewhere", region=region, wrong_region=form)
    answer = send(fake, "GET", "/elsewhere/k", signed(fake, session, "GET", "/elsewhere/k"))
    assert (answer.status, answer.code) == (status, code)
    assert ("x-amz-bucket-region" in answer.headers) == header
    if code == "AuthorizationHeaderMalformed":
        assert f"<Region>{region}</Region>" in answer.text
    head = send(fake, "HEAD", "/elsewhere/k", signed(fake, session, "HEAD", "/elsewhere/k"))
    assert (head.status, head.body) == (status, b"")


def test_botocore_finds_the_region_by_itself(fake, client, session):
    fake.add_bucket("elsewhere", region="eu-central-1")
    fake.put_object("elsewhere", "k", "far")
    fake.change_role(list(fake.world.roles)[0], policies=[policy(
        allow("s3:*", "arn:aws:s3:::*"))])
    s3 = client("s3", session)
    answer = s3.get_object(Bucket="elsewhere", Key="k")
    assert answer["Body"].read() == b"far"
    assert fake.log()[0]["status"] == 301


def test_heads_of_buckets_tell_the_region_even_to_the_denied(fake, client, session, customer):
    fake.change_role(customer["role_arn"], policies=[])
    status, _, response = error_of(client("s3", session).head_bucket, Bucket=customer["bucket"])
    assert status == 403
    assert response["ResponseMetadata"]["HTTPHeaders"]["x-amz-bucket-region"] == "eu-west-1"


# --- missing objects, denied access -------------------------------------------------------------------

def test_no_such_bucket(s3):
    assert error_of(s3.get_object, Bucket="no-such-bucket", Key="k")[:2] == (404, "NoSuchBucket")


def test_sse_headers_on_a_get_are_refused(fake, session, customer, put):
    from .raw import send, signed
    put()
    target = f"/{customer['bucket']}/logs/a"
    headers = signed(fake, session, "GET", target,
                     headers={"x-amz-server-side-encryption": "aws:kms"})
    assert send(fake, "GET", target, headers).code == "InvalidArgument"


def test_writing_is_not_implemented(s3, customer):
    assert error_of(s3.put_object, Bucket=customer["bucket"], Key="k", Body=b"")[0] == 501


def test_a_head_error_has_no_body(s3, customer):
    status, code, _ = error_of(s3.head_object, Bucket=customer["bucket"], Key="logs/none")
    assert (status, code) == (404, "404")


def test_a_key_that_is_too_long(get):
    assert error_of(get, key="logs/" + "k" * 1020)[:2] == (400, "KeyTooLongError")


# --- lists ------------------------------------------------------------------------------------------

def test_lists_come_in_pages_in_the_order_of_bytes(put, s3, customer):
    keys = ["logs/" + name for name in ("a", "a b+", "z", "é", "\ue000", "😀", "A", "a/b")]
    for key in keys:
        put(key=key)
    pages = s3.get_paginator("list_objects_v2").paginate(
        Bucket=customer["bucket"], Prefix="logs/", PaginationConfig={"PageSize": 3})
    told = [entry for page in pages for entry in page["Contents"]]
    assert [entry["Key"] for entry in told] == sorted(keys, key=str.encode)
    assert told[0]["ChecksumAlgorithm"] == ["CRC64NVME"]


def test_lists_start_after_a_key_and_stop_at_delimiters(put, s3, customer):
    for key in ("logs/1/a", "logs/1/b", "logs/2/a", "logs/c", "other"):
        put(key=key)
    asked = {"Bucket": customer["bucket"], "Prefix": "logs/"}
    page = s3.list_objects_v2(**asked, StartAfter="logs/1/a")
    assert [entry["Key"] for entry in page["Contents"]] == ["logs/1/b", "logs/2/a", "logs/c"]
    page = s3.list_objects_v2(**asked, Delimiter="/")
    assert [entry["Prefix"] for entry in page["CommonPrefixes"]] == ["logs/1/", "logs/2/"]
    assert error_of(s3.list_objects_v2, **asked, ContinuationToken="x")[1] == "InvalidArgument"


def test_listing_may_be_bound_to_a_prefix(fake, s3, customer):
    arn = f"arn:aws:s3:::{customer['bucket']}"
    fake.change_role(customer["role_arn"], policies=[policy(allow(
        "s3:ListBucket", arn, {"StringLike": {"s3:prefix": ["logs", "logs/*"]}}))])
    assert s3.list_objects_v2(Bucket=customer["bucket"], Prefix="logs/x")["KeyCount"] == 0
    assert error_of(s3.list_objects_v2, Bucket=customer["bucket"], Prefix="log")[0] == 403


# --- described bodies ---------------------------------------------------------------------------------

@pytest.mark.parametrize("spec", [
    "text", {"base64": "AAEC"}, {"repeat": "abc", "times": 200_000}, {"random": 1000, "times": 900},
    {"lines": 30_000}, {"lines": 3, "gzip": True}, {"repeat": "line\n", "times": 5, "gzip": True},
])
def test_any_range_of_a_described_body_is_that_of_the_whole(spec):
    body = from_spec(spec)
    whole = b"".join(bytes(chunk) for chunk in body.chunks(0, body.size))
    assert len(whole) == body.size
    for start, end in ((0, 1), (body.size // 3, body.size), (body.size - 1, body.size)):
        part = b"".join(bytes(chunk) for chunk in body.chunks(start, end))
        assert part == whole[start:end]


def test_a_gigabyte_is_served_without_being_held(fake, put, get):
    put({"random": 1 << 20, "times": 256})
    body = get()["Body"]
    assert sum(len(chunk) for chunk in body.iter_chunks(1 << 20)) == 1 << 28


def unsigned(fake, bucket, key):
    """Status and body of a GET without a signature."""
    try:
        with urllib.request.urlopen(f"{fake.endpoint}/{bucket}/{key}") as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def test_only_a_public_object_is_read_without_a_signature(fake, put, customer):
    put(), put("secret", key="logs/kms", kms_key=fake.add_kms_key()), put("b", key="other/b")
    assert unsigned(fake, customer["bucket"], "logs/a")[0] == 403
    arn = f"arn:aws:s3:::{customer['bucket']}/logs/*"
    fake.change_bucket(customer["bucket"], policy=policy({**allow("s3:GetObject", arn), "Principal": "*"}))
    assert unsigned(fake, customer["bucket"], "logs/a") == (200, b"hello world")
    status, text = unsigned(fake, customer["bucket"], "logs/kms")
    assert status == 400 and b"InvalidArgument" in text
    assert [unsigned(fake, customer["bucket"], key)[0] for key in ("other/b", "logs/none")] == [403, 403]
    deny = {**allow("s3:*", arn), "Effect": "Deny", "Principal": "*"}
    fake.change_bucket(customer["bucket"], policy=policy({**allow("s3:GetObject", arn), "Principal": "*"}, deny))
    assert unsigned(fake, customer["bucket"], "logs/a")[0] == 403


def test_a_denial_of_a_missing_key_names_the_permission_to_list(fake, get, customer):
    arn = f"arn:aws:s3:::{customer['bucket']}"
    fake.change_role(customer["role_arn"], policies=[policy(allow("s3:GetObject", f"{arn}/logs/*"))])
    assert "s3:ListBucket" in error_of(get, key="logs/none")[2]["Error"]["Message"]
    assert "s3:GetObject" in error_of(get, key="other/none")[2]["Error"]["Message"]
