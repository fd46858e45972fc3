# SPDX-License-Identifier: Apache-2.0
"""Authentication with Kafka: TLS, client certificates, SASL, tokens of Amazon MSK, and failures of
these.

Another version of Kafka, and the worker with the librdkafka of another Debian (after it was built there):

    KAFKA_VERSION=4.1.0 scripts/install-deps kafka
    KAFKA_VERSION=4.1.0 INGEST_BINARY=$(scripts/debian-root program 13) .venv/bin/pytest integration/test_kafka_security.py
"""
import base64
import datetime
import re
import socket
import struct
import subprocess
import threading
import urllib.parse
from unittest import mock

import botocore.auth
import botocore.credentials
import pytest
from aws_msk_iam_sasl_signer import MSKAuthTokenProvider

from .parts.aws import KEYS, REGION
from .parts.events import generate
from .parts.places import binary, kafka_lib
from .parts.secured import Secured
from .parts.strict import StrictWorld
from .parts.wait import until
from .parts.world import World

EVENTS = 50
SCRAM_KAFKA = "3.9.2"


def _librdkafka():
    """The version of the worker's librdkafka, as numbers."""
    text = subprocess.run([binary(), "version"], stdout=subprocess.PIPE, text=True, check=True).stdout
    return tuple(map(int, re.search(r"librdkafka (\d+)\.(\d+)\.(\d+)", text).groups()))


@pytest.fixture(scope="module")
def older(tmp_path_factory):
    try:
        kafka_lib(SCRAM_KAFKA)
    except FileNotFoundError:
        pytest.skip("scripts/install-deps older-kafka")
    with Secured(tmp_path_factory.mktemp("older"), version=SCRAM_KAFKA) as running:
        yield running


@pytest.fixture
def there(secured, moto, tmp_path):
    """A world on the secured Kafka, with an object to deliver."""
    made = World(secured, moto, tmp_path)
    made.customer("acme").put("a.jsonl", generate(EVENTS, 1).text)
    try:
        yield made
    finally:
        made.close()


def _start(world, way, **changed):
    return world.start(kafka={"properties": world.kafka.properties(way, **changed)}, limits={"shutdown_grace": "3s"})


@pytest.mark.parametrize("way", ["plain", "mtls", "oauth"])
def test_events_get_through(there: World, way):
    _start(there, way)
    there.settled()
    assert there.count() == EVENTS


# What is wrong, and what the log must contain.
WRONG = {
    "password": ("plain", {"password": "not-that-one"}, r"[Aa]uthentication failed"),
    "no client certificate": ("mtls", {"ssl.certificate.location": None, "ssl.key.location": None},
                              r"(?i)certificate|handshake"),
    "unknown authority": ("plain", {"ssl.ca.location": "/etc/ssl/certs/ca-certificates.crt"}, r"(?i)certificate"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_the_brokers_refuse_is_told_and_nothing_is_dropped(there: World, what):
    way, changed, says = WRONG[what]
    queue = there.customers[0].queue
    worker = _start(there, way, **changed)
    told = worker.logged(msg="kafka authentication failed", detail=re.compile(says))[0]
    assert told["level"] == "error"
    assert "correct the credentials" in told["next"]
    assert "not-that-one" not in worker.log.read_text()
    assert worker.stop() == 0
    assert there.count() == 0
    assert queue.depth() > 0 and queue.dead.depth() == 0

    there.moto.let_time_pass(1000)
    _start(there, way)
    there.settled()
    assert there.count() == EVENTS


def test_scram_and_a_password_mended_while_the_worker_waits(older: Secured, moto, tmp_path):
    older.set_scram_password("an-old-one")
    world = World(older, moto, tmp_path)
    try:
        acme = world.customer("acme")
        acme.put("a.jsonl", generate(EVENTS, 1).text)
        worker = _start(world, "scram", password="the-new-one")
        worker.logged(msg="kafka authentication failed")
        assert world.count() == 0
        older.set_scram_password("the-new-one")
        world.settled()
        worker.logged(msg="kafka connected")
        assert world.count() == EVENTS
        assert acme.queue.dead.depth() == 0
    finally:
        world.close()


def test_scram_with_kafka_4_works_or_the_log_says_which_librdkafka_it_wants(there: World):
    there.kafka.set_scram_password("right")
    worker = _start(there, "scram", password="right")
    if _librdkafka() >= (2, 6, 1):
        there.settled()
        assert there.count() == EVENTS
    else:
        told = worker.logged(msg="kafka authentication failed")[0]
        assert re.search(r"librdkafka 2\.\d+\.\d+: before 2\.6\.1 SCRAM fails with Kafka 4", told["detail"])
        assert there.count() == 0
        assert there.customers[0].queue.depth() > 0


# ---- Amazon MSK

class TokenTaker:
    """A broker that accepts connections until it has the client's token, and refuses every token."""

    def __init__(self):
        self.tokens = []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        with client, client.makefile("rb") as stream:
            while len(head := stream.read(4)) == 4:
                frame = stream.read(struct.unpack(">i", head)[0])
                found = re.search(rb"auth=Bearer ([A-Za-z0-9_-]+)", frame)
                if found:
                    self.tokens.append(found.group(1).decode())
                key, version, correlation = struct.unpack(">hhi", frame[:8])
                answer = struct.pack(">i", correlation) + self._answer(key, version)
                client.sendall(struct.pack(">i", len(answer)) + answer)

    @staticmethod
    def _answer(key, version):
        if key == 36:  # SaslAuthenticate: failed, with a text
            return struct.pack(">hh", 58, 4) + b"no: " + struct.pack(">i", 0)
        if key == 17:  # SaslHandshake: no error, one mechanism
            return struct.pack(">hih", 0, 1, len("OAUTHBEARER")) + b"OAUTHBEARER"
        if version > 0:  # ApiVersions: require its first version
            return struct.pack(">hi", 35, 0)
        known = ((0, 7), (3, 4), (17, 1), (18, 0), (36, 0))  # Produce, Metadata, the two above, SaslAuthenticate
        return struct.pack(">hi", 0, len(known)) + b"".join(struct.pack(">hhh", k, 0, most) for k, most in known)

    def close(self):
        self.socket.close()


def _opened(token):
    url = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
    return dict(urllib.parse.parse_qsl(url.split("?")[1], strict_parsing=True))


class _Keys(botocore.credentials.CredentialProvider):
    METHOD = "fixed"

    def load(self):
        return botocore.credentials.Credentials(KEYS["aws_access_key_id"], KEYS["aws_secret_access_key"])


def test_an_msk_broker_gets_the_token_that_awss_own_signer_makes(world: World):
    world.customer("acme")
    broker = TokenTaker()
    try:
        worker = world.start(limits={"shutdown_grace": "1s"}, kafka={
            "auth": "aws-msk-iam",
            "properties": [f"bootstrap.servers=127.0.0.1:{broker.port}", "security.protocol=sasl_plaintext"]})
        token = until(lambda: broker.tokens and broker.tokens[0], worker.tail, 30, alive=worker)
        worker.logged(msg="kafka authentication failed")
        until(lambda: token not in broker.tokens[-1:], "another token after the refusal", 60, alive=worker)
    finally:
        broker.close()
    ours = _opened(token)
    when = datetime.datetime.strptime(ours["X-Amz-Date"], "%Y%m%dT%H%M%SZ")
    with mock.patch.object(botocore.auth, "get_current_datetime", lambda *a, **k: when):
        theirs, _ = MSKAuthTokenProvider.generate_auth_token_from_credentials_provider(REGION, _Keys())
    theirs = _opened(theirs)
    del ours["User-Agent"], theirs["User-Agent"]
    assert ours == theirs
    assert token not in worker.log.read_text()


def test_without_aws_credentials_the_log_says_why_there_is_no_token(strict: StrictWorld):
    strict.customer("acme")
    anonymous = {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None,
              "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:1/"}
    worker = strict.start(env=anonymous, limits={"shutdown_grace": "1s"}, kafka={
        "auth": "aws-msk-iam", "properties": ["bootstrap.servers=127.0.0.1:1"]})
    told = worker.logged(msg="kafka authentication failed", detail=re.compile("MSK token: AWS credentials"))[0]
    assert told["level"] == "error"
