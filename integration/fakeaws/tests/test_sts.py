# SPDX-License-Identifier: Apache-2.0
"""STS: which principals may assume which role, for how long, and with which restrictions."""

import json

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from integration.fakeaws import WORKER_ACCOUNT, allow, policy


def error_of(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    response = caught.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"]


@pytest.fixture
def assume(sts, customer):
    def assume(client=sts, **more):
        asked = {"RoleArn": customer["role_arn"], "RoleSessionName": "worker@cust-1",
                 "ExternalId": customer["external_id"], **more}
        return client.assume_role(**{k: v for k, v in asked.items() if v is not None})
    return assume


def as_user(answer):
    keys = answer["Credentials"]
    return {"access_key": keys["AccessKeyId"], "secret": keys["SecretAccessKey"],
            "token": keys["SessionToken"]}


def test_the_caller_is_told_who_it_is(sts, user):
    told = sts.get_caller_identity()
    assert (told["Account"], told["Arn"]) == (WORKER_ACCOUNT, user["arn"])


def test_a_role_is_assumed_and_its_session_knows_itself(assume, client, customer):
    answer = assume()
    arn = "arn:aws:sts::444455556666:assumed-role/cust-1-ingest/worker@cust-1"
    assert answer["AssumedRoleUser"]["Arn"] == arn
    told = client("sts", as_user(answer)).get_caller_identity()
    assert (told["Account"], told["Arn"]) == ("444455556666", arn)


@pytest.mark.parametrize("external_id", ["wrong", None])
def test_a_wrong_and_a_missing_external_id_are_denied(assume, external_id):
    assert error_of(assume, ExternalId=external_id) == (403, "AccessDenied")


def test_a_role_without_the_condition_takes_any_external_id(fake, assume, customer):
    fake.change_role(customer["role_arn"], trust=policy({
        "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{WORKER_ACCOUNT}:root"},
        "Action": "sts:AssumeRole"}))
    assert assume(ExternalId=None) and assume(ExternalId="anything")


def test_roles_that_do_not_trust_and_that_do_not_exist_are_denied_alike(fake, assume, client):
    stranger = client("sts", fake.add_user(account="999999999999"))
    assert error_of(assume, client=stranger) == (403, "AccessDenied")
    assert error_of(assume, RoleArn="arn:aws:iam::444455556666:role/none") == (403, "AccessDenied")


def test_the_caller_needs_leave_of_its_own_policies(fake, assume, client):
    meek = client("sts", fake.add_user(name="meek", policies=[policy(allow("sqs:*", "*"))]))
    assert error_of(assume, client=meek) == (403, "AccessDenied")


@pytest.mark.parametrize("arguments, code", [
    ({"RoleSessionName": "Session1:2"}, "ValidationError"),
    ({"RoleArn": "nothing-valid-in-here"}, "ValidationError"),
    ({"DurationSeconds": 7200}, "ValidationError"),
    ({"Policy": "no json"}, "MalformedPolicyDocument"),
    ({"Policy": json.dumps({"Statement": [{"Effect": "Maybe"}]})}, "MalformedPolicyDocument"),
    ({"Policy": '{"Version":"2012-10-17","Statement":"' + "\u0416" + '"}'}, "ValidationError"),
    ({"Policy": "x" * 2049}, "ValidationError"),
    ({"Tags": [{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}]}, "InvalidParameterValue"),
])
def test_parameters_are_checked(assume, arguments, code):
    assert error_of(assume, **arguments) == (400, code)


def test_tags_need_their_own_leave(assume):
    assert error_of(assume, Tags=[{"Key": "tenant", "Value": "42"}]) == (403, "AccessDenied")


def test_a_chained_role_gets_an_hour_at_most(fake, assume, client, customer):
    fake.add_role("arn:aws:iam::111122223333:role/worker", trusted=[])
    fake.change_role(customer["role_arn"], max_session_s=43_200)
    chained = client("sts", fake.session("arn:aws:iam::111122223333:role/worker"))
    assert assume(client=chained)
    assert error_of(assume, client=chained, DurationSeconds=3601) == (400, "ValidationError")
    assert assume(DurationSeconds=7200)  # for a user it is allowed


def test_sessions_end(fake, assume, client):
    fake.settings(session_s=100)
    keys = assume()
    s3 = client("s3", as_user(keys))
    assert error_of(s3.get_object, Bucket="cust-1-bucket", Key="logs/x")[1] == "NoSuchKey"
    left = keys["Credentials"]["Expiration"].timestamp() - fake.clock()["wall"]
    assert 95 < left <= 100
    fake.expire_sessions()
    assert error_of(s3.get_object, Bucket="cust-1-bucket", Key="logs/x") == (400, "ExpiredToken")
    assert error_of(client("sts", as_user(keys)).get_caller_identity) == (403, "ExpiredToken")


def session_policy(prefix):
    arn = "arn:aws:s3:::cust-1-bucket"
    return json.dumps(policy(
        allow(["s3:GetObject", "s3:GetObjectVersion"], f"{arn}/{prefix}/*"),
        allow("s3:ListBucket", arn, {"StringLike": {"s3:prefix": [prefix, prefix + "/*"]}}),
        allow("kms:Decrypt", "*", {"StringLike": {"kms:ViaService": "s3.*.amazonaws.com"}})))


@pytest.fixture
def read(fake, assume, client, customer):
    """Read a key with a session that is restricted to a prefix."""
    fake.change_role(customer["role_arn"], policies=[policy(
        allow(["s3:*", "kms:*"], "*"))])

    def read(key, prefix):
        fake.put_object(customer["bucket"], key, key)
        s3 = client("s3", as_user(assume(Policy=session_policy(prefix))))
        return s3.get_object(Bucket=customer["bucket"], Key=key)["Body"].read().decode()
    return read


def test_a_session_policy_holds_to_its_prefix(read):
    assert read("logs/a/x", "logs/a") == "logs/a/x"
    assert error_of(read, key="logs/b/x", prefix="logs/a") == (403, "AccessDenied")
    assert error_of(read, key="logs/ab", prefix="logs/a") == (403, "AccessDenied")


@pytest.mark.parametrize("prefix, escaped", [("a*b", "a${*}b"), ("a?b", "a${?}b"),
                                             ("a$b", "a${$}b"), ("a${x}", "a${$}{x}")])
def test_wildcards_in_prefixes_can_be_escaped(read, prefix, escaped):
    assert read(prefix + "/x", escaped) == prefix + "/x"
    other = prefix.replace("*", "zz").replace("?", "z").replace("$", "z")
    assert error_of(read, key=other + "/x", prefix=escaped) == (403, "AccessDenied")


def test_an_unescaped_wildcard_lets_more_through(read):
    assert read("azzb/x", "a*b") == "azzb/x"


def test_the_session_lists_and_decrypts_only_what_it_may(fake, assume, client, read, customer):
    key = fake.add_kms_key()
    fake.put_object(customer["bucket"], "logs/a/k", "secret", kms_key=key)
    s3 = client("s3", as_user(assume(Policy=session_policy("logs/a"))))
    assert s3.get_object(Bucket=customer["bucket"], Key="logs/a/k")["Body"].read() == b"secret"
    asked = {"Bucket": customer["bucket"]}
    assert s3.list_objects_v2(**asked, Prefix="logs/a/")["KeyCount"] == 1
    assert error_of(s3.list_objects_v2, **asked, Prefix="logs/b/") == (403, "AccessDenied")
    without = json.dumps(policy(allow("s3:GetObject", "arn:aws:s3:::*")))
    s3 = client("s3", as_user(assume(Policy=without)))
    with pytest.raises(ClientError, match="no session policy allows the kms:Decrypt action"):
        s3.get_object(**asked, Key="logs/a/k")


def test_a_session_policy_never_adds(assume, client, customer, fake):
    fake.put_object(customer["bucket"], "other/x", "x")
    everything = json.dumps(policy(allow("s3:*", "*")))
    s3 = client("s3", as_user(assume(Policy=everything)))
    assert error_of(s3.get_object, Bucket=customer["bucket"], Key="other/x")[0] == 403


def test_json_is_answered_to_who_accepts_it(fake, user):
    from .raw import send, signed
    body = b"Action=GetCallerIdentity&Version=2011-06-15"
    headers = signed(fake, user, "POST", "/", body, {
        "Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"},
        service="sts")
    answer = json.loads(send(fake, "POST", "/", headers, body).body)
    assert answer["GetCallerIdentityResponse"]["GetCallerIdentityResult"]["Arn"] == user["arn"]


def test_a_web_identity_is_exchanged_for_a_session(fake, customer):
    role = "arn:aws:iam::111122223333:role/irsa"
    fake.add_role(role)
    sts = boto3.client("sts", endpoint_url=fake.endpoint, region_name="eu-west-1",
                       config=Config(signature_version=UNSIGNED))

    def assume(token, role=role):
        return sts.assume_role_with_web_identity(RoleArn=role, RoleSessionName="worker",
                                                 WebIdentityToken=token)
    assert assume(fake.web_token(role))["Credentials"]["SessionToken"]
    assert error_of(assume, token="x.y.z") == (400, "InvalidIdentityToken")
    assert error_of(assume, token=fake.web_token(role, seconds=-1)) == (400,
                                                                       "ExpiredTokenException")
    assert error_of(assume, token=fake.web_token(role), role=customer["role_arn"]) \
        == (403, "AccessDenied")
