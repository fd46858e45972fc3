# SPDX-License-Identifier: Apache-2.0
"""A standard queue: visibility, receipt handles, redrive, retention. State without protocol.

Time is the queue clock's (clock.py), but for the times in a message that a client reads: it compares them with its own
clock, and a test that advances the queue's does not change when a message was sent. Every call holds the world's lock.

A message is in exactly one place: `ready` (deque), `later` (heap: delayed or in flight, by the time
at which it becomes visible), or removed. Outdated entries of the heap (the visibility was changed
since) are recognised by their number and skipped.
"""

import base64
import collections
import hashlib
import heapq
import json
import secrets
import threading
import uuid

DEFAULTS = {"VisibilityTimeout": 30, "MaximumMessageSize": 1_048_576,
            "MessageRetentionPeriod": 345_600, "ReceiveMessageWaitTimeSeconds": 0,
            "DelaySeconds": 0}


class Message:
    __slots__ = ("id", "body", "md5", "sent", "attributes", "sender", "receives", "first_receive",
                 "last_receive", "visible_at", "in_flight", "nonce", "gone", "source_arn",
                 "heap_number", "trace", "sent_wall", "first_wall")

    def __init__(self, body, sent, sent_wall, attributes, sender):
        self.id = str(uuid.uuid4())
        self.body = body
        self.md5 = hashlib.md5(body.encode("utf-8", "surrogatepass")).hexdigest()
        self.sent = sent
        self.sent_wall = sent_wall
        self.attributes = attributes or {}
        self.sender = sender
        self.receives = 0
        self.first_receive = self.last_receive = self.first_wall = None
        self.visible_at = sent
        self.in_flight = False
        self.nonce = None  # of the latest receipt handle
        self.gone = False
        self.source_arn = None  # of the queue it was redriven from
        self.heap_number = 0
        self.trace = None

    def copy(self):
        """A copy of the message, as created by at-least-once delivery."""
        copy = Message(self.body, self.sent, self.sent_wall, self.attributes, self.sender)
        copy.id = self.id
        return copy


class Queue:
    def __init__(self, world, name, account, region, endpoint, attributes=None):
        self.world = world
        self.name = name
        self.account = account
        self.region = region
        part = {"cn": "aws-cn", "us-gov": "aws-us-gov"}.get(
            "us-gov" if region.startswith("us-gov") else region[:2], "aws")
        self.arn = f"arn:{part}:sqs:{region}:{account}:{name}"
        self.url = f"{endpoint}/{account}/{name}"
        self.numbers = dict(DEFAULTS)
        self.redrive = None  # {"deadLetterTargetArn", "maxReceiveCount"}
        self.kms_key = None
        self.policy = None
        self.max_in_flight = None  # None: the world's
        self.duplicates = 0.0  # share of messages sent twice, by `random`
        self.random = None
        self.created = world.clock.queue()
        self.ready = collections.deque()
        self.later = []
        self.by_id = {}  # message id -> [Message] (copies share it)
        self.in_flight = 0
        self.waiting = 0  # long polls
        self.counters = collections.Counter()
        self.arrived = threading.Condition(world.lock)
        self.heap_numbers = 0
        self.set_attributes(attributes or {})

    def set_attributes(self, attributes):
        for name, value in attributes.items():
            if name in self.numbers:
                self.numbers[name] = int(value)
            elif name == "RedrivePolicy":
                policy = json.loads(value) if isinstance(value, str) and value else value
                self.redrive = policy and {
                    "deadLetterTargetArn": policy["deadLetterTargetArn"],
                    "maxReceiveCount": int(policy["maxReceiveCount"])}
            elif name == "Policy":
                self.policy = json.loads(value) if isinstance(value, str) and value else value
            elif name == "KmsMasterKeyId":
                self.kms_key = value or None
            elif name != "SqsManagedSseEnabled":
                raise ValueError(name)

    # --- in ---------------------------------------------------------------------------

    def send(self, body, attributes=None, delay_s=None, sender="AIDAFAKE", trace=None):
        now = self.world.clock.queue()
        message = Message(body, now, self.world.clock.wall(), attributes, sender)
        message.trace = trace
        self._add(message, now + (self.numbers["DelaySeconds"] if delay_s is None else delay_s))
        if self.duplicates and self.random.random() < self.duplicates:
            self._add(message.copy(), now)
            self.counters["duplicated"] += 1
        self.counters["sent"] += 1
        return message

    def _add(self, message, visible_at):
        self.by_id.setdefault(message.id, []).append(message)
        if visible_at > self.world.clock.queue():
            self._push(message, visible_at)
        else:
            self._make_ready(message)

    def _push(self, message, visible_at):
        self.heap_numbers += 1
        message.heap_number = self.heap_numbers
        message.visible_at = visible_at
        heapq.heappush(self.later, (visible_at, message.heap_number, message))
        if len(self.later) == 1 or self.later[0][2] is message:
            self.arrived.notify_all()  # waiting polls must use the earlier time now

    def _make_ready(self, message):
        if message.in_flight:
            message.in_flight = False
            self.in_flight -= 1
        message.visible_at = 0
        self.ready.append(message)
        self.arrived.notify()

    # --- time --------------------------------------------------------------------------

    def tick(self):
        """Move messages that are visible by now."""
        now = self.world.clock.queue()
        while self.later and self.later[0][0] <= now:
            _, number, message = heapq.heappop(self.later)
            if number == message.heap_number and not message.gone:
                self._make_ready(message)

    def next_change_s(self):
        """Real seconds until a message becomes visible; None: none will."""
        if not self.later:
            return None
        return max(0.0, self.world.clock.real_seconds(self.later[0][0] - self.world.clock.queue()))

    # --- out ---------------------------------------------------------------------------

    def receive(self, count, visibility_s):
        """Up to `count` messages, which are in flight now. []: there are none."""
        self.tick()
        now = self.world.clock.queue()
        limit = self.world.max_in_flight if self.max_in_flight is None else self.max_in_flight
        taken = []
        while self.ready and len(taken) < count and self.in_flight < limit:
            message = self.ready.popleft()
            if message.gone:
                continue
            if now - message.sent > self.numbers["MessageRetentionPeriod"]:
                self._forget(message)
                self.counters["expired"] += 1
            elif self.redrive and message.receives >= self.redrive["maxReceiveCount"]:
                self._to_dead_letters(message)
            else:
                taken.append(self._take(message, now, visibility_s))
        if visibility_s == 0:  # after the loop, else one call would return the same message several times
            for message, _ in taken:
                self._make_ready(message)
        return taken

    def at_limit(self):
        limit = self.world.max_in_flight if self.max_in_flight is None else self.max_in_flight
        return self.in_flight >= limit

    def _take(self, message, now, visibility_s):
        message.receives += 1
        message.first_receive = message.first_receive or now
        message.first_wall = message.first_wall or self.world.clock.wall()
        message.last_receive = now
        message.nonce = secrets.token_hex(8)
        message.in_flight = True
        self.in_flight += 1
        self.counters["received"] += 1
        handle = self.handle(message)
        if visibility_s:
            self._push(message, now + min(visibility_s, self.world.lease_limit_s))
        return message, handle

    def _to_dead_letters(self, message):
        for queue in self.world.queues.values():
            if queue.arn == self.redrive["deadLetterTargetArn"]:
                self._forget(message)
                moved = message.copy()
                moved.receives, moved.first_receive = message.receives, message.first_receive
                moved.first_wall = message.first_wall
                moved.source_arn = self.arn
                queue._add(moved, 0)
                self.counters["redriven"] += 1
                return
        self.ready.append(message)  # as in AWS: without the queue the message stays
        raise LookupError(f"no dead-letter queue {self.redrive['deadLetterTargetArn']}")

    def _forget(self, message):
        message.gone = True
        if message.in_flight:
            message.in_flight = False
            self.in_flight -= 1
            if self.ready:  # another message may become in flight now
                self.arrived.notify()
        copies = self.by_id.get(message.id, [])
        copies[:] = [copy for copy in copies if copy is not message]
        if not copies:
            self.by_id.pop(message.id, None)

    # --- by receipt handle -------------------------------------------------------------

    def handle(self, message):
        raw = f"{message.id}/{message.receives}/{message.nonce}/{self.name}".encode()
        return "AQEB" + base64.b64encode(raw).decode()

    def by_handle(self, handle):
        """(message or None, whether the handle is the latest). LookupError: not a handle of this queue."""
        try:
            if not handle.startswith("AQEB"):
                raise ValueError
            message_id, _, nonce, name = base64.b64decode(
                handle[4:], validate=True).decode().split("/", 3)
        except (ValueError, AttributeError):
            raise LookupError(handle) from None
        if name != self.name:
            raise LookupError(handle)
        copies = self.by_id.get(message_id, [])
        for message in copies:
            if message.nonce == nonce:
                return message, True
        return (copies[0] if copies else None), False

    def delete(self, message):
        self._forget(message)
        self.counters["deleted"] += 1

    def change_visibility(self, message, seconds):
        if seconds == 0:
            message.heap_number = 0
            self._make_ready(message)
        else:
            self._push(message, self.world.clock.queue() + seconds)

    # --- told --------------------------------------------------------------------------

    def purge(self):
        for copies in list(self.by_id.values()):
            for message in list(copies):
                self._forget(message)
        self.ready.clear()
        self.later.clear()

    def counts(self):
        """visible, in flight, delayed"""
        self.tick()
        total = sum(len(copies) for copies in self.by_id.values())
        delayed = sum(1 for _, number, m in self.later
                      if number == m.heap_number and not m.gone and not m.in_flight)
        return total - self.in_flight - delayed, self.in_flight, delayed

    def attributes(self):
        visible, in_flight, delayed = self.counts()
        told = {name: str(value) for name, value in self.numbers.items()}
        told |= {"QueueArn": self.arn, "ApproximateNumberOfMessages": str(visible),
                 "ApproximateNumberOfMessagesNotVisible": str(in_flight),
                 "ApproximateNumberOfMessagesDelayed": str(delayed),
                 "CreatedTimestamp": str(int(self.created)),
                 "LastModifiedTimestamp": str(int(self.created)),
                 "SqsManagedSseEnabled": str(self.kms_key is None).lower()}
        if self.redrive:
            told["RedrivePolicy"] = json.dumps(self.redrive, separators=(",", ":"))
        if self.policy:
            told["Policy"] = json.dumps(self.policy)
        if self.kms_key:
            told["KmsMasterKeyId"] = self.kms_key
        return told
