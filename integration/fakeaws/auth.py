# SPDX-License-Identifier: Apache-2.0
"""Checks that a request is signed, by which principal, and correctly. Errors have each service's
own codes.

Stricter than AWS in one point: every x-amz-* header must be signed for every service, not only for
S3.
"""

import calendar
import hashlib
import hmac
import time

from . import sigv4
from .clock import compact
from .errors import AwsError

SKEW_S = 15 * 60

# The codes of the three protocols for the same error: (code, status) of S3, STS, SQS.
_SPELLINGS = {
    "missing": {"s3": ("AccessDenied", 403), "sts": ("MissingAuthenticationToken", 403),
                "sqs": ("MissingAuthenticationTokenException", 403)},
    "malformed": {"s3": ("AuthorizationHeaderMalformed", 400),
                  "sts": ("IncompleteSignature", 400), "sqs": ("IncompleteSignatureException", 400)},
    "unknown key": {"s3": ("InvalidAccessKeyId", 403), "sts": ("InvalidClientTokenId", 403),
                    "sqs": ("UnrecognizedClientException", 403)},
    "bad token": {"s3": ("InvalidToken", 400), "sts": ("InvalidClientTokenId", 403),
                  "sqs": ("UnrecognizedClientException", 403)},
    "expired": {"s3": ("ExpiredToken", 400), "sts": ("ExpiredToken", 403),
                "sqs": ("ExpiredTokenException", 403)},
    "signature": {"s3": ("SignatureDoesNotMatch", 403), "sts": ("SignatureDoesNotMatch", 403),
                  "sqs": ("InvalidSignatureException", 403)},
    "skew": {"s3": ("RequestTimeTooSkewed", 403), "sts": ("SignatureDoesNotMatch", 403),
             "sqs": ("InvalidSignatureException", 403)},
    "unsigned header": {"s3": ("AccessDenied", 403), "sts": ("SignatureDoesNotMatch", 403),
                        "sqs": ("InvalidSignatureException", 403)},
}
_UNKNOWN_KEY = {"s3": "The AWS Access Key Id you provided does not exist in our records."}
_BAD_TOKEN = {"s3": "The provided token is malformed or otherwise invalid."}
_EXPIRED = {"s3": "The provided token has expired."}
_INVALID = "The security token included in the request is invalid."


def _refuse(kind, service, message, **extra):
    code, status = _SPELLINGS[kind][service]
    return AwsError(code, status, message, extra if service == "s3" else None)


def authenticate(world, request, service, regions):
    """Returns the Key that signed the request. regions: those allowed in its scope; None: any."""
    value = request.header("authorization")
    if value is None:
        raise _refuse("missing", service, "Access Denied" if service == "s3"
                      else "Request is missing Authentication Token")
    try:
        auth = sigv4.Authorization(value)
    except sigv4.Malformed as error:
        raise _refuse("malformed", service,
                      f"The authorization header is malformed; {error}") from None
    timestamp = _check_time(world, request, service, auth)
    key = _find_key(world, request, service, auth)
    _check_scope(request, service, auth, regions)
    payload_hash = _check_payload(world, request, service)
    _check_signed(request, service, auth)
    _check_signature(request, service, auth, key, timestamp, payload_hash)
    if key.expires is not None and key.expires <= world.clock.wall():
        raise _refuse("expired", service,
                      _EXPIRED.get(service, "The security token included in the request is expired"))
    return key


def _check_time(world, request, service, auth):
    timestamp = request.header("x-amz-date") or ""
    try:
        signed_at = calendar.timegm(time.strptime(timestamp, "%Y%m%dT%H%M%SZ"))
    except ValueError:
        raise _refuse("missing" if service == "s3" else "malformed", service,
                      "AWS authentication requires a valid Date or x-amz-date header") from None
    if auth.date != timestamp[:8]:
        raise _refuse("signature", service,
                      "Date in Credential scope does not match YYYYMMDD from ISO-8601 version "
                      f"of date from HTTP: '{auth.date}' != '{timestamp[:8]}', from '{timestamp}'.")
    now = world.clock.wall()
    if abs(now - signed_at) > SKEW_S:
        if service == "s3":
            raise _refuse("skew", service, "The difference between the request time and the "
                          "current time is too large.", RequestTime=timestamp,
                          ServerTime=compact(now), MaxAllowedSkewMilliseconds=SKEW_S * 1000)
        if signed_at < now:
            raise _refuse("skew", service, f"Signature expired: {timestamp} is now earlier than "
                          f"{compact(now - SKEW_S)} ({compact(now)} - 15 min.)")
        raise _refuse("skew", service, f"Signature not yet current: {timestamp} is still later "
                      f"than {compact(now + SKEW_S)} ({compact(now)} + 15 min.)")
    return timestamp


def _find_key(world, request, service, auth):
    key = world.keys.get(auth.access_key)
    token = request.header("x-amz-security-token")
    if key is None or (key.token is not None and token is None):
        extra = {"AWSAccessKeyId": auth.access_key} if service == "s3" else {}
        raise _refuse("unknown key", service, _UNKNOWN_KEY.get(service, _INVALID), **extra)
    if key.token != token:
        raise _refuse("bad token", service, _BAD_TOKEN.get(service, _INVALID))
    return key


def _check_scope(request, service, auth, regions):
    if auth.service != service:
        kind = "malformed" if service == "s3" else "signature"
        raise _refuse(kind, service, "The authorization header is malformed; incorrect service "
                      f'"{auth.service}". This endpoint belongs to "s3".' if service == "s3" else
                      f"Credential should be scoped to correct service: '{service}'.")
    if regions is not None and auth.region not in regions:
        expecting = sorted(regions)[0]
        if service == "s3":
            raise _refuse("malformed", service, "The authorization header is malformed; the "
                          f"region '{auth.region}' is wrong; expecting '{expecting}'",
                          Region=expecting)
        raise _refuse("signature", service, "Credential should be scoped to a valid region, "
                      f"not '{auth.region}'.")


def _check_payload(world, request, service):
    actual = hashlib.sha256(request.body).hexdigest()
    if service != "s3":
        return actual
    told = request.header("x-amz-content-sha256")
    if told is None:
        raise AwsError("InvalidRequest", 400,
                       "Missing required header for this request: x-amz-content-sha256")
    if told == "UNSIGNED-PAYLOAD":
        if not (request.secure or world.allow_unsigned_payload):
            raise AwsError("InvalidRequest", 400, "UNSIGNED-PAYLOAD is for TLS only")
        return told
    if told != actual:
        raise AwsError("XAmzContentSHA256Mismatch", 400, "The provided 'x-amz-content-sha256' "
                       "header does not match what was computed.",
                       {"ClientComputedContentSHA256": told, "S3ComputedContentSHA256": actual})
    return told


def _check_signed(request, service, auth):
    present = {name.lower() for name, _ in request.headers}
    unsigned = sorted(name for name in present - set(auth.signed_headers)
                      if name.startswith("x-amz-"))
    if "host" not in auth.signed_headers:
        unsigned.insert(0, "host")
    if unsigned:
        raise _refuse("unsigned header", service, "There were headers present in the request "
                      "which were not signed", HeadersNotSigned=", ".join(unsigned))
    if absent := sorted(set(auth.signed_headers) - present):
        raise _refuse("signature", service, f"Signed headers are absent: {', '.join(absent)}")


def _check_signature(request, service, auth, key, timestamp, payload_hash):
    path = sigv4.path_s3(request.path) if service == "s3" else sigv4.path_normalized(request.path)
    canonical = sigv4.canonical_request(
        request.method, path, sigv4.query(request.query),
        sigv4.headers(request.headers, auth.signed_headers), auth.signed_headers, payload_hash)
    text = sigv4.string_to_sign(timestamp, auth.scope, canonical)
    wanted = sigv4.signature(key.secret, auth.date, auth.region, auth.service, text)
    if hmac.compare_digest(wanted, auth.signature):
        return
    raise _refuse(
        "signature", service, "The request signature we calculated does not match the signature "
        "you provided. Check your key and signing method." if service == "s3" else
        "The request signature we calculated does not match the signature you provided. Check "
        "your AWS Secret Access Key and signing method. Consult the service documentation for "
        "details.", AWSAccessKeyId=auth.access_key, StringToSign=text,
        SignatureProvided=auth.signature, CanonicalRequest=canonical)
