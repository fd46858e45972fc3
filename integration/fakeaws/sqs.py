# SPDX-License-Identifier: Apache-2.0
"""SQS over AWS JSON 1.0 (research/aws.md 2): the protocol, its limits and its errors."""

import json
import re
import time
from urllib.parse import urlsplit

from . import auth, iam, kms
from .clock import http_date
from .errors import AwsError
from .queues import Queue
from .sqs_message import md5_of_attributes, told
from .wire import Response
from .world import Call, suffix_of

MAX_BYTES = 1_048_576
_ENTRY_ID = re.compile(r"[A-Za-z0-9_-]{1,80}")
_REFUSED_CHARACTERS = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_HANDLE_GONE = ("Value {} for parameter ReceiptHandle is invalid. Reason: Message does not exist "
                "or is not available for visibility timeout change.")

# JSON code -> (query code, HTTP status), if they differ from (same, 400)
_QUERY_CODES = {
    "QueueDoesNotExist": "AWS.SimpleQueueService.NonExistentQueue",
    "QueueNameExists": "QueueAlreadyExists",
    "MessageNotInflight": "AWS.SimpleQueueService.MessageNotInflight",
    "PurgeQueueInProgress": "AWS.SimpleQueueService.PurgeQueueInProgress",
    "KmsAccessDenied": "KMS.AccessDeniedException", "KmsDisabled": "KMS.DisabledException",
    "KmsInvalidState": "KMS.InvalidStateException", "KmsNotFound": "KMS.NotFoundException",
    "KmsInvalidKeyUsage": "KMS.InvalidKeyUsageException",
    "KmsOptInRequired": "KMS.OptInRequired", "KmsThrottled": "KMS.ThrottlingException",
} | {name: f"AWS.SimpleQueueService.{name}" for name in (
    "TooManyEntriesInBatchRequest", "EmptyBatchRequest", "BatchEntryIdsNotDistinct",
    "InvalidBatchEntryId", "BatchRequestTooLong", "UnsupportedOperation")}
_KMS_SPELLING = {"KMS.NotFoundException": "KmsNotFound", "AccessDenied": "KmsAccessDenied",
                 "KMS.DisabledException": "KmsDisabled", "SlowDown": "KmsThrottled",
                 "KMS.KMSInvalidStateException": "KmsInvalidState",
                 "KMS.ThrottlingException": "KmsThrottled"}


def invalid(message):
    return AwsError("InvalidParameterValue", 400, message)


class Sqs:
    name = "sqs"

    def __init__(self, world):
        self.world = world

    def describe(self, request, where):
        action = (request.header("x-amz-target") or "").removeprefix("AmazonSQS.")
        try:
            params = json.loads(request.body or b"{}")
            if not isinstance(params, dict):
                raise ValueError
        except ValueError:
            params = None
        call = Call(request, "sqs", action, where, params=params if params is not None else {})
        call.malformed = params is None
        call.bucket = str(call.params.get("QueueUrl", "")).rpartition("/")[2] or None
        return call

    def handle(self, call):
        queue = self._queue(call)
        self._authenticate(call, queue)
        if call.malformed or call.request.method != "POST":
            raise AwsError("SerializationException", 400, "The request is not JSON.")
        operation = self._OPERATIONS.get(call.action)
        if operation is None:
            raise AwsError("UnknownOperationException", 400, "")
        content_type = call.request.header("content-type") or ""
        if not content_type.startswith("application/x-amz-json-1.0"):
            raise AwsError("UnknownOperationException", 404, "")
        with self.world.lock:
            if call.action in ("CreateQueue", "ListQueues", "GetQueueUrl"):
                self._allow(call, None)
                return self._answer(operation(self, call))
            if queue is None or not self._allow(call, queue):
                raise AwsError("QueueDoesNotExist", 400, "The specified queue does not exist.")
            queue.tick()
            return self._answer(operation(self, call, queue))

    # --- requests and permissions ----------------------------------------------------------

    def _queue(self, call):
        with self.world.lock:
            return self.world.queues.get(urlsplit(str(call.params.get("QueueUrl", ""))).path)

    def _authenticate(self, call, queue):
        region = call.address.region or (queue.region if queue else None)
        try:
            key = auth.authenticate(self.world, call.request, "sqs",
                                    {region} if region else None)
        except AwsError as error:
            call.signature = error.code
            raise
        call.signature = "ok"
        call.principal = key.principal

    def _allow(self, call, queue):
        """False: the error is that the queue does not exist, which other accounts get."""
        action = "sqs:" + call.action.removesuffix("Batch")
        if queue is None:
            arn, owner, policy = f"arn:aws:sqs:*:{call.principal.account}:*", \
                call.principal.account, None
        else:
            arn, owner, policy = queue.arn, queue.account, queue.policy
        decision = iam.decide(call.principal, action, arn, {}, owner, policy)
        if decision.allowed:
            return True
        if call.principal.account != owner and policy is None:
            return False
        raise AwsError("AccessDenied", 403, f"User: {call.principal.arn} is not authorized to "
                       f"perform: {action.lower()} on resource: {arn} {decision.reason}")

    def _decrypt(self, call, queue):
        if queue.kms_key:
            kms.decrypt(self.world, queue.kms_key, call.principal,
                        f"sqs.{queue.region}.{suffix_of(queue.region)}",
                        lambda code: _KMS_SPELLING.get(code, code))

    # --- queues --------------------------------------------------------------------------

    def _create(self, call):
        name = call.params.get("QueueName", "")
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,80}", name):
            raise invalid("Can only include alphanumeric characters, hyphens, or underscores. "
                          "1 to 80 in length")
        region = call.address.region or call.principal and self._signed_region(call)
        scheme = "https" if call.request.secure else "http"
        queue = Queue(self.world, name, call.principal.account, region,
                      f"{scheme}://{call.request.host}", call.params.get("Attributes"))
        queue = self.world.queues.setdefault(urlsplit(queue.url).path, queue)
        return {"QueueUrl": queue.url}

    @staticmethod
    def _signed_region(call):
        return call.request.header("authorization").split("/")[-3]

    def _list_queues(self, call):
        prefix = call.params.get("QueueNamePrefix", "")
        return {"QueueUrls": [q.url for q in self.world.queues.values()
                              if q.account == call.principal.account
                              and q.name.startswith(prefix)]}

    def _get_url(self, call):
        account = call.params.get("QueueOwnerAWSAccountId", call.principal.account)
        queue = self.world.queues.get(f"/{account}/{call.params.get('QueueName')}")
        if queue is None:
            raise AwsError("QueueDoesNotExist", 400, "The specified queue does not exist.")
        return {"QueueUrl": queue.url}

    def _delete_queue(self, call, queue):
        del self.world.queues[urlsplit(queue.url).path]
        queue.arrived.notify_all()
        return None

    def _purge(self, call, queue):
        queue.purge()
        return None

    def _get_attributes(self, call, queue):
        names = set(call.params.get("AttributeNames", []))
        known = queue.attributes()
        unknown = names - set(known) - {"All", "Policy", "RedrivePolicy", "KmsMasterKeyId",
                                       "KmsDataKeyReusePeriodSeconds", "RedriveAllowPolicy"}
        if unknown:
            raise AwsError("InvalidAttributeName", 400,
                           f"Unknown Attribute {sorted(unknown)[0]}.")
        return {"Attributes": {name: value for name, value in known.items()
                               if "All" in names or name in names}}

    def _set_attributes(self, call, queue):
        try:
            queue.set_attributes(call.params.get("Attributes", {}))
        except (ValueError, KeyError, TypeError) as error:
            raise AwsError("InvalidAttributeValue", 400, f"Invalid value: {error}") from None
        return None

    # --- messages in ---------------------------------------------------------------------

    def _send(self, call, queue):
        self._decrypt(call, queue)
        return self._send_one(call, queue, call.params)

    def _send_one(self, call, queue, entry):
        body = entry.get("MessageBody")
        if not isinstance(body, str) or not body:
            raise AwsError("MissingParameter", 400,
                           "The request must contain the parameter MessageBody.")
        if _REFUSED_CHARACTERS.search(body):
            raise AwsError("InvalidMessageContents", 400, "Invalid characters found. Valid "
                           "unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to "
                           "#xFFFD | #x10000 to #x10FFFF.")
        limit = queue.numbers["MaximumMessageSize"]
        if len(body.encode()) > limit:
            raise invalid("One or more parameters are invalid. Reason: Message must be shorter "
                          f"than {limit} bytes.")
        delay = entry.get("DelaySeconds")
        if delay is not None and not 0 <= int(delay) <= 900:
            raise invalid(f"Value {delay} for parameter DelaySeconds is invalid. Reason: "
                          "DelaySeconds must be >= 0 and <= 900.")
        attributes = entry.get("MessageAttributes") or {}
        message = queue.send(body, attributes, delay, call.principal.user_id)
        answer = {"MessageId": message.id, "MD5OfMessageBody": message.md5}
        if attributes:
            answer["MD5OfMessageAttributes"] = md5_of_attributes(attributes)
        return answer

    def _send_batch(self, call, queue):
        self._decrypt(call, queue)
        entries = call.params.get("Entries") or []
        total = sum(len(str(entry.get("MessageBody", "")).encode()) for entry in entries)
        return self._batch(entries, lambda entry: self._send_one(call, queue, entry), total)

    # --- messages out --------------------------------------------------------------------

    def _receive(self, call, queue):
        p = call.params
        count = _number(p, "MaxNumberOfMessages", 1, 1, 10,
                        "Must be between 1 and 10, if provided.")
        wait_s = _number(p, "WaitTimeSeconds", queue.numbers["ReceiveMessageWaitTimeSeconds"], 0,
                         20, "Must be >= 0 and <= 20, if provided.")
        visibility_s = _number(p, "VisibilityTimeout", queue.numbers["VisibilityTimeout"], 0,
                               43_200, "Must be between 0 and 43200, if provided.")
        self._decrypt(call, queue)
        if wait_s == 0 and queue.at_limit():
            raise AwsError("OverLimit", 403, "Too many messages in flight.")
        taken = self._wait(call, queue, count, wait_s, visibility_s)
        if not taken:
            return {}
        wanted = set(p.get("MessageSystemAttributeNames") or []) | set(
            p.get("AttributeNames") or [])
        names = p.get("MessageAttributeNames") or []
        return {"Messages": [told(m, handle, wanted, names) for m, handle in taken]}

    def _wait(self, call, queue, count, wait_s, visibility_s):
        """A long poll ends with the first message, at the deadline, or when the client or the server ends."""
        end = time.monotonic() + wait_s
        path = urlsplit(queue.url).path
        while True:
            if self.world.queues.get(path) is not queue:
                raise AwsError("QueueDoesNotExist", 400, "The specified queue does not exist.")
            if call.connection.client_gone():
                queue.arrived.notify()  # the message that woke this request is for another one
                return []
            taken = queue.receive(count, visibility_s)
            left = end - time.monotonic()
            if taken or left <= 0 or self.world.stopped.is_set():
                return taken
            change = queue.next_change_s()
            queue.waiting += 1
            queue.arrived.wait(min(left, 1.0 if change is None else max(0.001, min(change, 1.0))))
            queue.waiting -= 1

    def _delete(self, call, queue):
        self._delete_one(queue, call.params)
        return None

    def _delete_one(self, queue, entry):
        message, latest = _find(queue, entry)
        if message is not None and latest:
            queue.delete(message)
        elif message is not None:
            queue.counters["stale_deletes"] += 1
            if self.world.old_handles == "refuse":
                raise AwsError("ReceiptHandleIsInvalid", 400, "The receipt handle has expired.")
        return {}

    def _delete_batch(self, call, queue):
        return self._batch(call.params.get("Entries") or [],
                           lambda entry: self._delete_one(queue, entry))

    def _change(self, call, queue):
        self._change_one(queue, call.params)
        return None

    def _change_one(self, queue, entry):
        seconds = _number(entry, "VisibilityTimeout", None, 0, 43_200,
                          "Must be between 0 and 43200, if provided.")
        message, latest = _find(queue, entry)
        if message is None or not latest:
            queue.counters["stale_changes"] += 1
            raise invalid(_HANDLE_GONE.format(entry["ReceiptHandle"]))
        if not message.in_flight:
            queue.counters["stale_changes"] += 1
            raise AwsError("MessageNotInflight", 400, "The message referred to isn't in flight.")
        limit = self.world.lease_limit_s
        if seconds and self.world.clock.queue() + seconds > message.last_receive + limit:
            raise invalid(f"Value {seconds} for parameter VisibilityTimeout is invalid. Reason: "
                          "Total VisibilityTimeout for the message is beyond the limit "
                          f"[{limit} seconds]")
        queue.change_visibility(message, seconds)
        queue.counters["changed"] += 1
        return {}

    def _change_batch(self, call, queue):
        return self._batch(call.params.get("Entries") or [],
                           lambda entry: self._change_one(queue, entry))

    def _batch(self, entries, one, total_bytes=0):
        if not entries:
            raise AwsError("EmptyBatchRequest", 400, "There should be at least one "
                           "SendMessageBatchRequestEntry in the request.")
        if len(entries) > 10:
            raise AwsError("TooManyEntriesInBatchRequest", 400, "Maximum number of entries per "
                           f"request are 10. You have sent {len(entries)}.")
        ids = [entry.get("Id", "") for entry in entries]
        if not all(_ENTRY_ID.fullmatch(entry_id) for entry_id in ids):
            raise AwsError("InvalidBatchEntryId", 400, "A batch entry id can only contain "
                           "alphanumeric characters, hyphens and underscores. It can be at most "
                           "80 letters long.")
        if len(set(ids)) != len(ids):
            twice = next(entry_id for entry_id in ids if ids.count(entry_id) > 1)
            raise AwsError("BatchEntryIdsNotDistinct", 400, f"Id {twice} repeated.")
        if total_bytes > MAX_BYTES:
            raise AwsError("BatchRequestTooLong", 400, "Batch requests cannot be longer than "
                           f"{MAX_BYTES} bytes. You have sent {total_bytes} bytes.")
        good, failed = [], []
        for entry in entries:
            try:
                good.append({"Id": entry["Id"], **one(entry)})
            except AwsError as error:
                failed.append({"Id": entry["Id"], "SenderFault": True, "Code": error.code,
                               "Message": error.message})
        return {name: part for name, part in (("Successful", good), ("Failed", failed)) if part}

    _OPERATIONS = {
        "CreateQueue": _create, "ListQueues": _list_queues, "GetQueueUrl": _get_url,
        "DeleteQueue": _delete_queue, "PurgeQueue": _purge,
        "GetQueueAttributes": _get_attributes, "SetQueueAttributes": _set_attributes,
        "SendMessage": _send, "SendMessageBatch": _send_batch, "ReceiveMessage": _receive,
        "DeleteMessage": _delete, "DeleteMessageBatch": _delete_batch,
        "ChangeMessageVisibility": _change, "ChangeMessageVisibilityBatch": _change_batch,
    }

    # --- responses -------------------------------------------------------------------------

    @staticmethod
    def _answer(value):
        body = b"" if value is None else json.dumps(value).encode()
        return Response(200, {"Content-Type": "application/x-amz-json-1.0"}, body)

    def error(self, call, error):
        code = _QUERY_CODES.get(error.code, error.code)
        sender = "Sender" if error.status < 500 else "Receiver"
        space = "com.amazonaws.sqs" if error.code in _QUERY_CODES or error.code in (
            "OverLimit", "RequestThrottled", "ReceiptHandleIsInvalid", "InvalidAttributeName",
            "InvalidParameterValue", "InvalidMessageContents") else "com.amazon.coral.service"
        body = json.dumps({"__type": f"{space}#{error.code}", "message": error.message})
        return Response(error.status, {"Content-Type": "application/x-amz-json-1.0",
                                       "x-amzn-query-error": f"{code};{sender}",
                                       **error.headers}, body.encode())

    def finish(self, call, response):
        response.set("x-amzn-RequestId", call.uuid)
        response.set("Date", http_date(self.world.clock.wall()))


def _number(params, name, default, low, high, text):
    value = params.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise invalid(f"Value {value} for parameter {name} is invalid. Reason: {text}")
    return value


def _find(queue, entry):
    handle = entry.get("ReceiptHandle")
    if not handle:
        raise AwsError("MissingParameter", 400,
                       "The request must contain the parameter ReceiptHandle.")
    try:
        return queue.by_handle(handle)
    except LookupError:
        raise AwsError("ReceiptHandleIsInvalid", 400,
                       "The input receipt handle is invalid.") from None
