# SPDX-License-Identifier: Apache-2.0
"""The server around the services: TLS, proxy, admin calls over HTTP, the fake as a program."""

import json
import os
import pathlib
import subprocess
import sys
import threading
import time
import urllib.request
import zlib

import boto3
import pytest

from integration.fakeaws import checksums

from .conftest import CONFIG

INTEGRATION = pathlib.Path(__file__).parents[2]


def admin(endpoint, call, /, **arguments):
    request = urllib.request.Request(f"{endpoint}/_admin/{call}", json.dumps(arguments).encode())
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request) as answer:
        return json.load(answer)


def test_each_admin_call_is_there_over_http(fake):
    queue = admin(fake.endpoint, "add_queue", name="q")
    assert queue["url"].endswith("/111122223333/q")
    admin(fake.endpoint, "add_bucket", name="bucket")
    admin(fake.endpoint, "notify", bucket="bucket", queue="q")
    made = admin(fake.endpoint, "put_object", bucket="bucket", key="k",
                 body={"lines": 3, "gzip": True})
    assert made["notified"] == 1
    assert admin(fake.endpoint, "queue", queue="q")["visible"] == 1
    assert admin(fake.endpoint, "log", since=0) == []


def test_a_wrong_admin_call_says_what_is_wrong(fake):
    with pytest.raises(urllib.error.HTTPError) as caught:
        admin(fake.endpoint, "add_buckets")
    assert "there are ['add_access_point'," in caught.value.read().decode()


def test_https_with_our_own_authority(fake, user, client, monkeypatch):
    sts = boto3.client("sts", endpoint_url=fake.tls_endpoint, region_name="eu-west-1",
                       aws_access_key_id=user["access_key"], aws_secret_access_key=user["secret"],
                       config=CONFIG, verify=str(fake.ca_file))
    assert sts.get_caller_identity()["Arn"] == user["arn"]
    assert fake.log()[-1]["tls"]


@pytest.fixture
def aws(fake, session, client):
    """A client for AWS's real host names, with the fake as its proxy."""
    from botocore.config import Config

    def aws(service, region="eu-west-1", user=session, **more):
        return boto3.client(
            service, region_name=region, aws_access_key_id=user["access_key"],
            aws_secret_access_key=user["secret"], aws_session_token=user.get("token"),
            verify=str(fake.ca_file), config=CONFIG.merge(Config(
                proxies={"https": fake.endpoint}, **more)))
    return aws


def test_awss_own_host_names_are_served_to_a_proxys_client(fake, aws, user, customer):
    fake.put_object(customer["bucket"], "logs/a", "x")
    s3 = aws("s3", s3={"addressing_style": "virtual"})
    assert s3.get_object(Bucket=customer["bucket"], Key="logs/a")["Body"].read() == b"x"
    assert fake.log()[-1]["host"] == "cust-1-bucket.s3.eu-west-1.amazonaws.com"
    dual = aws("s3", s3={"addressing_style": "virtual", "use_dualstack_endpoint": True})
    assert dual.get_object(Bucket=customer["bucket"], Key="logs/a")["Body"].read() == b"x"
    sts = aws("sts", user=user)
    assert sts.get_caller_identity()["Arn"] == user["arn"]
    sqs = aws("sqs", user=user)
    assert sqs.list_queues()["QueueUrls"]
    assert fake.log()[-1]["host"] == "sqs.eu-west-1.amazonaws.com"


def test_a_host_of_another_region_redirects(fake, aws, customer):
    fake.put_object(customer["bucket"], "logs/a", "x")
    s3 = aws("s3", region="us-east-1", s3={"addressing_style": "virtual"})
    assert s3.get_object(Bucket=customer["bucket"], Key="logs/a")["Body"].read() == b"x"
    assert [entry["status"] for entry in fake.log()] == [301, 200]


def test_a_region_whose_sts_is_off(fake, aws, user):
    fake.settings(disabled_sts_regions=["eu-south-2"])
    with pytest.raises(Exception, match="RegionDisabledException"):
        aws("sts", region="eu-south-2", user=user).get_caller_identity()


def test_connections_are_kept(fake, s3, customer):
    fake.put_object(customer["bucket"], "logs/a", "x")
    for _ in range(5):
        s3.get_object(Bucket=customer["bucket"], Key="logs/a")["Body"].read()
    assert len({entry["connection"] for entry in fake.log()}) == 1


def test_a_request_of_the_world_before_is_not_in_the_log(fake, sqs, customer):
    poll = threading.Thread(target=lambda: pytest.raises(Exception, sqs.receive_message, WaitTimeSeconds=2,
                                                         QueueUrl=customer["queue_url"]))
    poll.start()
    time.sleep(0.3)
    fake.reset()
    poll.join()
    assert fake.log() == []


def test_on_its_own_it_says_where_it_is_and_ends_on_request(tmp_path):
    ready = tmp_path / "ready"
    process = subprocess.Popen([sys.executable, "-m", "fakeaws", "--ready-file", str(ready)],
                               cwd=INTEGRATION, stdout=subprocess.DEVNULL,
                               env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})
    try:
        end = time.monotonic() + 20
        while not ready.exists() and time.monotonic() < end:
            assert process.poll() is None
            time.sleep(0.01)
        endpoint = json.loads(ready.read_text())["endpoint"]
        assert admin(endpoint, "counters") == {}
    finally:
        process.terminate()
        assert process.wait(10) == 0


@pytest.mark.parametrize("crc, check", [
    (checksums.CRC32, 0xCBF43926), (checksums.CRC32C, 0xE3069283),
    (checksums.CRC64NVME, 0xAE8B14860A799888)])
def test_crcs_of_the_check_string(crc, check):
    assert crc.update(0, b"123456789") == check


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 1000, 131_072, 131_073, 300_001])
def test_folded_crcs_are_zlibs(size):
    data = bytes(i * 7 & 0xFF for i in range(size))
    assert checksums.CRC32.update(0, data) == zlib.crc32(data)
    cut = size // 3
    first, second = data[:cut], data[cut:]
    assert checksums.CRC32.combine(zlib.crc32(first), zlib.crc32(second),
                                   len(second)) == zlib.crc32(data)
    if data:
        assert checksums.CRC32.repeat(zlib.crc32(data), size, 13) == zlib.crc32(data * 13)
