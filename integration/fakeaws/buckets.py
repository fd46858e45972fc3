# SPDX-License-Identifier: Apache-2.0
"""Buckets and the versions of their objects: state without protocol."""

import base64
import bisect
import hashlib
import secrets
from dataclasses import dataclass, field
from typing import Optional

from . import checksums

ARCHIVED = ("GLACIER", "DEEP_ARCHIVE")
MD5_UP_TO = 64 * 1024 * 1024


@dataclass
class Version:
    key: str
    version_id: str
    modified: float
    body: object = None  # None: a delete marker
    etag: str = ""
    content_type: str = "application/octet-stream"
    content_encoding: Optional[str] = None
    storage_class: str = "STANDARD"
    restore: Optional[str] = None
    sse: str = "AES256"  # "aws:kms", "aws:kms:dsse", "SSE-C"
    kms_key: Optional[str] = None
    bucket_key: bool = False
    checksum: Optional[str] = "crc64nvme"
    checksum_parts: int = 0  # of a COMPOSITE checksum
    checksum_value: Optional[str] = None
    sequencer: str = ""

    @property
    def deleted(self):
        return self.body is None

    @property
    def readable(self):
        return self.storage_class not in ARCHIVED or 'ongoing-request="false"' in (
            self.restore or "")

    def checksum_headers(self):
        """Computed on the first request, since it may take seconds."""
        if self.checksum is None:
            return {}
        if self.checksum_value is None:
            self.checksum_value = checksums.of_body(self.checksum, self.body,
                                                    self.checksum_parts)
        kind = "COMPOSITE" if self.checksum_parts else "FULL_OBJECT"
        return {f"x-amz-checksum-{self.checksum}": self.checksum_value,
                "x-amz-checksum-type": kind}


@dataclass
class Notification:
    """The queue to which a bucket sends notifications."""

    queue_arn: str
    prefix: str = ""
    suffix: str = ""
    via: str = "s3"  # "sns", "sns_raw", "eventbridge"
    name: str = "ingest"


@dataclass
class Bucket:
    name: str
    owner: str
    region: str
    versioning: bool = False
    requester_pays: bool = False
    policy: Optional[dict] = None
    wrong_region: str = "auto"
    notifications: list = field(default_factory=list)
    objects: dict = field(default_factory=dict)  # key -> [Version], newest last
    _sorted: Optional[list] = None

    def put(self, version):
        """Add a version; without versioning it replaces the previous one."""
        versions = self.objects.setdefault(version.key, [])
        if not self.versioning:
            versions[:] = [v for v in versions if v.version_id != "null"]
            if version.deleted:
                if not versions:
                    del self.objects[version.key]
                self._sorted = None
                return
        versions.append(version)
        self._sorted = None

    def current(self, key):
        versions = self.objects.get(key)
        return versions[-1] if versions else None

    def find(self, key, version_id):
        for version in self.objects.get(key, ()):
            if version.version_id == version_id:
                return version
        return None

    def remove_version(self, key, version_id):
        versions = self.objects.get(key, [])
        versions[:] = [v for v in versions if v.version_id != version_id]
        if not versions:
            self.objects.pop(key, None)
        self._sorted = None

    def keys_after(self, after, prefix):
        """Current keys after `after` with the prefix, in the order of their UTF-8 bytes."""
        if self._sorted is None:
            self._sorted = sorted(raw_key(key) for key, versions in self.objects.items()
                                  if not versions[-1].deleted)
        after, prefix = raw_key(after), raw_key(prefix)
        at = max(bisect.bisect_right(self._sorted, after) if after else 0,
                 bisect.bisect_left(self._sorted, prefix))
        while at < len(self._sorted) and self._sorted[at].startswith(prefix):
            yield self._sorted[at].decode("utf-8", "surrogateescape")
            at += 1


def raw_key(key):
    return key.encode("utf-8", "surrogateescape")


def new_version_id():
    return base64.urlsafe_b64encode(secrets.token_bytes(24)).decode().replace("-", "_")


def etag_of(body, sse, parts=0):
    """MD5 where S3 uses MD5; opaque for KMS, for uploads in parts, and for gigabytes."""
    if sse != "AES256" or body.size > MD5_UP_TO:
        text = secrets.token_hex(16)
    else:
        digest = hashlib.md5()
        for chunk in body.chunks(0, body.size):
            digest.update(chunk)
        text = digest.hexdigest()
    return f"{text}-{parts}" if parts else text
