# SPDX-License-Identifier: Apache-2.0
"""SQS: botocore's operations, and the properties that make SQS hard to use correctly."""

import threading
import time

import pytest
from botocore.exceptions import ClientError

from integration.fakeaws import allow, policy


@pytest.fixture
def url(fake, user):
    return fake.add_queue("q", dead_letters="q-dead", max_receives=2)["url"]


@pytest.fixture
def send(fake):
    return lambda body="x", **more: fake.send_message("q", body, **more)


@pytest.fixture
def receive(sqs, url):
    def receive(**more):
        answer = sqs.receive_message(QueueUrl=url, **{
            "MaxNumberOfMessages": 10, "MessageSystemAttributeNames": ["All"], **more})
        return answer.get("Messages", [])
    return receive


def code_of(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return caught.value.response["Error"]["Code"]


def change(sqs, url, handle, seconds):
    return sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=handle,
                                         VisibilityTimeout=seconds)


def test_a_message_goes_in_and_out_as_botocore_expects(sqs, url, receive):
    body = '{"hello":"wörld é 😀"}'
    sent = sqs.send_message(QueueUrl=url, MessageBody=body, MessageAttributes={
        "a": {"DataType": "String", "StringValue": "x"}})
    (message,) = receive(MessageAttributeNames=["All"])
    assert message["Body"] == body and message["MD5OfBody"] == sent["MD5OfMessageBody"]
    assert message["MD5OfBody"] == "1230efd85dff33ae4738ae1795f63c35"
    assert message["MessageAttributes"]["a"]["StringValue"] == "x"
    assert message["MD5OfMessageAttributes"] == sent["MD5OfMessageAttributes"]
    assert message["Attributes"]["ApproximateReceiveCount"] == "1"


def test_an_empty_queue_answers_without_messages(receive):
    assert receive() == []


def test_a_delete_ends_a_message(fake, sqs, url, send, receive):
    send()
    (message,) = receive(VisibilityTimeout=0)
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    assert receive() == []
    assert fake.queue("q")["visible"] == 0
    # a second delete is not an error
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


def test_visibility_ends_by_the_queues_clock(fake, send, receive):
    send()
    assert receive(VisibilityTimeout=30)
    assert receive() == []
    fake.clock(advance_s=29)
    assert receive() == []
    fake.clock(advance_s=2)
    (message,) = receive()
    assert message["Attributes"]["ApproximateReceiveCount"] == "2"


def test_an_extended_message_stays_away(fake, sqs, url, send, receive):
    send()
    (message,) = receive(VisibilityTimeout=30)
    fake.clock(advance_s=20)
    change(sqs, url, message["ReceiptHandle"], 30)
    fake.clock(advance_s=20)
    assert receive() == []
    change(sqs, url, message["ReceiptHandle"], 0)
    assert len(receive()) == 1


def test_an_expired_handle_extends_nothing(fake, sqs, url, send, receive):
    send()
    (message,) = receive(VisibilityTimeout=10)
    fake.clock(advance_s=11)
    assert code_of(change, sqs=sqs, url=url, handle=message["ReceiptHandle"], seconds=30) \
        == "AWS.SimpleQueueService.MessageNotInflight"
    assert receive()  # another consumer has received it
    assert code_of(change, sqs=sqs, url=url, handle=message["ReceiptHandle"], seconds=30) \
        == "InvalidParameterValue"
    # a delete with the old handle succeeds without an effect
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    assert fake.queue("q")["in_flight"] == 1
    fake.settings(old_handles="refuse")
    assert code_of(sqs.delete_message, QueueUrl=url, ReceiptHandle=message["ReceiptHandle"]) \
        == "ReceiptHandleIsInvalid"


def test_the_latest_handle_deletes_even_after_its_time(fake, sqs, url, send, receive):
    send()
    (message,) = receive(VisibilityTimeout=10)
    fake.clock(advance_s=11)
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    assert receive() == []


def test_twelve_hours_are_the_limit_from_the_receive_on(fake, sqs, url, send, receive):
    send()
    (message,) = receive(VisibilityTimeout=60)
    handle = message["ReceiptHandle"]
    assert code_of(change, sqs=sqs, url=url, handle=handle, seconds=43_200) \
        == "InvalidParameterValue"
    change(sqs, url, handle, 43_195)
    fake.clock(advance_s=43_100)
    assert code_of(change, sqs=sqs, url=url, handle=handle, seconds=120) == "InvalidParameterValue"
    change(sqs, url, handle, 60)
    fake.clock(advance_s=61)
    assert len(receive()) == 1


def test_a_scaled_clock_lets_hours_pass_in_a_moment(fake, send, receive):
    send()
    fake.clock(scale=3600 * 20)
    assert receive(VisibilityTimeout=3600)
    assert len(receive(WaitTimeSeconds=5)) == 1


def test_after_too_many_receives_a_message_is_a_dead_letter(fake, send, receive):
    send("poison")
    assert receive(VisibilityTimeout=0) and receive(VisibilityTimeout=0)
    assert receive() == []
    dead = fake.queue("q-dead", messages=True)
    assert [m["body"] for m in dead["messages"]] == ["poison"]
    assert fake.queue("q")["counters"]["redriven"] == 1


def test_old_messages_are_dropped(fake, send, receive):
    fake.change_queue("q", {"MessageRetentionPeriod": "60"})
    send()
    fake.clock(advance_s=61)
    assert receive() == []


def test_a_full_queue_refuses_short_polls_and_starves_long_ones(fake, sqs, url, send, receive):
    fake.change_queue("q", max_in_flight=3)
    for _ in range(5):
        send()
    held = receive()
    assert len(held) == 3
    assert code_of(sqs.receive_message, QueueUrl=url) == "OverLimit"
    assert receive(WaitTimeSeconds=1) == []
    sqs.delete_message(QueueUrl=url, ReceiptHandle=held[0]["ReceiptHandle"])
    assert len(receive()) == 1


def test_a_long_poll_wakes_with_the_message(send, receive):
    got = []
    poll = threading.Thread(target=lambda: got.append((receive(WaitTimeSeconds=20),
                                                       time.monotonic())))
    poll.start()
    time.sleep(0.3)
    sent = time.monotonic()
    send()
    poll.join()
    assert len(got[0][0]) == 1 and got[0][1] - sent < 0.5


def test_a_long_poll_wakes_when_a_visibility_ends(send, receive):
    send()
    assert receive(VisibilityTimeout=1)
    start = time.monotonic()
    assert len(receive(WaitTimeSeconds=20)) == 1
    assert 0.5 < time.monotonic() - start < 2


def test_a_long_poll_of_a_client_that_went_away_takes_nothing(fake, url, send, user):
    import json
    import socket

    from .raw import signed
    body = json.dumps({"QueueUrl": url, "WaitTimeSeconds": 20}).encode()
    headers = signed(fake, user, "POST", "/", body, {
        "X-Amz-Target": "AmazonSQS.ReceiveMessage",
        "Content-Type": "application/x-amz-json-1.0"}, service="sqs")
    with socket.create_connection((fake.host, fake.port)) as sock:
        sock.sendall("\r\n".join(["POST / HTTP/1.1", *(f"{k}: {v}" for k, v in headers),
                                  f"Content-Length: {len(body)}", "", ""]).encode() + body)
        time.sleep(0.2)
    send()
    time.sleep(0.2)
    assert fake.queue("q")["visible"] == 1


def test_duplicates_have_one_id_and_two_handles(fake, send, receive):
    fake.change_queue("q", duplicates=1.0)
    send()
    first, second = receive()
    assert first["MessageId"] == second["MessageId"]
    assert first["ReceiptHandle"] != second["ReceiptHandle"]
    assert fake.duplicate_messages("q") == 1
    assert len(receive()) == 1


def test_batches_answer_entry_by_entry(sqs, url, send, receive):
    for _ in range(2):
        send()
    first, second = receive()
    answer = sqs.delete_message_batch(QueueUrl=url, Entries=[
        {"Id": "a", "ReceiptHandle": first["ReceiptHandle"]},
        {"Id": "b", "ReceiptHandle": "bogus"}])
    assert answer["Successful"] == [{"Id": "a"}]
    assert answer["Failed"] == [{"Id": "b", "SenderFault": True, "Code": "ReceiptHandleIsInvalid",
                                 "Message": "The input receipt handle is invalid."}]
    answer = sqs.change_message_visibility_batch(QueueUrl=url, Entries=[
        {"Id": "a", "ReceiptHandle": first["ReceiptHandle"], "VisibilityTimeout": 5},
        {"Id": "b", "ReceiptHandle": second["ReceiptHandle"], "VisibilityTimeout": 5}])
    assert [entry["Id"] for entry in answer["Successful"]] == ["b"]
    assert answer["Failed"][0]["Code"] == "InvalidParameterValue"


def entries(count, body="x", name="m{}"):
    return [{"Id": name.format(i), "MessageBody": body} for i in range(count)]


@pytest.mark.parametrize("batch, code", [
    (entries(0), "AWS.SimpleQueueService.EmptyBatchRequest"),
    (entries(20), "AWS.SimpleQueueService.TooManyEntriesInBatchRequest"),
    (entries(2, name="same"), "AWS.SimpleQueueService.BatchEntryIdsNotDistinct"),
    (entries(1, name="a b"), "AWS.SimpleQueueService.InvalidBatchEntryId"),
    (entries(2, body="x" * 600_000), "AWS.SimpleQueueService.BatchRequestTooLong"),
])
def test_batches_have_limits(sqs, url, batch, code):
    assert code_of(sqs.send_message_batch, QueueUrl=url, Entries=batch) == code


def test_a_good_batch_is_sent(sqs, url, receive):
    answer = sqs.send_message_batch(QueueUrl=url, Entries=entries(10))
    assert len(answer["Successful"]) == 10 and len(receive()) == 10


@pytest.mark.parametrize("arguments", [
    {"MaxNumberOfMessages": 11}, {"MaxNumberOfMessages": 0}, {"WaitTimeSeconds": 21},
    {"VisibilityTimeout": 43_201}])
def test_numbers_out_of_range_are_refused(sqs, url, arguments):
    assert code_of(sqs.receive_message, QueueUrl=url, **arguments) == "InvalidParameterValue"


def test_bodies_have_limits(fake, sqs, url):
    assert code_of(sqs.send_message, QueueUrl=url, MessageBody="x" * 1_048_577) \
        == "InvalidParameterValue"
    assert code_of(sqs.send_message, QueueUrl=url, MessageBody="\x01") == "InvalidMessageContents"


def test_attributes_tell_of_the_queue(fake, sqs, url, send, receive):
    send()
    send()
    receive(MaxNumberOfMessages=1)
    told = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert (told["ApproximateNumberOfMessages"],
            told["ApproximateNumberOfMessagesNotVisible"]) == ("1", "1")
    assert told["RedrivePolicy"] == (
        '{"deadLetterTargetArn":"arn:aws:sqs:eu-west-1:111122223333:q-dead","maxReceiveCount":2}')
    assert told["VisibilityTimeout"] == "30"


def test_queues_are_made_found_and_deleted(sqs):
    url = sqs.create_queue(QueueName="new", Attributes={"VisibilityTimeout": "7"})["QueueUrl"]
    assert sqs.get_queue_url(QueueName="new")["QueueUrl"] == url
    assert url in sqs.list_queues()["QueueUrls"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "9"})
    assert sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])[
        "Attributes"] == {"VisibilityTimeout": "9"}
    sqs.delete_queue(QueueUrl=url)
    assert code_of(sqs.receive_message, QueueUrl=url) \
        == "AWS.SimpleQueueService.NonExistentQueue"


def test_a_queue_deleted_under_a_poll_ends_it(fake, sqs, url):
    codes = []
    poll = threading.Thread(target=lambda: codes.append(
        code_of(sqs.receive_message, QueueUrl=url, WaitTimeSeconds=20)))
    poll.start()
    time.sleep(0.3)
    fake.remove_queue("q")
    poll.join(5)
    assert codes == ["AWS.SimpleQueueService.NonExistentQueue"]


def test_delayed_messages_come_later(fake, send, receive):
    send(delay_s=60)
    assert receive() == [] and fake.queue("q")["delayed"] == 1
    fake.clock(advance_s=61)
    assert len(receive()) == 1


@pytest.mark.parametrize("change_key, code", [
    ({"state": "Disabled"}, "KMS.DisabledException"),
    ({"state": "PendingDeletion"}, "KMS.InvalidStateException"),
    ({"state": "NotFound"}, "KMS.NotFoundException"),
    ({"throttled": "KMS.ThrottlingException"}, "KMS.ThrottlingException"),
    ({"policy": policy()}, "KMS.AccessDeniedException"),
])
def test_an_encrypted_queue_needs_its_key(fake, sqs, url, send, receive, change_key, code):
    key = fake.add_kms_key(account="111122223333")
    fake.change_queue("q", kms_key=key)
    send()
    assert len(receive()) == 1
    fake.change_kms_key(key, **change_key)
    assert code_of(sqs.receive_message, QueueUrl=url) == code


def test_a_user_needs_the_single_action_for_the_batch(fake, client, url, send):
    worker = fake.add_user(name="reader", policies=[policy(
        allow(["sqs:ReceiveMessage", "sqs:DeleteMessage"],
              "arn:aws:sqs:eu-west-1:111122223333:q"))])
    sqs = client("sqs", worker)
    send()
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    entry = {"Id": "a", "ReceiptHandle": message["ReceiptHandle"]}
    assert code_of(sqs.change_message_visibility_batch, QueueUrl=url,
                   Entries=[{**entry, "VisibilityTimeout": 1}]) == "AccessDenied"
    assert sqs.delete_message_batch(QueueUrl=url, Entries=[entry])["Successful"]


def test_other_accounts_are_told_there_is_no_queue(fake, client, url):
    other = client("sqs", fake.add_user(account="999999999999"))
    assert code_of(other.receive_message, QueueUrl=url) \
        == "AWS.SimpleQueueService.NonExistentQueue"


def test_a_hundred_thousand_messages_are_no_trouble(fake, url, send, receive):
    for i in range(100_000):
        send(str(i))
    start = time.monotonic()
    for _ in range(50):
        assert len(receive()) == 10
    assert time.monotonic() - start < 5
