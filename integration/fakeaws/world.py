# SPDX-License-Identifier: Apache-2.0
"""The state of the fake: accounts, keys, roles, buckets, queues, faults, and its log.

One lock protects all of it; bodies are sent without it.
"""

import base64
import collections
import itertools
import re
import secrets
import threading
import time
from dataclasses import dataclass, field
from typing import Optional

from . import iam
from .clock import Clock

LOG_ENTRIES = 200_000

# Regions launched before 20 March 2019 redirect; later ones answer 400 (research/aws.md 6.5).
REDIRECTING_REGIONS = {
    "us-east-1", "us-east-2", "us-west-1", "us-west-2", "ca-central-1", "sa-east-1",
    "eu-west-1", "eu-west-2", "eu-west-3", "eu-central-1", "eu-north-1", "ap-south-1",
    "ap-southeast-1", "ap-southeast-2", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3",
    "cn-north-1", "cn-northwest-1", "us-gov-west-1", "us-gov-east-1"}


def partition_of(region):
    if region.startswith("cn-"):
        return "aws-cn"
    return "aws-us-gov" if region.startswith("us-gov-") else "aws"


def suffix_of(region):
    return "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"


_AWS_HOST = re.compile(
    r"(?:(?P<bucket>.+)\.)?(?P<service>s3|sqs|sts)(?P<point>-accesspoint)?(?P<fips>-fips)?(?P<dual>\.dualstack)?"
    r"(?:\.(?P<region>[a-z]{2}(?:-[a-z]+)+-\d))?\.(?:amazonaws\.com(?:\.cn)?|api\.aws)\Z")


@dataclass
class Address:
    """The content of a Host header: service and region of AWS's names, bucket of a virtual host."""

    service: Optional[str] = None
    region: Optional[str] = None
    bucket: Optional[str] = None
    point: bool = False  # a host of access points


def address(host):
    name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
    if match := _AWS_HOST.match(name):
        return Address(match["service"], match["region"] or "us-east-1", match["bucket"],
                       match["point"] is not None)
    for base in (".s3.localhost", ".localhost"):
        if name.endswith(base) and name != base[1:]:
            return Address(bucket=name[:-len(base)]) if name != "s3.localhost" else Address()
    return Address()


@dataclass
class Call:
    """One request, as far as it could be parsed."""

    request: object
    service: str
    action: str
    address: Address
    bucket: Optional[str] = None
    key: Optional[str] = None
    params: dict = field(default_factory=dict)
    access_point: Optional[str] = None  # ARN
    connection: object = None
    epoch: int = 0  # of the world that received it
    principal: Optional[iam.Principal] = None
    signature: str = "not checked"
    code: Optional[str] = None  # of its error response
    request_id: str = field(default_factory=lambda: secrets.token_hex(8).upper())
    host_id: str = field(
        default_factory=lambda: base64.b64encode(secrets.token_bytes(48)).decode())
    uuid: str = field(default_factory=lambda: _uuid())


def scope_region(request):
    """The region that the request is signed for, not verified; None: not signed."""
    scope = (request.header("authorization") or "").partition("Credential=")[2].split(",")[0]
    return scope.split("/")[-3] if scope.count("/") >= 4 else None


def _uuid():
    text = secrets.token_hex(16)
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


class World:
    def __init__(self):
        self.lock = threading.RLock()
        self.stopped = threading.Event()
        self.serial = itertools.count(1)
        self.epoch = 0
        self.clear()

    def clear(self):
        """Reset to an empty world. Requests in progress belong to the previous one."""
        self.epoch += 1
        self.clock = Clock()
        self.keys = {}  # access key -> iam.Key
        self.roles = {}  # arn -> iam.Role
        self.users = {}  # arn -> iam.Principal
        self.kms_keys = {}  # arn -> kms.KmsKey
        self.buckets = {}  # name -> buckets.Bucket
        self.access_points = {}  # name-account -> (arn, name of the bucket)
        self.queues = {}  # url path -> queues.Queue
        self.web_tokens = {}  # token -> {"role_arn", "subject", "expires"}
        self.instance = {"role_arn": None, "lifetime_s": 3600, "tokens": {}, "code": "Success",
                         "key": None, "region": "eu-west-1"}
        self.containers = {}  # path -> {"role_arn", "authorization", "lifetime_s", "key"}
        self.session_s = None  # lifetime of sessions, regardless of the requested one
        self.disabled_sts_regions = set()
        self.allow_unsigned_payload = False
        self.prefix_in_gets = False  # permission to list a prefix also distinguishes 404 from 403
        self.max_in_flight = 120_000
        self.lease_limit_s = 43_200  # the 12-hour rule
        self.old_handles = "aws"  # or "refuse": a delete with an old handle is an error
        self.log = collections.deque(maxlen=LOG_ENTRIES)
        self.counters = collections.Counter()
        self.log_serial = itertools.count(1)

    # --- principals ---------------------------------------------------------------------

    def add_key(self, principal, access_key=None, secret=None, token=None, expires=None):
        prefix = "ASIA" if token else "AKIA"
        key = iam.Key(access_key or iam.new_id(prefix, 16),
                      secret or base64.b64encode(secrets.token_bytes(30)).decode(),
                      principal, token, expires)
        self.keys[key.access_key] = key
        return key

    def new_session(self, role, name, seconds, session_policy=None):
        """Credentials of a session of the role."""
        part = iam.partition(role.arn)
        principal = iam.Principal(
            role.account, f"arn:{part}:sts::{role.account}:assumed-role/{role.name}/{name}",
            f"{role.role_id}:{name}", role.policies, session_policy, role.arn)
        token = base64.b64encode(b"fake session " + secrets.token_bytes(300)).decode()
        if self.session_s is not None:
            seconds = self.session_s
        return self.add_key(principal, token=token, expires=self.clock.wall() + seconds)

    # --- the log ------------------------------------------------------------------------

    def record(self, call, response, started, fault):
        """Log a response that is about to be sent; `sent` completes the entry."""
        request = call.request
        entry = {
            "n": next(self.log_serial), "time": self.clock.wall(),
            "ms": round((time.monotonic() - started) * 1000, 1),
            "service": call.service, "action": call.action, "method": request.method,
            "host": request.host, "target": request.target,
            "principal": call.principal.arn if call.principal else None,
            "signature": call.signature, "region": scope_region(request), "status": response.status if response else None,
            "code": call.code, "fault": fault,
            "request_id": call.request_id if call.service == "s3" else call.uuid,
            "bytes": 0, "connection": call.connection.number, "tls": request.secure,
            "proxied": request.proxied,
        }
        for name, value in (("bucket", call.bucket), ("key", call.key),
                            ("range", request.header("range")),
                            ("if_match", request.header("if-match")),
                            ("owner", request.header("x-amz-expected-bucket-owner")),
                            ("payer", request.header("x-amz-request-payer"))):
            if value is not None:
                entry[name] = value
        if call.service == "s3":
            entry["host_id"] = call.host_id
        else:
            entry["params"] = {name: value for name, value in call.params.items()
                               if name != "WebIdentityToken"}
        with self.lock:
            if call.epoch != self.epoch:
                return entry
            self.log.append(entry)
            self.counters[f"{call.service}.{call.action}"] += 1
            if call.code:
                self.counters[f"{call.service}.{call.code}"] += 1
        return entry

    def sent(self, entry, count, started):
        entry["bytes"] = count
        entry["ms"] = round((time.monotonic() - started) * 1000, 1)
        with self.lock:
            self.counters["bytes"] += count
