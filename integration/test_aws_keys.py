# SPDX-License-Identifier: Apache-2.0
"""Keys of every kind, with every kind of address; the fake checks the signatures."""
import pytest

from .parts.events import generate
from .parts.strict import StrictWorld
from .parts.worker import PREFIX

NAMES = {
    "every sign": "a b+c=é ü😀&%~'(x)@:,;$!*.jsonl",
    "leading slash": "/leading",
    "two slashes": "a//b",
    "dots": "../a/./b/../c",
    "newline and tab": "new\nline\ttab",
    "encoded looking": "%2B%20%%%zz",
    "quotes and brackets": "\\\"<>|^`{}[]?q=1#f",
    "control bytes": "\x01\x1f\x7f",
    "longest": None,
}


def _keys():
    longest = "k" * (1024 - len(PREFIX) - 1)
    return [name if name is not None else longest for name in NAMES.values()]


def _read_all(strict: StrictWorld, acme):
    lines = generate(len(_keys()), 5).text.splitlines(keepends=True)
    for name, line in zip(_keys(), lines):
        acme.put(name, line)
    worker = strict.start()
    strict.settled()
    seen = {event["ingest"]["object"] for _, event in strict.events()}
    assert seen == {f"s3://{acme.bucket}/{acme.key(name)}" for name in _keys()}
    gets = strict.fake.log(action="GetObject")
    assert {entry["signature"] for entry in gets} == {"ok"}
    assert worker.stop() == 0
    return gets


def test_in_the_path(strict: StrictWorld):
    _read_all(strict, strict.customer("acme"))


def test_in_the_host(strict: StrictWorld):
    strict.endpoint_s3 = f"http://{{bucket}}.s3.localhost:{strict.fake.port}"
    acme = strict.customer("acme")
    gets = _read_all(strict, acme)
    assert {entry["host"].split(":")[0] for entry in gets} == {f"{acme.bucket}.s3.localhost"}


def test_by_awss_own_names_over_tls_through_a_proxy(strict: StrictWorld):
    strict.use_own_names()
    acme = strict.customer("acme")
    gets = _read_all(strict, acme)
    assert {entry["host"] for entry in gets} == {f"{acme.bucket}.s3.eu-west-1.amazonaws.com"}
    assert all(entry["tls"] for entry in strict.fake.log())
    hosts = {entry["host"] for entry in strict.fake.log()}
    assert {"sqs.eu-west-1.amazonaws.com", "sts.eu-west-1.amazonaws.com"} <= hosts


@pytest.mark.parametrize("variable, part", [("AWS_USE_DUALSTACK_ENDPOINT", "s3.dualstack."),
                                            ("AWS_USE_FIPS_ENDPOINT", "s3-fips.")])
def test_dual_stack_and_fips_by_their_variables(strict: StrictWorld, variable, part):
    strict.move_to("us-east-1")
    strict.use_own_names()
    acme = strict.customer("acme")
    acme.put("a", generate(1, 5).text)
    strict.start(env={variable: "true"})
    strict.settled()
    assert part in strict.fake.log(action="GetObject")[-1]["host"]
    for service in ("sqs", "sts"):
        host = strict.fake.log(service=service)[-1]["host"]
        assert ("-fips" in host) == ("FIPS" in variable), host


@pytest.mark.parametrize("region", ["cn-north-1", "us-gov-west-1"])
def test_other_partitions(strict: StrictWorld, region):
    strict.move_to(region)
    strict.use_own_names()
    acme = strict.customer("acme")
    assert acme.settings["role_arn"].startswith("arn:aws-")
    acme.put("a", generate(1, 5).text)
    strict.start()
    strict.settled()
    assert strict.count() == 1


def test_a_bucket_with_dots_goes_in_the_path(strict: StrictWorld):
    strict.use_own_names()
    acme = strict.customer("acme", bucket="my.bucket.with.dots")
    acme.put("a", generate(1, 5).text)
    strict.start()
    strict.settled()
    assert strict.fake.log(action="GetObject")[-1]["host"] == "s3.eu-west-1.amazonaws.com"
