# SPDX-License-Identifier: Apache-2.0
"""One server for all tests, an empty world for each; boto3 clients are the independent signer."""

import boto3
import pytest
from botocore.config import Config

from integration.fakeaws import REGION, FakeAws

# One attempt, so that the test sees every response.
CONFIG = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"},
                connect_timeout=5, read_timeout=30)


@pytest.fixture(scope="session")
def server():
    with FakeAws(use_tls=True) as fake:
        yield fake


@pytest.fixture
def fake(server):
    server.reset()
    yield server
    assert server.bugs() == []


class Clients:
    """boto3 clients for the fake."""

    def __init__(self, fake):
        self.fake = fake

    def __call__(self, service, user, region=REGION, endpoint=None, **config):
        return boto3.client(
            service, endpoint_url=endpoint or self.fake.endpoint, region_name=region,
            aws_access_key_id=user["access_key"], aws_secret_access_key=user["secret"],
            aws_session_token=user.get("token"), config=CONFIG.merge(Config(**config)))


@pytest.fixture
def client(fake, monkeypatch):
    for name in ("AWS_PROFILE", "AWS_CA_BUNDLE", "HTTP_PROXY", "HTTPS_PROXY", "http_proxy",
                 "https_proxy", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    return Clients(fake)


@pytest.fixture
def user(fake):
    return fake.add_user()


@pytest.fixture
def customer(fake, user):
    return fake.customer()


@pytest.fixture
def session(fake, customer):
    """Credentials of the customer's role, without a session policy."""
    return fake.session(customer["role_arn"])


@pytest.fixture
def s3(client, session):
    return client("s3", session)


@pytest.fixture
def sqs(client, user):
    return client("sqs", user)


@pytest.fixture
def sts(client, user):
    return client("sts", user)
