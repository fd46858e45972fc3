# SPDX-License-Identifier: Apache-2.0
"""Wrong clocks and wrong regions: corrected once, remembered, and the work goes on."""
import json

import pytest

from .parts.events import generate
from .parts.strict import StrictWorld


@pytest.mark.parametrize("offset_s", [3600, -3600])
def test_a_clock_that_is_an_hour_wrong_is_corrected_from_the_answers(strict: StrictWorld, offset_s):
    strict.fake.clock(offset_s=offset_s)
    owners = [strict.customer("acme"), strict.customer("bolt")]  # a queue each
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
    assert len(strict.fake.log(service="s3")) <= 8  # no loop: three tries and their question for the region


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
    assert (line["customer"], line["notification"], line["configuration"]) == (
        "acme", "999999999999", acme.settings["account_id"])
    assert {e["owner"] for e in strict.fake.log(action="GetObject")} == {
        acme.settings["account_id"]}
