# SPDX-License-Identifier: Apache-2.0
"""The calls with which a test sets up the fake; each is also POST /_admin/<name> with JSON.

    fake.add_bucket("cust-bucket", owner="444455556666", region="eu-west-1")
    curl -d '{"name":"cust-bucket","owner":"444455556666"}' $URL/_admin/add_bucket

Arguments and results are JSON values, so both forms are equivalent.
"""

import json
import random
import secrets
from urllib.parse import urlsplit

from . import bodies, iam, kms, notify
from .buckets import Bucket, Notification, Version, etag_of, new_version_id
from .queues import Queue
from .world import partition_of

WORKER_ACCOUNT = "111122223333"
CUSTOMER_ACCOUNT = "444455556666"
REGION = "eu-west-1"
ALLOW_ALL = {"Version": "2012-10-17",
             "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


def allow(actions, resources, condition=None):
    """A policy statement."""
    statement = {"Effect": "Allow", "Action": actions, "Resource": resources}
    return statement | ({"Condition": condition} if condition else {})


def policy(*statements):
    return {"Version": "2012-10-17", "Statement": list(statements)}


class Admin:
    """Needs `self.world`, `self.endpoint`."""

    # --- the world ----------------------------------------------------------------------

    def reset(self):
        with self.world.lock:
            for queue in self.world.queues.values():
                queue.arrived.notify_all()
            self.world.clear()
            self.world.faults = type(self.world.faults)()

    def clock(self, offset_s=None, scale=None, advance_s=None):
        """offset_s: difference of the servers' clock. scale, advance_s: speed and jump of the queues' clock."""
        clock = self.world.clock
        with self.world.lock:
            if offset_s is not None:
                clock.offset_s = float(offset_s)
            if scale is not None:
                clock.set_scale(scale)
            if advance_s is not None:
                clock.advance(advance_s)
            for queue in self.world.queues.values():
                queue.arrived.notify_all()
        return {"offset_s": clock.offset_s, "scale": clock.scale, "wall": clock.wall(),
                "queue": clock.queue()}

    def settings(self, **changes):
        """session_s, allow_unsigned_payload, prefix_in_gets, max_in_flight, lease_limit_s, old_handles,
        disabled_sts_regions: described in world.py."""
        known = ("session_s", "allow_unsigned_payload", "prefix_in_gets", "max_in_flight",
                 "lease_limit_s", "old_handles", "disabled_sts_regions")
        for name, value in changes.items():
            if name not in known:
                raise ValueError(f"no such setting: {name}")
            setattr(self.world, name, set(value) if name == "disabled_sts_regions" else value)
        return {name: sorted(v) if isinstance(v := getattr(self.world, name), set) else v
                for name in known}

    # --- identities ----------------------------------------------------------------------

    def add_user(self, account=WORKER_ACCOUNT, name="worker", policies=None, access_key=None,
                 secret=None, partition="aws"):
        """A user with an access key. Without policies everything is allowed."""
        arn = f"arn:{partition}:iam::{account}:user/{name}"
        with self.world.lock:
            user = iam.Principal(account, arn, iam.new_id("AIDA"), policies or [ALLOW_ALL])
            self.world.users[arn] = user
            key = self.world.add_key(user, access_key, secret)
        return {"arn": arn, "access_key": key.access_key, "secret": key.secret}

    def add_role(self, arn, trust=None, policies=None, max_session_s=3600, trusted=None,
                 external_id=None):
        """trust: a whole trust policy. Without it: one for the ARNs in `trusted`, with the external id if
        given."""
        if trust is None:
            statement = {"Effect": "Allow", "Action": ["sts:AssumeRole"],
                         "Principal": {"AWS": trusted or []}}
            if external_id is not None:
                statement["Condition"] = {"StringEquals": {"sts:ExternalId": external_id}}
            trust = policy(statement)
        with self.world.lock:
            self.world.roles[arn] = iam.Role(arn, trust, [ALLOW_ALL] if policies is None
                                             else policies, max_session_s)
        return {"arn": arn}

    def change_role(self, arn, trust=None, policies=None, max_session_s=None):
        """Policies apply from the next request on, also to existing sessions."""
        with self.world.lock:
            role = self.world.roles[arn]
            role.trust = trust if trust is not None else role.trust
            role.max_session_s = max_session_s or role.max_session_s
            if policies is not None:
                role.policies[:] = policies

    def remove_role(self, arn):
        with self.world.lock:
            del self.world.roles[arn]

    def session(self, role_arn, name="test", seconds=3600, session_policy=None):
        """Credentials of a session, without a request to STS."""
        with self.world.lock:
            key = self.world.new_session(self.world.roles[role_arn], name, seconds,
                                         session_policy)
        return {"access_key": key.access_key, "secret": key.secret, "token": key.token,
                "arn": key.principal.arn, "expires": key.expires}

    def expire_sessions(self, role_arn=None):
        """End sessions now: their next request gets ExpiredToken. Returns their number."""
        ended = 0
        with self.world.lock:
            for key in self.world.keys.values():
                if key.token and role_arn in (None, key.principal.role_arn):
                    key.expires = self.world.clock.wall() - 1
                    ended += 1
        return ended

    def web_token(self, role_arn, subject="system:serviceaccount:ingest:worker", seconds=3600):
        """A token for AssumeRoleWithWebIdentity."""
        token = f"eyJhbGciOiJub25lIn0.{secrets.token_urlsafe(200)}.{secrets.token_urlsafe(43)}"
        self.world.web_tokens[token] = {"role_arn": role_arn, "subject": subject,
                                        "expires": self.world.clock.wall() + seconds}
        return token

    def instance(self, role_arn=None, lifetime_s=3600, code="Success", region=REGION):
        """The response of IMDS."""
        self.world.instance = {"role_arn": role_arn, "lifetime_s": lifetime_s, "code": code,
                               "tokens": {}, "key": None, "region": region}

    def container(self, role_arn, path="/v2/credentials/task", authorization=None,
                  lifetime_s=3600):
        """Credentials at a path, for an Authorization header if one is given."""
        self.world.containers[path] = {"role_arn": role_arn, "authorization": authorization,
                                       "lifetime_s": lifetime_s, "key": None}
        return {"url": self.endpoint + path}

    # --- buckets -------------------------------------------------------------------------

    def add_bucket(self, name, owner=CUSTOMER_ACCOUNT, region=REGION, **more):
        """more: versioning, requester_pays, policy, wrong_region ("301", "301-bare", "307",
        "400", "400-illegal", "auto")."""
        with self.world.lock:
            self.world.buckets[name] = Bucket(name, owner, region, **more)
        return {"arn": f"arn:{partition_of(region)}:s3:::{name}"}

    def add_access_point(self, name, bucket):
        """Requests with its host read the bucket; policies of IAM are checked for both."""
        with self.world.lock:
            of = self.world.buckets[bucket]
            arn = f"arn:{partition_of(of.region)}:s3:{of.region}:{of.owner}:accesspoint/{name}"
            self.world.access_points[f"{name}-{of.owner}"] = (arn, bucket)
        return {"arn": arn}

    def change_bucket(self, name, **changes):
        with self.world.lock:
            for field, value in changes.items():
                if field not in ("owner", "region", "versioning", "requester_pays", "policy",
                                 "wrong_region"):
                    raise ValueError(f"no such property of a bucket: {field}")
                setattr(self.world.buckets[name], field, value)

    def remove_bucket(self, name):
        with self.world.lock:
            del self.world.buckets[name]

    def notify(self, bucket, queue, prefix="", suffix="", via="s3", name="ingest",
               test_event=False):
        """Send a notification for the bucket's new objects to a queue: via "s3", "sns", "sns_raw" or
        "eventbridge"."""
        with self.world.lock:
            found = self._queue(queue)
            self.world.buckets[bucket].notifications.append(
                Notification(found.arn, prefix, suffix, via, name))
            if test_event:
                found.send(notify.test_event(self.world.buckets[bucket], self.world.clock.wall()))

    def put_object(self, bucket, key, body="", notify_queue=True, event="ObjectCreated:Put",
                   parts=0, **more):
        """body: bodies.from_spec. parts: as if it was uploaded in parts. more: members of buckets.Version:
        content_type, content_encoding, storage_class, restore, sse, kms_key, bucket_key, checksum,
        checksum_parts, checksum_value, modified, etag."""
        made = bodies.from_spec(body)
        more.setdefault("modified", self.world.clock.wall())
        if "kms_key" in more:
            more.setdefault("sse", "aws:kms")
        sse = more.get("sse", "AES256")
        more.setdefault("etag", etag_of(made, sse, parts))
        with self.world.lock:
            found = self.world.buckets[bucket]
            version = Version(key, new_version_id() if found.versioning else "null", body=made,
                              sequencer=f"{0x65000000000000 + next(self.world.serial):018X}",
                              **more)
            found.put(version)
            notified = notify.announce(self.world, found, version, event) if notify_queue else 0
        return {"version_id": version.version_id, "etag": version.etag, "size": made.size,
                "notified": notified}

    def put_objects(self, bucket, objects):
        """Many objects in one call: a list of put_object's other arguments."""
        return [self.put_object(bucket, **one) for one in objects]

    def delete_object(self, bucket, key, version_id=None):
        """Add a delete marker to a versioned bucket. With a version id: delete that version permanently."""
        with self.world.lock:
            found = self.world.buckets[bucket]
            if version_id is not None:
                found.remove_version(key, version_id)
                return None
            marker = Version(key, new_version_id() if found.versioning else "null",
                             self.world.clock.wall())
            found.put(marker)
            return marker.version_id

    def notification(self, bucket, key, via="s3", **changes):
        """The notification of an object, which the test may change and send."""
        with self.world.lock:
            found = self.world.buckets[bucket]
            version, now = found.current(key), self.world.clock.wall()
            if via == "eventbridge":
                return notify.eventbridge(found, version, now)
            text = notify.direct([notify.record(found, version, now, **changes)])
            return notify.sns(text, found.region, found.owner) if via == "sns" else text

    # --- KMS -----------------------------------------------------------------------------

    def add_kms_key(self, name="key-1", account=CUSTOMER_ACCOUNT, region=REGION, **more):
        """more: policy, state ("Enabled", "Disabled", "PendingDeletion", "NotFound"),
        throttled ("SlowDown", "KMS.ThrottlingException", "ThrottlingException"), bare_denials."""
        part = partition_of(region)
        arn = f"arn:{part}:kms:{region}:{account}:key/{name}"
        more.setdefault("policy", kms.default_policy(account, part))
        with self.world.lock:
            self.world.kms_keys[arn] = kms.KmsKey(arn, **more)
        return arn

    def change_kms_key(self, arn, **changes):
        for field, value in changes.items():
            if field not in ("policy", "state", "throttled", "bare_denials"):
                raise ValueError(f"no such property of a key: {field}")
            if field == "state" and value not in kms.STATES:
                raise ValueError(f"no such state of a key: {value}")
            setattr(self.world.kms_keys[arn], field, value)

    # --- queues --------------------------------------------------------------------------

    def _queue(self, name):
        path = urlsplit(name).path if "/" in name else None
        for queue in self.world.queues.values():
            if name in (queue.name, queue.arn, queue.url) or (
                    path and urlsplit(queue.url).path == path):
                return queue
        raise ValueError(f"no such queue: {name}")

    def add_queue(self, name, account=WORKER_ACCOUNT, region=REGION, attributes=None,
                  dead_letters=None, max_receives=10, url_base=None):
        """dead_letters: name of a dead-letter queue, which is created too."""
        with self.world.lock:
            queue = Queue(self.world, name, account, region, url_base or self.endpoint, attributes)
            self.world.queues[urlsplit(queue.url).path] = queue
            if dead_letters:
                other = self.add_queue(dead_letters, account, region, url_base=url_base)
                queue.redrive = {"deadLetterTargetArn": other["arn"],
                                 "maxReceiveCount": max_receives}
        return {"url": queue.url, "arn": queue.arn}

    def change_queue(self, queue, attributes=None, kms_key=None, max_in_flight=None,
                     duplicates=None, seed=0):
        """duplicates: share of messages that are delivered twice."""
        with self.world.lock:
            found = self._queue(queue)
            found.set_attributes(attributes or {})
            if kms_key is not None:
                found.kms_key = kms_key or None
            if max_in_flight is not None:
                found.max_in_flight = max_in_flight
            if duplicates is not None:
                found.duplicates, found.random = duplicates, random.Random(seed)

    def remove_queue(self, queue):
        with self.world.lock:
            found = self._queue(queue)
            del self.world.queues[urlsplit(found.url).path]
            found.arrived.notify_all()

    def send_message(self, queue, body, attributes=None, delay_s=None):
        with self.world.lock:
            return self._queue(queue).send(body if isinstance(body, str) else json.dumps(body),
                                           attributes, delay_s).id

    def hold_messages(self, queue, count, seconds=43200):
        """Send messages that another consumer has received, so that they are in flight."""
        with self.world.lock:
            found = self._queue(queue)
            if found.ready:
                raise ValueError(f"{queue}: messages are visible")
            for _ in range(count):
                found.send("")
            found.receive(count, seconds)

    def duplicate_messages(self, queue):
        """Deliver all messages of the queue once more, in flight or not. Returns their number."""
        with self.world.lock:
            found = self._queue(queue)
            copies = [copies[0].copy() for copies in found.by_id.values()]
            for copy in copies:
                found._add(copy, 0)
            return len(copies)

    def purge_queue(self, queue):
        with self.world.lock:
            self._queue(queue).purge()

    def queue(self, queue, messages=False):
        """Counts, and the messages if requested."""
        with self.world.lock:
            found = self._queue(queue)
            visible, in_flight, delayed = found.counts()
            told = {"visible": visible, "in_flight": in_flight, "delayed": delayed,
                    "waiting": found.waiting, "counters": dict(found.counters),
                    "url": found.url, "arn": found.arn}
            if messages:
                told["messages"] = [
                    {"id": m.id, "body": m.body, "receives": m.receives, "in_flight": m.in_flight,
                     "visible_in_s": max(0, m.visible_at - self.world.clock.queue())}
                    for copies in found.by_id.values() for m in copies]
            return told

    # --- faults and the log --------------------------------------------------------------

    def fault(self, **rule):
        """Add a fault (faults.Fault). Returns its id."""
        with self.world.lock:
            return self.world.faults.add(**rule)

    def faults(self):
        with self.world.lock:
            return {str(i): {"hits": r.hits, "seen": r.seen, "count": r.count}
                    for i, r in self.world.faults.rules.items()}

    def clear_faults(self, fault_id=None):
        with self.world.lock:
            if fault_id is None:
                self.world.faults.rules.clear()
            else:
                self.world.faults.rules.pop(int(fault_id), None)

    def log(self, since=0, **match):
        """Requests after entry number `since` whose members equal `match`."""
        with self.world.lock:
            entries = list(self.world.log)
        return [e for e in entries if e["n"] > int(since)
                and all(e.get(name) == value for name, value in match.items())]

    def clear_log(self):
        with self.world.lock:
            self.world.log.clear()
            self.world.counters.clear()

    def counters(self):
        with self.world.lock:
            return dict(self.world.counters)

    def bugs(self):
        """Tracebacks of the fake itself, which a test requires to be empty."""
        return list(self.world.bugs)

    # --- a whole customer ----------------------------------------------------------------

    def customer(self, name="cust-1", account=CUSTOMER_ACCOUNT, region=REGION, bucket=None,
                 prefix="logs", queue="ingest", external_id=None, trusted=None, via="s3",
                 kms_key=None, versioning=False):
        """Create role, bucket, notification and, if it does not exist, the queue, as for a customer.

        The role may read objects under the prefix and decrypt with the key. It trusts `trusted` (an ARN;
        default: the worker's account) with the external id."""
        part = partition_of(region)
        bucket, external_id = bucket or f"{name}-bucket", external_id or f"{name}-external-id"
        role_arn = f"arn:{part}:iam::{account}:role/{name}-ingest"
        arn = f"arn:{part}:s3:::{bucket}"
        statements = [allow(["s3:GetObject", "s3:GetObjectVersion"], f"{arn}/{prefix}/*"),
                      allow("s3:ListBucket", arn)]
        if kms_key:
            statements.append(allow("kms:Decrypt", kms_key))
        with self.world.lock:
            self.add_role(role_arn, policies=[policy(*statements)], external_id=external_id,
                          trusted=trusted or f"arn:{part}:iam::{WORKER_ACCOUNT}:root")
            if bucket not in self.world.buckets:
                self.add_bucket(bucket, account, region, versioning=versioning)
            try:
                url = self._queue(queue).url
            except ValueError:
                url = self.add_queue(queue, region=region, dead_letters=f"{queue}-dead")["url"]
            self.notify(bucket, queue, f"{prefix}/", via=via)
        return {"id": name, "account_id": account, "region": region, "bucket": bucket,
                "prefix": prefix, "role_arn": role_arn, "external_id": external_id,
                "queue_url": url, "kms_key": kms_key, "via": via}
