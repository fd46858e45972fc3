# SPDX-License-Identifier: Apache-2.0
"""The worker's MSK token equals that of AWS's own signer for the same keys and the same clock."""
import base64
import datetime
import pathlib
import random
import string
import subprocess
import urllib.parse
from unittest import mock

import botocore.auth
import botocore.credentials
import pytest
from aws_msk_iam_sasl_signer import MSKAuthTokenProvider

ROOT = pathlib.Path(__file__).resolve().parents[2]
COUNT = 500
BASE64 = string.ascii_letters + string.digits + "+/="
REGIONS = ("us-east-1", "eu-west-1", "ap-southeast-3", "us-gov-west-1", "cn-north-1")


def _tool():
    found = sorted(ROOT.glob("build/*/tests/tool_msk_token"), key=lambda path: path.stat().st_mtime)
    return found[-1] if found else pytest.fail("build the tests: cmake --build --preset release")


def _cases(rng):
    for _ in range(COUNT):
        yield ("AKIA" + "".join(rng.choices(string.ascii_uppercase, k=16)), "".join(rng.choices(BASE64, k=40)),
               "".join(rng.choices(BASE64, k=rng.choice((0, 1, 2, 3, 900)))), rng.choice(REGIONS),
               rng.randrange(1_600_000_000_000, 2_000_000_000_000))


class _Keys(botocore.credentials.CredentialProvider):
    METHOD = "fixed"

    def __init__(self, access_key, secret, token):
        super().__init__()
        self.keys = botocore.credentials.Credentials(access_key, secret, token or None)

    def load(self):
        return self.keys


def _by_aws(access_key, secret, token, region, wall_ms):
    when = datetime.datetime.fromtimestamp(wall_ms / 1000, datetime.timezone.utc)
    with mock.patch.object(botocore.auth, "get_current_datetime", lambda *a, **k: when.replace(tzinfo=None)):
        return MSKAuthTokenProvider.generate_auth_token_from_credentials_provider(
            region, _Keys(access_key, secret, token))


def _opened(token):
    """(everything before the query, its parameters) of the URL in a token"""
    assert "=" not in token
    url = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
    base, query = url.split("?")
    pairs = urllib.parse.parse_qsl(query, strict_parsing=True)
    assert len(dict(pairs)) == len(pairs)
    return base, dict(pairs)


def test_tokens_are_those_of_awss_own_signer():
    cases = list(_cases(random.Random(7)))
    told = subprocess.run([_tool()], input="".join("\t".join(map(str, case)) + "\n" for case in cases),
                          stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()
    assert len(told) == COUNT
    for case, line in zip(cases, told):
        ours, until = line.split("\t")
        theirs, their_until = _by_aws(*case)
        base, query = _opened(ours)
        their_base, their_query = _opened(theirs)
        assert query.pop("User-Agent").startswith("asymptote-ingest/")
        assert their_query.pop("User-Agent").startswith("aws-msk-iam-sasl-signer-python/")
        assert (base, query) == (their_base, their_query)
        assert int(until) == their_until
