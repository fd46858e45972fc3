# SPDX-License-Identifier: Apache-2.0
"""Missing objects for which S3 returns 403: the permission to list is restricted to the prefix (the
fake's default).
"""
from .parts.events import generate
from .parts.strict import StrictWorld
from .parts.wait import until


def _delete(strict, owner, key):
    owner.put(key, "x\n")
    strict.fake.delete_object(owner.bucket, owner.key(key))


def _gone(worker, owner, count=1):
    return worker.logged(60, count, customer=owner.id, error="gone", code="AccessDenied")


def test_missing_objects_are_gone_and_do_not_pause_their_customer(strict: StrictWorld):
    acme = strict.customer("acme")
    missing = [f"{n}" for n in range(12)]
    for key in missing:
        _delete(strict, acme, key)
    worker = strict.start()
    _gone(worker, acme, len(missing))
    acme.put("good", generate(3, 5).text)
    until(lambda: strict.count() == 3, lambda: f"the good object; the log ends:\n{worker.tail()}", 30, alive=worker)
    assert not worker.lines(error="paused") and not worker.lines(customer="acme", error="denied")
    lists = strict.fake.log(action="ListObjectsV2", bucket=acme.bucket)
    assert len(lists) == len(missing) and {e["status"] for e in lists} == {200}


def test_missing_objects_are_accepted_where_the_customer_says_so(strict: StrictWorld):
    acme = strict.customer("acme", gone="accept")
    for key in ("a", "b b+*?$", "ü"):
        _delete(strict, acme, key)
    strict.start()
    strict.settled()
    assert acme.queue.dead.depth() == 0
    assert {e["code"] for e in strict.fake.log(action="GetObject")} == {"AccessDenied"}


def test_the_last_receive_of_a_missing_object_says_why(strict: StrictWorld):
    queue = strict.queue(receives=2)
    acme = strict.customer("acme", queue)
    _delete(strict, acme, "a")
    worker = strict.start()

    def dead():
        strict.fake.clock(advance_s=1000)
        return queue.dead.depth() == 1
    until(dead, lambda: f"the dead letter; the log ends:\n{worker.tail()}", 60, every=0.5, alive=worker)
    (reject,) = [value for _, value in strict.rejects()]
    assert reject["reason"] == "object" and "no such key" in str(reject)


def _deny(strict, owner, action):
    """A statement in the bucket's policy that denies this to all principals."""
    arn = f"arn:aws:s3:::{owner.bucket}"
    strict.fake.change_bucket(owner.bucket, policy={"Version": "2012-10-17", "Statement": [
        {"Effect": "Deny", "Principal": "*", "Action": action, "Resource": [arn, arn + "/*"]}]})


def test_an_object_that_is_there_stays_denied(strict: StrictWorld):
    acme = strict.customer("acme")
    acme.put("a", generate(1, 5).text)
    _deny(strict, acme, "s3:GetObject")
    worker = strict.start()
    (line, *_) = worker.logged(msg="object later", customer="acme")
    assert (line["error"], line["code"]) == ("denied", "AccessDenied")
    assert [e["status"] for e in strict.fake.log(action="ListObjectsV2", bucket=acme.bucket)] == [200]


def test_a_missing_object_is_denied_where_it_cannot_be_listed(strict: StrictWorld):
    acme = strict.customer("acme", gone="accept")
    _delete(strict, acme, "a")
    _deny(strict, acme, "s3:ListBucket")
    worker = strict.start()
    (line, *_) = worker.logged(msg="object later", customer="acme")
    assert (line["error"], line["code"]) == ("denied", "AccessDenied")
    assert [e["status"] for e in strict.fake.log(action="ListObjectsV2", bucket=acme.bucket)] == [403]


def test_a_list_in_trouble_concludes_nothing(strict: StrictWorld):
    acme = strict.customer("acme", gone="accept")
    strict.fake.fault(service="s3", action="ListObjectsV2", bucket=acme.bucket, count=1, error="SlowDown")
    _delete(strict, acme, "a")
    strict.start()
    strict.settled(60)
    assert [e["status"] for e in strict.fake.log(action="ListObjectsV2", bucket=acme.bucket)] == [503, 200]


def test_a_missing_version_falls_back_to_the_current_one(strict: StrictWorld):
    acme = strict.customer("acme", versioning=True, versioned=True)
    first = strict.fake.put_object(acme.bucket, acme.key("a"), generate(3, 5).text)["version_id"]
    second = strict.fake.put_object(acme.bucket, acme.key("a"), generate(4, 6).text, notify_queue=False)["version_id"]
    strict.fake.delete_object(acme.bucket, acme.key("a"), version_id=first)
    strict.start()
    strict.settled()
    assert {e["ingest"]["version"] for _, e in strict.events()} == {second}
    assert strict.count() == 4
    assert [e["code"] for e in strict.fake.log(action="GetObject")] == ["AccessDenied", None]


def test_a_missing_version_below_a_delete_marker_is_gone(strict: StrictWorld):
    acme = strict.customer("acme", versioning=True, versioned=True, gone="accept")
    first = strict.fake.put_object(acme.bucket, acme.key("a"), generate(3, 5).text)["version_id"]
    strict.fake.delete_object(acme.bucket, acme.key("a"))
    strict.fake.delete_object(acme.bucket, acme.key("a"), version_id=first)
    strict.start()
    strict.settled()
    assert strict.count() == 0 and acme.queue.dead.depth() == 0


def test_no_version_is_passed_over_because_versions_may_not_be_read(strict: StrictWorld):
    acme = strict.customer("acme", versioning=True, versioned=True)
    acme.put("a", generate(3, 5).text)
    strict.fake.put_object(acme.bucket, acme.key("a"), generate(4, 6).text, notify_queue=False)
    _deny(strict, acme, "s3:GetObjectVersion")
    worker = strict.start()
    (line, *_) = worker.logged(msg="object later", customer="acme")
    assert (line["error"], line["code"]) == ("denied", "AccessDenied")
    assert strict.count() == 0


def test_no_version_is_passed_over_because_its_key_refuses_without_saying_so(strict: StrictWorld):
    first, second = (strict.fake.add_kms_key(name) for name in ("key-1", "key-2"))
    acme = strict.customer("acme", versioning=True, versioned=True, kms_key=first, session_policy="full")
    strict.fake.put_object(acme.bucket, acme.key("a"), generate(3, 5).text, sse="aws:kms", kms_key=first)
    strict.fake.put_object(acme.bucket, acme.key("a"), generate(4, 6).text, notify_queue=False)
    strict.fake.change_kms_key(first, policy={"Statement": []}, bare_denials=True)
    worker = strict.start()
    (line, *_) = worker.logged(msg="object later", customer="acme")
    assert (line["error"], line["code"]) == ("denied", "AccessDenied")
    assert strict.count() == 0
