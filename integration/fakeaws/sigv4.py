# SPDX-License-Identifier: Apache-2.0
"""AWS Signature Version 4, from the raw request (research/aws.md 1.1, 1.2).

Written from AWS's description and checked with the official vectors; it shares no code with the
worker's signer or with botocore. Pure functions; auth.py decides what to refuse.
"""

import functools
import hashlib
import hmac
import re
from urllib.parse import quote_from_bytes, unquote_to_bytes

ALGORITHM = "AWS4-HMAC-SHA256"
EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()
UNRESERVED = "-._~"
_BLANKS = re.compile(r"\s+")


class Malformed(Exception):
    """An invalid Authorization header."""


class Authorization:
    """The parts of an Authorization header."""

    def __init__(self, value):
        algorithm, _, rest = value.strip().partition(" ")
        if algorithm != ALGORITHM:
            raise Malformed(f"Unsupported Authorization Type: {algorithm}")
        fields = {}
        for part in rest.split(","):
            name, equals, text = part.strip().partition("=")
            if not equals or name in fields:
                raise Malformed(f"'{part.strip()}' is not a key=value pair")
            fields[name] = text
        for name in ("Credential", "SignedHeaders", "Signature"):
            if not fields.get(name):
                raise Malformed(f"Authorization header requires '{name}' parameter.")
        scope = fields["Credential"].split("/")
        if len(scope) < 5 or scope[-1] != "aws4_request":
            raise Malformed("the Credential is mal-formed; expecting "
                            '"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".')
        self.access_key = "/".join(scope[:-4])
        self.date, self.region, self.service = scope[-4:-1]
        self.signed_headers = fields["SignedHeaders"].split(";")
        self.signature = fields["Signature"]
        if self.signed_headers != sorted({name.lower() for name in self.signed_headers}):
            raise Malformed("SignedHeaders are not lower case, sorted and distinct")

    @property
    def scope(self):
        return f"{self.date}/{self.region}/{self.service}/aws4_request"


def encode(raw, safe=""):
    """Percent-encode all bytes except A-Z a-z 0-9 - . _ ~ (and `safe`), with upper-case hex digits."""
    return quote_from_bytes(raw, safe=UNRESERVED + safe)


def path_s3(raw_path):
    """S3 decodes the path as sent and encodes it strictly; dots and double slashes stay."""
    return encode(unquote_to_bytes(raw_path.encode("latin-1")), safe="/") or "/"


def path_normalized(raw_path):
    """All other services: dot segments and empty ones are removed, then the path is encoded a second time."""
    kept = []
    for segment in raw_path.split("/"):
        if segment == "..":
            del kept[-1:]
        elif segment not in ("", "."):
            kept.append(segment)
    slash = "/" if kept and raw_path.endswith(("/", "/.", "/..")) else ""
    return encode(("/" + "/".join(kept) + slash).encode("latin-1"), safe="/")


def query(raw_query, leave_out=()):
    """Names and values encoded separately, sorted; a name without a value gets an empty one."""
    pairs = []
    for part in raw_query.split("&"):
        if not part:
            continue
        name, _, value = part.partition("=")
        name, value = (unquote_to_bytes(text.encode("latin-1").replace(b"+", b" "))
                       for text in (name, value))
        if name.decode("latin-1") not in leave_out:
            pairs.append((encode(name), encode(value)))
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))


def headers(all_headers, signed):
    """The header block: lower-case names, values trimmed, each run of blanks as one."""
    values = {}
    for name, value in all_headers:
        values.setdefault(name.lower(), []).append(_BLANKS.sub(" ", value.strip()))
    return "".join(f"{name}:{','.join(values.get(name, []))}\n" for name in signed)


def canonical_request(method, path, query_text, header_block, signed, payload_hash):
    return "\n".join((method, path, query_text, header_block, ";".join(signed), payload_hash))


def string_to_sign(timestamp, scope, canonical):
    digest = hashlib.sha256(canonical.encode("latin-1")).hexdigest()
    return "\n".join((ALGORITHM, timestamp, scope, digest))


def _hmac(key, text):
    return hmac.digest(key, text.encode(), "sha256")


@functools.lru_cache(maxsize=1024)
def signing_key(secret, date, region, service):
    key = ("AWS4" + secret).encode()
    for part in (date, region, service, "aws4_request"):
        key = _hmac(key, part)
    return key


def signature(secret, date, region, service, text):
    key = signing_key(secret, date, region, service)
    return hmac.new(key, text.encode("latin-1"), "sha256").hexdigest()
