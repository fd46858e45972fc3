# SPDX-License-Identifier: Apache-2.0
"""Faults: the requests to which they apply, and the effects."""

import json
import socket
import threading
import time

import pytest
from botocore.exceptions import ClientError

from integration.fakeaws import faults

from .raw import send, signed


@pytest.fixture
def get(fake, customer, session):
    """GET an object of 100,000 bytes by hand. Returns status, headers and the received part of the body."""
    fake.put_object(customer["bucket"], "logs/a", "0123456789" * 10_000)
    target = f"/{customer['bucket']}/logs/a"
    return lambda **more: send(fake, "GET", target, signed(fake, session, "GET", target), **more)


def test_a_fault_hits_as_often_as_it_is_asked_to(fake, get):
    rule = fake.fault(service="s3", error="SlowDown", after=1, count=2)
    assert [get().status for _ in range(4)] == [200, 503, 503, 200]
    assert fake.faults()[str(rule)] == {"hits": 2, "seen": 3, "count": 2}
    assert [entry["fault"] for entry in fake.log()] == [None, rule, rule, None]


@pytest.mark.parametrize("match", [
    {"service": "sqs"}, {"action": "HeadObject"}, {"method": "PUT"}, {"bucket": "other*"},
    {"key": "logs/b"}, {"key_prefix": "log/"}, {"principal": "*other*"}, {"ranged": True}, {"params": {"versionId": "x"}}])
def test_a_fault_leaves_what_it_does_not_match(fake, get, match):
    fake.fault(error="SlowDown", **match)
    assert get().status == 200


@pytest.mark.parametrize("match", [
    {"service": "s3"}, {"action": "Get*"}, {"method": "GET"}, {"bucket": "cust-*"},
    {"key": "logs/a"}, {"key_prefix": "logs/"}, {"principal": "*/cust-1-ingest/*"},
    {"ranged": False}, {"params": {"versionId": ""}}])
def test_a_fault_hits_what_it_matches(fake, get, match):
    fake.fault(error="SlowDown", **match)
    assert get().status == 503


def test_a_seed_repeats_its_chances(fake, get):
    def run():
        fake.clear_faults()
        fake.fault(error="SlowDown", count=-1, probability=0.5, seed=7)
        return [get().status for _ in range(20)]
    first = run()
    assert first == run() and len(set(first)) == 2


def test_errors_carry_their_codes_in_each_protocol(fake, s3, sqs, sts, customer):
    for service, call in (
            ("s3", lambda: s3.get_object(Bucket=customer["bucket"], Key="logs/a")),
            ("sqs", lambda: sqs.receive_message(QueueUrl=customer["queue_url"])),
            ("sts", sts.get_caller_identity)):
        for code, (status, _) in faults.KNOWN[service].items():
            if status < 400 or code in ("AuthorizationHeaderMalformed",
                                        "IllegalLocationConstraintException"):
                continue  # botocore would search for the region: test_s3.py
            fake.fault(service=service, error=code)
            with pytest.raises(ClientError) as caught:
                call()
            response = caught.value.response
            assert response["ResponseMetadata"]["HTTPStatusCode"] == status
            assert response["Error"]["Code"].rpartition(".")[2] in code or "Kms" in code \
                or code == "QueueDoesNotExist"


def test_an_error_of_ones_own_making(fake, get):
    fake.fault(error={"code": "Odd", "status": 418, "message": "tea", "extra": {"Pot": "1"}})
    answer = get()
    assert (answer.status, answer.code) == (418, "Odd") and "<Pot>1</Pot>" in answer.text


def test_a_body_is_cut_at_the_byte(fake, get):
    fake.fault(cut=12_345, reset=False)
    answer = get()
    assert answer.headers["content-length"] == "100000" and len(answer.body) == 12_345


def test_a_body_is_cut_anywhere_and_the_same_anywhere_again(fake, get):
    def lengths():
        fake.clear_faults()
        fake.fault(cut="random", count=5, reset=False, seed=3)
        return [len(get().body) for _ in range(5)]
    first = lengths()
    assert first == lengths() and len(set(first)) == 5


def test_a_cut_can_be_a_reset(fake, get):
    fake.fault(cut=50_000)
    with pytest.raises(ConnectionResetError):
        get()


def test_a_wrong_content_length(fake, get):
    fake.fault(length=100, reset=False)
    answer = get()
    assert answer.headers["content-length"] == "100100" and len(answer.body) == 100_000
    fake.fault(length=-100, reset=False)
    assert get().headers["content-length"] == "99900"


def test_one_wrong_byte(fake, get):
    right = get().body
    fake.fault(corrupt=70_001)
    wrong = get().body
    assert [i for i in range(100_000) if right[i] != wrong[i]] == [70_001]


def test_a_stall_holds_the_body_until_the_client_leaves(fake, customer, session):
    fake.put_object(customer["bucket"], "logs/a", "x" * 1000)
    fake.fault(stall={"at": 10, "s": 600})
    target = f"/{customer['bucket']}/logs/a"
    headers = signed(fake, session, "GET", target)
    with socket.create_connection((fake.host, fake.port)) as sock:
        sock.sendall(("\r\n".join([f"GET {target} HTTP/1.1", *(f"{k}: {v}" for k, v in headers)])
                      + "\r\n\r\n").encode())
        sock.settimeout(0.4)
        data = b""
        with pytest.raises(TimeoutError):
            while True:
                data += sock.recv(65536)
        assert data.endswith(b"x" * 10) and not data.endswith(b"x" * 11)
    end = time.monotonic() + 60
    while fake.open and time.monotonic() < end:
        time.sleep(0.01)
    assert not fake.open


def test_a_drip_takes_its_time(fake, get, customer):
    fake.put_object(customer["bucket"], "logs/a", "x" * 500)
    fake.fault(drip=1000)
    start = time.monotonic()
    assert get().body == b"x" * 500
    assert 0.4 < time.monotonic() - start < 2


def test_a_delay_comes_before_the_answer(fake, get):
    fake.fault(delay_s=0.3)
    start = time.monotonic()
    assert get().status == 200
    assert time.monotonic() - start >= 0.3


def test_a_dropped_request_is_not_done_and_a_lost_answer_is(fake, sqs, customer):
    url = customer["queue_url"]
    fake.send_message("ingest", "x")
    fake.fault(service="sqs", action="ReceiveMessage", drop=True)
    with pytest.raises(Exception, match="(?i)connection|closed"):
        sqs.receive_message(QueueUrl=url)
    assert fake.queue("ingest")["visible"] == 1
    fake.fault(service="sqs", action="ReceiveMessage", lost=True)
    with pytest.raises(Exception, match="(?i)connection|closed"):
        sqs.receive_message(QueueUrl=url)
    assert fake.queue("ingest")["in_flight"] == 1


def test_garbage_has_the_right_length(fake, get):
    fake.fault(garbage=333)
    answer = get()
    assert answer.headers["content-length"] == "333" and len(answer.body) == 333


def test_raw_bytes_instead_of_http(fake, customer):
    fake.fault(raw="SSH-2.0-OpenSSH_9\r\n", reset=False)
    with socket.create_connection((fake.host, fake.port)) as sock:
        sock.sendall(b"GET /cust-1-bucket/x HTTP/1.1\r\nHost: x\r\n\r\n")
        assert sock.recv(100) == b"SSH-2.0-OpenSSH_9\r\n"


def test_headers_and_bodies_without_end(fake):
    def read(limit):
        with socket.create_connection((fake.host, fake.port)) as sock:
            sock.sendall(b"GET /cust-1-bucket/x HTTP/1.1\r\nHost: x\r\n\r\n")
            size, head = 0, b""
            while size < limit and (data := sock.recv(1 << 20)):
                size += len(data)
                head = head or data
            return size, head
    fake.fault(endless_headers=1 << 30)
    size, head = read(10_000_000)
    assert size >= 10_000_000 and b"\r\n\r\n" not in head
    fake.fault(giant=1 << 30, status=503)
    size, head = read(10_000_000)
    assert size >= 10_000_000 and head.startswith(b"HTTP/1.1 503") \
        and b"Content-Length: 1073741824" in head


def test_an_answer_of_ones_own(fake, get):
    fake.fault(status=200, body="<!DOCTYPE x><x/>", headers={"Content-Type": "application/xml"})
    assert get().text == "<!DOCTYPE x><x/>"


def test_headers_are_added_to_a_good_answer(fake, get):
    fake.fault(headers={"ETag": '"other"'})
    answer = get()
    assert answer.headers["etag"] == '"other"' and len(answer.body) == 100_000


def test_a_hook_acts_in_between(fake, get, customer):
    fake.fault(hook=lambda call: fake.put_object(customer["bucket"], "logs/a", "new"))
    assert get().body == b"new"


def test_unknown_faults_are_refused(fake):
    with pytest.raises(ValueError, match="explode"):
        fake.fault(explode=True)


def test_connections_can_be_cut_from_outside(fake, sqs, customer):
    failed = threading.Event()

    def poll():
        with pytest.raises(Exception, match="(?i)connection|closed|read"):
            sqs.receive_message(QueueUrl=customer["queue_url"], WaitTimeSeconds=20)
        failed.set()
    threading.Thread(target=poll, daemon=True).start()
    end = time.monotonic() + 60
    while not fake.drop_connections() and time.monotonic() < end:
        time.sleep(0.02)
    assert failed.wait(60)


def test_requests_that_are_no_http_are_answered_with_400(fake):
    for raw in (b"nonsense\r\n\r\n", b"GET / HTTP/9\r\n\r\n", b"GET / HTTP/1.1\r\nbad header\r\n\r\n",
                b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"):
        with socket.create_connection((fake.host, fake.port)) as sock:
            sock.sendall(raw)
            assert sock.recv(1000).startswith(b"HTTP/1.1 400")


def test_notifications_are_what_botocore_users_see(fake, sqs, customer, put_many):
    (direct, wrapped, bridge, raw) = put_many
    assert json.loads(direct)["Records"][0]["s3"]["object"]["key"] == "logs/a+b%2B%C3%A9%3D"
    assert json.loads(json.loads(wrapped)["Message"])["Records"][0]["eventSource"] == "aws:s3"
    assert json.loads(bridge)["detail"]["object"]["key"] == "logs/a b+é="
    assert json.loads(raw)["Records"][0]["s3"]["bucket"]["name"] == "many"


@pytest.fixture
def put_many(fake, user):
    fake.add_bucket("many")
    for via in ("s3", "sns", "eventbridge", "sns_raw"):
        fake.add_queue(f"q-{via}")
        fake.notify("many", f"q-{via}", "logs/", via=via)
    assert fake.put_object("many", "logs/a b+é=", "x")["notified"] == 4
    assert fake.put_object("many", "other/x", "x")["notified"] == 0
    return [fake.queue(f"q-{via}", messages=True)["messages"][0]["body"]
            for via in ("s3", "sns", "eventbridge", "sns_raw")]
