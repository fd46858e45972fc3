# SPDX-License-Identifier: Apache-2.0
"""ListObjectsV2: pages, prefixes, delimiters, tokens (research/aws.md 6.6)."""

import base64
from urllib.parse import quote_from_bytes

from .buckets import raw_key
from .clock import iso
from .errors import AwsError, xml_elements, xml_text

NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"


def _form(key):
    return quote_from_bytes(raw_key(key), safe="/-_.* ").replace(" ", "+")


def _limit(p):
    text = p.get("max-keys", "1000")
    if not text.isdigit():
        raise AwsError("InvalidArgument", 400, "Provided max-keys not an integer or within "
                       "integer range", {"ArgumentName": "max-keys", "ArgumentValue": text})
    return min(int(text), 1000)


def page(p, bucket):
    """The XML of one page. p: parameters of the query."""
    limit, prefix, delimiter = _limit(p), p.get("prefix", ""), p.get("delimiter", "")
    if p.get("encoding-type") not in (None, "url"):
        raise AwsError("InvalidArgument", 400, "Invalid Encoding Method specified in Request",
                       {"ArgumentName": "encoding-type"})
    token = p.get("continuation-token")
    after = p.get("start-after", "") if token is None else _token_key(token)
    contents, common, last = _page(bucket, prefix, delimiter, after, limit)
    spell = _form if "encoding-type" in p else str
    fields = {"Name": bucket.name, "Prefix": spell(prefix)}
    if "start-after" in p:
        fields["StartAfter"] = spell(p["start-after"])
    if token is not None:
        fields["ContinuationToken"] = token
    if last is not None:
        fields["NextContinuationToken"] = _key_token(last)
    fields |= {"KeyCount": len(contents) + len(common), "MaxKeys": limit}
    if delimiter:
        fields["Delimiter"] = spell(delimiter)
    if "encoding-type" in p:
        fields["EncodingType"] = "url"
    fields["IsTruncated"] = str(last is not None).lower()
    text = xml_elements(fields)
    text += "".join(f"<Contents>{xml_elements(_entry(v, spell))}</Contents>" for v in contents)
    text += "".join(f"<CommonPrefixes><Prefix>{xml_text(spell(c))}</Prefix></CommonPrefixes>"
                    for c in common)
    return f'<ListBucketResult xmlns="{NAMESPACE}">{text}</ListBucketResult>'


def _page(bucket, prefix, delimiter, after, limit):
    """One page: versions, common prefixes, and the last name if there are more."""
    contents, common, last = [], [], None
    for key in bucket.keys_after(after, prefix):
        cut = key.find(delimiter, len(prefix)) if delimiter else -1
        group = key[:cut + len(delimiter)] if cut >= 0 else None
        if group and (group in common or (after and after.startswith(group))):
            continue
        if len(contents) + len(common) == limit:
            return contents, common, last
        if group:
            common.append(group)
        else:
            contents.append(bucket.current(key))
        last = group or key
    return contents, common, None


def _entry(version, spell):
    entry = {"Key": spell(version.key), "LastModified": iso(version.modified, True),
             "ETag": f'"{version.etag}"'}
    if version.checksum:
        entry["ChecksumAlgorithm"] = version.checksum.upper()
        entry["ChecksumType"] = "COMPOSITE" if version.checksum_parts else "FULL_OBJECT"
    return entry | {"Size": version.body.size, "StorageClass": version.storage_class}


def _key_token(key):
    return base64.b64encode(b"1" + raw_key(key)).decode()


def _token_key(token):
    try:
        raw = base64.b64decode(token, validate=True)
    except ValueError:
        raw = b""
    if raw[:1] != b"1":
        raise AwsError("InvalidArgument", 400, "The continuation token provided is incorrect",
                       {"ArgumentName": "continuation-token"})
    return raw[1:].decode("utf-8", "surrogateescape")
