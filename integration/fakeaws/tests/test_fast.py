# SPDX-License-Identifier: Apache-2.0
"""The fast fake of the benchmarks (fast/): all measurements depend on its counts."""

import base64
import json
import os
import pathlib
import subprocess
import time
import urllib.request

import boto3
import pytest
from botocore.exceptions import ClientError

from integration.fakeaws import checksums, tls

from .conftest import CONFIG

ROOT = pathlib.Path(__file__).parents[3]


def binary():
    built = sorted(ROOT.glob("build/*/integration/fakeaws/fast/fakeaws-fast"),
                   key=lambda path: path.stat().st_mtime)
    path = os.environ.get("FAKEAWS_FAST") or (built[-1] if built else None)
    if path is None:
        pytest.skip("fakeaws-fast is not built")
    return path


def prepare(folder, count):
    """`count` objects with numbered contents, one of 300 kB among them."""
    with open(folder / "data", "wb") as data, open(folder / "index", "w") as index:
        for i in range(count):
            body = b"object %d\n" % i * (20_000 if i == 1 else 1)
            index.write(f"ingest\tbucket\tlogs/a%2B{i}\t{data.tell()}\t{len(body)}\n")
            data.write(body)


@pytest.fixture
def start(tmp_path, monkeypatch):
    running = []
    for name in ("AWS_CA_BUNDLE", "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)

    def start(*options, count=25, verify=None):
        prepare(tmp_path, count)
        ready = tmp_path / "ready"
        running.append(subprocess.Popen(
            [binary(), "--index", tmp_path / "index", "--data", tmp_path / "data", "--ready-file",
             ready, *options], stdout=subprocess.DEVNULL))
        end = time.monotonic() + 10
        while not ready.exists() and time.monotonic() < end:
            time.sleep(0.005)
        endpoint = json.loads(ready.read_text())["endpoint"]
        return lambda service: boto3.client(
            service, endpoint_url=endpoint, region_name="eu-west-1", aws_access_key_id="AKIA",
            aws_secret_access_key="s", config=CONFIG, verify=verify)
    yield start
    for process in running:
        process.terminate()
        assert process.wait(10) == 0


def ask(folder, what):
    endpoint = json.loads((folder / "ready").read_text())["endpoint"]
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    return json.load(direct.open(f"{endpoint}/_admin/{what}"))


URL = "http://127.0.0.1/111122223333/ingest"


def receive(sqs, wait_s=0, visibility_s=30):
    answer = sqs.receive_message(QueueUrl=URL, MaxNumberOfMessages=10, WaitTimeSeconds=wait_s,
                                 VisibilityTimeout=visibility_s)
    return answer.get("Messages", [])


def delete(sqs, messages):
    return sqs.delete_message_batch(QueueUrl=URL, Entries=[
        {"Id": str(i), "ReceiptHandle": m["ReceiptHandle"]} for i, m in enumerate(messages)])


def keys_of(messages):
    return [json.loads(m["Body"])["Records"][0]["s3"]["object"]["key"] for m in messages]


def test_every_object_is_told_of_once_read_and_deleted(start):
    client = start()
    s3, sqs = client("s3"), client("sqs")
    seen = []
    while messages := receive(sqs):  # botocore compares MD5OfBody
        seen += keys_of(messages)
        assert len(delete(sqs, messages)["Successful"]) == len(messages)
        assert not delete(sqs, messages).get("Successful")
    assert seen == [f"logs/a%2B{i}" for i in range(25)]
    body = s3.get_object(Bucket="bucket", Key="logs/a+7")["Body"].read()
    assert body == b"object 7\n"


def test_objects_have_ranges_checksums_and_ends(start):
    s3 = start()("s3")
    whole = b"object 1\n" * 20_000
    answer = s3.get_object(Bucket="bucket", Key="logs/a+1", ChecksumMode="ENABLED")
    assert answer["Body"].read() == whole
    crc = checksums.CRC64NVME.update(0, whole).to_bytes(8, "big")
    assert answer["ChecksumCRC64NVME"] == base64.b64encode(crc).decode()
    part = s3.get_object(Bucket="bucket", Key="logs/a+1", Range="bytes=100001-")
    assert part["ResponseMetadata"]["HTTPStatusCode"] == 206
    assert part["Body"].read() == whole[100_001:]
    with pytest.raises(ClientError, match="NoSuchKey"):
        s3.get_object(Bucket="bucket", Key="logs/none")


def test_what_is_held_too_long_comes_back(start):
    sqs = start(count=1)("sqs")
    first = receive(sqs, visibility_s=1)
    assert len(first) == 1 and receive(sqs) == []
    again = receive(sqs, wait_s=5)
    assert keys_of(again) == keys_of(first)
    assert delete(sqs, first).get("Failed") and delete(sqs, again).get("Successful")


def test_what_is_extended_does_not(start):
    sqs = start(count=1)("sqs")
    (message,) = receive(sqs, visibility_s=1)
    sqs.change_message_visibility_batch(QueueUrl=URL, Entries=[
        {"Id": "0", "ReceiptHandle": message["ReceiptHandle"], "VisibilityTimeout": 60}])
    assert receive(sqs, wait_s=3) == []


def test_messages_come_at_the_rate_that_was_asked_for(start):
    sqs = start("--rate", "100")("sqs")
    begin, got = time.monotonic(), 0
    while got < 25:
        got += len(receive(sqs, wait_s=5))
    assert 0.1 < time.monotonic() - begin < 5


def test_it_tells_how_long_each_object_took_from_its_due_time_to_its_delete(start, tmp_path):
    sqs = start("--rate", "50", count=10)("sqs")
    assert ask(tmp_path, "lags") == []
    time.sleep(0.3)  # all are due: the first one for 300 ms, the last one for 120
    left = 10
    while left > 0:
        got = receive(sqs, wait_s=5)
        delete(sqs, got)
        left -= len(got)
    lags, told = ask(tmp_path, "lags"), ask(tmp_path, "counters")
    assert len(lags) == 10 and lags[0] >= 250 and 50 <= lags[9] <= lags[0] - 100
    assert told["last_deleted_ms"] - told["started_ms"] >= lags[0]


def test_answers_can_be_held_back(start, tmp_path):
    s3 = start("--latency-ms", "150")("s3")
    begin = time.monotonic()
    assert s3.get_object(Bucket="bucket", Key="logs/a+7")["Body"].read() == b"object 7\n"
    took = time.monotonic() - begin
    assert took > 0.14 and 150 <= ask(tmp_path, "counters")["waited_ms"] <= 1000 * took + 1


def test_roles_need_an_external_id_and_know_their_account(start):
    client = start()
    sts = client("sts")
    role = "arn:aws:iam::444455556666:role/x"
    for wrong in ({}, {"ExternalId": "not-the-id"}):
        with pytest.raises(ClientError, match="AccessDenied"):
            sts.assume_role(RoleArn=role, RoleSessionName="xx", **wrong)
    keys = sts.assume_role(RoleArn=role, RoleSessionName="xx", ExternalId="bench-1")["Credentials"]
    assert keys["AccessKeyId"] == "ASIAFAST444455556666"


def test_the_same_over_tls(start, tmp_path):
    ca, pem = tls.make_certificates(tmp_path)
    client = start("--tls", pem, verify=str(ca))
    assert len(receive(client("sqs"))) == 10
    body = client("s3").get_object(Bucket="bucket", Key="logs/a+1")["Body"].read()
    assert body == b"object 1\n" * 20_000
