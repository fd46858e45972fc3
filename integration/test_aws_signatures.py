# SPDX-License-Identifier: Apache-2.0
"""The worker's signer and botocore give the same signatures for random requests: methods, keys,
queries, headers.
"""
import datetime
import hashlib
import random
import subprocess
from unittest import mock

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest
from botocore.utils import percent_encode

from .parts.places import ROOT

COUNT = 10_000
KEY, SECRET = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
SIGNS = "abzAZ019-._~ +=&%'()*!@:,;$/\\\"<>|^`{}[]?#\t\n\r\x01\x1f\x7f\u0080é߿ü☃\uffff😀"


def _tool():
    found = sorted(ROOT.glob("build/*/tests/tool_sign"), key=lambda path: path.stat().st_mtime)
    return found[-1] if found else pytest.fail("build the tests: cmake --build --preset release")


def _text(rng, most):
    return "".join(rng.choice(SIGNS) for _ in range(rng.randint(1, most)))


def _value(rng):
    """A header's value, with blanks at its ends and runs of blanks inside."""
    return "".join(rng.choice("abcXYZ019  \t,;=\"'*/+") for _ in range(rng.randint(1, 40))) + "."


def _request(rng):
    service = rng.choice(("s3", "s3", "s3", "sqs", "sts", "execute-api"))
    path = "/" + _text(rng, 120) if rng.random() < 0.95 else "/"
    if service != "s3":
        path = path.replace("#", "").replace("?", "")
    query = [(_text(rng, 12), _text(rng, 30) if rng.random() < 0.8 else "") for _ in range(rng.randint(0, 8))]
    names = rng.sample(["Range", "If-Match", "X-Amz-Expected-Bucket-Owner", "x-amz-checksum-mode", "Content-Type",
                        "X-Amz-Target", "X-Amz-Meta-A", "x-amz-meta-a-b", "X-AMZ-Meta-ab"], rng.randint(0, 6))
    headers = [("Host", rng.choice(("b.s3.eu-west-1.amazonaws.com", "127.0.0.1:5557", "sqs.us-east-1.amazonaws.com")))]
    headers += [(name, _value(rng).strip()) for name in names]
    if rng.random() < 0.5:
        headers.append(("X-Amz-Security-Token", "T" * rng.randint(1, 3000)))
    when = datetime.datetime(2026, 1, 1) + datetime.timedelta(seconds=rng.randrange(10**8))
    return {"service": service, "method": rng.choice(("GET", "HEAD", "POST", "PUT", "DELETE")), "path": path,
            "query": query, "headers": headers, "body": rng.randbytes(rng.choice((0, 1, 1000))), "when": when,
            "region": rng.choice(("us-east-1", "eu-west-1", "cn-north-1"))}


def _by_botocore(r):
    """Returns (target, Authorization, all signed headers)."""
    query = "&".join(f"{percent_encode(k, safe='-._~')}={percent_encode(v, safe='-._~')}" for k, v in r["query"])
    target = percent_encode(r["path"], safe="/-._~") + "?" + query
    headers = {name: value for name, value in r["headers"] if name not in ("Host", "X-Amz-Security-Token")}
    host = r["headers"][0][1]
    token = next((v for k, v in r["headers"] if k == "X-Amz-Security-Token"), None)
    request = botocore.awsrequest.AWSRequest(r["method"], f"http://{host}{target.rstrip('?')}", headers, r["body"])
    credentials = botocore.credentials.Credentials(KEY, SECRET, token)
    kind = botocore.auth.S3SigV4Auth if r["service"] == "s3" else botocore.auth.SigV4Auth
    with mock.patch("botocore.auth.get_current_datetime", return_value=r["when"]):
        kind(credentials, r["service"], r["region"]).add_auth(request)
    signed = [(k, v) for k, v in request.headers.items() if k != "Authorization"] + [("host", host)]
    return target, request.headers["Authorization"], signed


def _line(r, signed):
    def pairs(items):
        return ",".join(f"{k.encode().hex()}={v.encode().hex()}" for k, v in items) or "-"
    return "\t".join((r["when"].strftime("%Y%m%dT%H%M%SZ"), r["region"], r["service"], KEY, SECRET, r["method"],
                      r["path"].encode().hex(), pairs(r["query"]), pairs(signed),
                      hashlib.sha256(r["body"]).hexdigest()))


def test_ten_thousand_requests_are_signed_as_botocore_signs_them():
    rng = random.Random(4)
    requests = [_request(rng) for _ in range(COUNT)]
    expected = [_by_botocore(r) for r in requests]
    lines = [_line(r, signed) for r, (_, _, signed) in zip(requests, expected)]
    told = subprocess.run([_tool()], input="\n".join(lines) + "\n", capture_output=True, text=True, check=True)
    answers = [tuple(line.split("\t")) for line in told.stdout.splitlines()]
    assert len(answers) == COUNT
    for r, (target, authorization, _), answer in zip(requests, expected, answers):
        assert answer == (target, authorization), r
