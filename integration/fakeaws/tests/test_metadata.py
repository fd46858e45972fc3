# SPDX-License-Identifier: Apache-2.0
"""IMDSv2 and container credentials: raw requests, and botocore's own providers."""

import json

import boto3
import pytest

from .raw import send

ROLE = "arn:aws:iam::111122223333:role/worker"
PATH = "/latest/meta-data/iam/security-credentials/"


@pytest.fixture
def imds(fake):
    fake.add_role(ROLE)
    fake.instance(ROLE)

    def imds(method, path, **headers):
        return send(fake, method, path, [("Host", "169.254.169.254")] + [
            (name.replace("_", "-"), value) for name, value in headers.items()])
    return imds


def token(imds, ttl="60"):
    return imds("PUT", "/latest/api/token", x_aws_ec2_metadata_token_ttl_seconds=ttl).text


def test_without_a_token_there_is_no_answer(imds):
    assert imds("GET", PATH).status == 401
    assert imds("GET", PATH, x_aws_ec2_metadata_token="guess").status == 401


def test_with_a_token_the_role_and_its_credentials_are_told(imds):
    own = token(imds)
    assert imds("GET", PATH, x_aws_ec2_metadata_token=own).text == "worker"
    told = json.loads(imds("GET", PATH + "worker", x_aws_ec2_metadata_token=own).text)
    assert told["Code"] == "Success" and told["AccessKeyId"].startswith("ASIA")
    assert imds("GET", "/latest/meta-data/placement/region",
                x_aws_ec2_metadata_token=own).text == "eu-west-1"


def test_a_token_ends(fake, imds):
    own = token(imds)
    fake.clock(offset_s=61)
    assert imds("GET", PATH, x_aws_ec2_metadata_token=own).status == 401


@pytest.mark.parametrize("ttl", ["0", "21601", "x"])
def test_a_token_needs_a_lifetime(imds, ttl):
    assert imds("PUT", "/latest/api/token", x_aws_ec2_metadata_token_ttl_seconds=ttl).status == 400


def test_failures_of_the_role_come_with_status_200(fake, imds):
    fake.instance(ROLE, code="AssumeRoleUnauthorizedAccess")
    answer = imds("GET", PATH + "worker", x_aws_ec2_metadata_token=token(imds))
    assert answer.status == 200
    assert json.loads(answer.text)["Code"] == "AssumeRoleUnauthorizedAccess"


def test_an_instance_without_role_has_none(fake, imds):
    fake.instance(None)
    assert imds("GET", PATH, x_aws_ec2_metadata_token=token(imds)).status == 404


def scrubbed(monkeypatch, **env):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE",
                 "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_EC2_METADATA_DISABLED"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/nonexistent")
    for name, value in env.items():
        monkeypatch.setenv(name, value)


def test_botocore_gets_its_credentials_from_the_instance(fake, imds, monkeypatch):
    scrubbed(monkeypatch, AWS_EC2_METADATA_SERVICE_ENDPOINT=fake.endpoint)
    sts = boto3.session.Session().client("sts", endpoint_url=fake.endpoint,
                                         region_name="eu-west-1")
    assert sts.get_caller_identity()["Arn"] == (
        "arn:aws:sts::111122223333:assumed-role/worker/i-0123456789abcdef0")


def test_botocore_gets_its_credentials_from_a_container(fake, monkeypatch, tmp_path):
    fake.add_role(ROLE)
    url = fake.container(ROLE, "/v1/credentials", authorization="the token")["url"]
    (tmp_path / "token").write_text("the token")
    scrubbed(monkeypatch, AWS_CONTAINER_CREDENTIALS_FULL_URI=url,
             AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=str(tmp_path / "token"))
    sts = boto3.session.Session().client("sts", endpoint_url=fake.endpoint,
                                         region_name="eu-west-1")
    assert sts.get_caller_identity()["Arn"].endswith(":assumed-role/worker/task")
    (tmp_path / "token").write_text("another")
    assert send(fake, "GET", "/v1/credentials", [("Host", "x"),
                                                 ("Authorization", "another")]).status == 401
    assert send(fake, "GET", "/v2/credentials/none", [("Host", "x")]).status == 404
