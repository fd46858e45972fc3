# SPDX-License-Identifier: Apache-2.0
"""Clock skew and wrong regions: corrected once, remembered, and the work continues."""
import json
import socket
import ssl
import threading
import warnings

import pytest

from integration.fakeaws.tls import make_certificates

from .parts.events import generate
from .parts.strict import StrictWorld
from .parts.wait import until


@pytest.mark.parametrize("offset_s", [3600, -3600])
def test_a_clock_that_is_an_hour_wrong_is_corrected_from_the_answers(strict: StrictWorld, offset_s):
    strict.fake.clock(offset_s=offset_s)
    owners = [strict.customer("acme"), strict.customer("bolt")]  # one queue for each customer
    for n in range(5):
        for owner in owners:
            owner.put(f"{n}", generate(2, n).text)
    worker = strict.start()
    strict.settled()
    assert strict.count() == 20
    warnings = [line for line in worker.lines(level="warn") if "clock" in line["msg"]]
    assert len(warnings) == 1
    skewed = [e for e in strict.fake.log() if e["code"] in (
        "RequestTimeTooSkewed", "SignatureDoesNotMatch", "InvalidSignatureException")]
    by_service = {e["service"]: sum(o["service"] == e["service"] for o in skewed) for e in skewed}
    assert by_service and all(count <= 20 for count in by_service.values())


FORMS = [("301", "eu-central-1"), ("301-bare", "eu-central-1"), ("307", "eu-central-1"), ("400", "eu-south-2"),
         ("400-illegal", "eu-central-1")]


@pytest.mark.parametrize("own_names", [False, True], ids=["endpoint", "AWS's names"])
def test_a_wrong_region_is_found_once_and_remembered(strict: StrictWorld, own_names):
    if own_names:
        strict.use_own_names()
    owners = {}
    for form, region in FORMS:
        owners[form] = strict.customer("in-" + form, bucket_region=region)
        strict.fake.change_bucket(owners[form].bucket, wrong_region=form)
    strict.start(limits={"lanes": 1})
    for n in range(5):
        for owner in owners.values():
            owner.put(f"{n}", generate(1, n + 1).text)
        strict.settled()
    assert strict.count() == 5 * len(FORMS)
    for form, region in FORMS:
        bucket = owners[form].bucket
        gets = strict.fake.log(action="GetObject", bucket=bucket)
        assert len(gets) == 6 and [e["status"] for e in gets][1:] == [200] * 5, form
        assert len(strict.fake.log(action="HeadBucket", bucket=bucket)) <= 1
        if own_names:
            assert gets[-1]["host"] == f"{bucket}.s3.{region}.amazonaws.com"


@pytest.mark.parametrize("answer", [
    {"error": {"code": "PermanentRedirect", "status": 301, "message": "elsewhere",
               "headers": {"x-amz-bucket-region": "cn-north-1"}}},
    {"error": {"code": "PermanentRedirect", "status": 301, "message": "elsewhere",
               "headers": {"x-amz-bucket-region": "evil.example/x", "Location": "http://127.0.0.1:1/"}}},
    {"error": {"code": "AuthorizationHeaderMalformed", "status": 400, "message": "elsewhere",
               "extra": {"Region": "../../x"}}},
    {"status": 307, "headers": {"Location": "http://127.0.0.1:1/secret"}, "body": ""},
    {"status": 302, "headers": {"Location": "http://127.0.0.1:1/secret"}, "body": ""}],
    ids=["other partition", "no region", "path", "307", "302"])
def test_a_redirect_to_where_we_must_not_go_is_not_followed(strict: StrictWorld, answer):
    acme = strict.customer("acme")
    strict.fake.fault(service="s3", action="GetObject", count=-1, **answer)
    acme.put("a", generate(1, 5).text)
    worker = strict.start()
    (line, *_) = worker.logged(msg="object later", customer="acme")
    assert line["error"] != "none" and strict.count() == 0
    assert len(strict.fake.log(service="s3")) <= 8  # no loop: three attempts, each with a request for the region


def test_two_regions_that_send_us_to_each_other_are_no_loop(strict: StrictWorld):
    acme = strict.customer("acme")
    for region in ("eu-central-1", "eu-west-1"):
        strict.fake.fault(service="s3", count=-1, probability=1, error={
            "code": "PermanentRedirect", "status": 301, "message": "elsewhere",
            "headers": {"x-amz-bucket-region": region}})
    acme.put("a", generate(1, 5).text)
    worker = strict.start()
    worker.logged(msg="object later", customer="acme")
    assert len(strict.fake.log(service="s3")) <= 6


def test_the_notifications_region_is_compared_not_followed(strict: StrictWorld):
    acme = strict.customer("acme")
    strict.fake.put_object(acme.bucket, acme.key("a"), generate(1, 5).text, notify_queue=False)
    acme.queue.send(strict.fake.notification(acme.bucket, acme.key("a"), awsRegion="us-east-1"))
    worker = strict.start()
    strict.settled()
    assert strict.count() == 1
    assert worker.logged(msg="region differs", customer="acme")


def test_the_notifications_account_is_compared_not_followed(strict: StrictWorld):
    acme = strict.customer("acme", via="eventbridge")
    for key in ("a", "b"):
        strict.fake.put_object(acme.bucket, acme.key(key), generate(1, 5).text, notify_queue=False)
        told = json.loads(strict.fake.notification(acme.bucket, acme.key(key), via="eventbridge"))
        acme.queue.send(json.dumps({**told, "account": "999999999999"}))
    worker = strict.start()
    strict.settled()
    assert strict.count() == 2
    (line,) = worker.lines(msg="account differs")
    assert (line["customer"], line["notified"], line["configured"]) == (
        "acme", "999999999999", acme.settings["account_id"])
    assert {e["owner"] for e in strict.fake.log(action="GetObject")} == {
        acme.settings["account_id"]}


OPT_IN = "ap-southeast-5"


def test_an_opt_in_region_is_asked_at_its_own_endpoints_only(strict: StrictWorld):
    strict.move_to(OPT_IN)
    strict.use_own_names()
    acme = strict.customer("acme")
    acme.put("a", generate(2, 5).text)
    strict.start()
    strict.settled()
    assert strict.count() == 2
    assert {e["host"] for e in strict.fake.log()} == {
        f"{acme.bucket}.s3.{OPT_IN}.amazonaws.com", f"sqs.{OPT_IN}.amazonaws.com", f"sts.{OPT_IN}.amazonaws.com"}
    assert {e["region"] for e in strict.fake.log()} == {OPT_IN}


def test_a_region_where_sts_is_not_activated_is_told(strict: StrictWorld):
    strict.move_to(OPT_IN)
    strict.use_own_names()
    strict.fake.settings(disabled_sts_regions=[OPT_IN])
    acme = strict.customer("acme")
    acme.put("a", generate(2, 5).text)
    worker = strict.start()
    (line, *_) = worker.logged(customer="acme", code="RegionDisabledException")
    assert line["error"] == "config" and OPT_IN not in line.get("version", "")
    assert strict.fake.log(action="GetObject") == [] and acme.queue.depth() == 1


@pytest.mark.parametrize("pays", [True, False])
def test_who_pays_for_requests_is_said_where_configured(strict: StrictWorld, pays):
    acme = strict.customer("acme", request_payer=pays)
    strict.fake.change_bucket(acme.bucket, requester_pays=True)
    acme.put("a", generate(1, 5).text)
    acme.put("gone", "x")
    strict.fake.delete_object(acme.bucket, acme.key("gone"))
    worker = strict.start()
    until(lambda: strict.count() == 1 and worker.lines(error="gone"), "both are read", 30, alive=worker)
    asked = strict.fake.log(service="s3")
    assert {e["action"] for e in asked} == {"GetObject", "ListObjectsV2"}
    assert {e.get("payer") for e in asked} == {"requester" if pays else None}
    assert {e["signature"] for e in asked} == {"ok"}


def _old_server(strict):
    """An https server that supports at most TLS 1.1. Returns its port and the certificates."""
    folder = strict.folder / "old"
    folder.mkdir()
    authority, pem = make_certificates(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.load_cert_chain(pem)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    listener = socket.create_server(("127.0.0.1", 0))
    seen = []

    def serve():
        while True:
            try:
                connection, _ = listener.accept()
                with connection:
                    connection.settimeout(10)
                    seen.append(context.wrap_socket(connection, server_side=True).version())
            except ssl.SSLError as error:
                seen.append(error.reason)
            except OSError:
                return
    threading.Thread(target=serve, daemon=True).start()
    return listener, authority, seen


def test_a_server_that_knows_no_tls_1_2_is_refused_with_a_clear_text(strict: StrictWorld):
    listener, authority, seen = _old_server(strict)
    port = listener.getsockname()[1]
    old = ssl.create_default_context(cafile=authority)
    old.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        old.minimum_version = ssl.TLSVersion.TLSv1_1
    with socket.create_connection(("127.0.0.1", port)) as plain, old.wrap_socket(
            plain, server_hostname="localhost") as secured:
        assert secured.version() == "TLSv1.1"  # it works for a client that accepts TLS 1.1
    strict.endpoint_s3 = f"https://localhost:{port}"
    acme = strict.customer("acme")
    acme.put("a", generate(1, 5).text)
    worker = strict.start(env={"AWS_CA_BUNDLE": str(authority)})
    (line, *_) = worker.logged(60, msg="object later", customer="acme")
    listener.close()
    assert line["error"] == "again" and "TLS 1.2 or newer" in line["detail"]
    assert strict.count() == 0 and set(seen[1:]) <= {"UNSUPPORTED_PROTOCOL", "WRONG_SSL_VERSION"}


def test_a_server_whose_certificate_nobody_vouches_for_is_refused(strict: StrictWorld):
    strict.use_own_names()
    acme = strict.customer("acme")
    acme.put("a", generate(1, 5).text)
    worker = strict.start(env={"AWS_CA_BUNDLE": None})
    (line, *_) = worker.logged(queue=acme.queue.name, error="config")
    assert "certificate" in line["detail"]
    assert strict.fake.log() == []


def test_a_certificate_of_another_host_is_refused(strict: StrictWorld):
    strict.endpoint_s3 = strict.fake.tls_endpoint.replace("localhost", "a.b.localhost")
    acme = strict.customer("acme")
    acme.put("a", generate(1, 5).text)
    worker = strict.start(env={"AWS_CA_BUNDLE": str(strict.fake.ca_file)})
    (line, *_) = worker.logged(msg="object later", customer="acme")
    assert line["error"] == "config" and "a.b.localhost" in line["detail"]
    assert strict.fake.log(service="s3") == []
