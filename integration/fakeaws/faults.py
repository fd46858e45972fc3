# SPDX-License-Identifier: Apache-2.0
"""Faults: rules that match requests, and their effects.

    fault(service="s3", key_prefix="logs/", error="SlowDown", count=3)
    fault(service="s3", action="GetObject", cut=1000)            # body ends at byte 1000
    fault(service="sqs", action="DeleteMessageBatch", lost=True) # executed, but the response is lost

The first rule that matches and is not used up applies. README.md lists all effects.
"""

import base64
import fnmatch
import itertools
import random
from dataclasses import dataclass, field, fields
from typing import Any, Optional

from .bodies import RepeatBody
from .errors import AwsError
from .wire import Response

# code -> (status, text) of each service (research/aws.md 2.3, 4.3, 6.4)
S3_ERRORS = {
    "AccessDenied": (403, "Access Denied"), "AccountProblem": (403, "There is a problem with your "
        "AWS account that prevents the operation from completing successfully."),
    "AllAccessDisabled": (403, "All access to this object has been disabled."),
    "NotSignedUp": (403, "Your account is not signed up for the Amazon S3 service."),
    "BandwidthLimitExceeded": (503, "Bandwidth limit exceeded"),
    "AuthorizationHeaderMalformed": (400, "The authorization header is malformed."),
    "ExpiredToken": (400, "The provided token has expired."),
    "IllegalLocationConstraintException": (400, "The location constraint is incompatible for the "
        "region specific endpoint this request was sent to."),
    "InternalError": (500, "We encountered an internal error. Please try again."),
    "InvalidArgument": (400, "Invalid version id specified"),
    "InvalidBucketName": (400, "The specified bucket is not valid."),
    "InvalidBucketOwnerAWSAccountID": (400, "The value of the expected bucket owner parameter "
        "must be an AWS account ID"),
    "InvalidObjectState": (403, "The operation is not valid for the object's storage class"),
    "InvalidRange": (416, "The requested range is not satisfiable"),
    "InvalidRequest": (400, "The object was stored using a form of Server Side Encryption. The "
        "correct parameters must be provided to retrieve the object."),
    "KeyTooLongError": (400, "Your key is too long"),
    "NotModified": (304, "Not Modified"),
    "PreconditionFailed": (412, "At least one of the pre-conditions you specified did not hold"),
    "TemporaryRedirect": (307, "Please re-send this request to the specified temporary endpoint."),
    "InvalidAccessKeyId": (403, "The AWS Access Key Id you provided does not exist in our "
        "records."),
    "InvalidToken": (400, "The provided token is malformed or otherwise invalid."),
    "InvalidURI": (400, "Couldn't parse the specified URI."),
    "KMS.DisabledException": (400, "arn:aws:kms:eu-west-1:444455556666:key/k is disabled."),
    "KMS.InvalidKeyUsageException": (400, "The key cannot be used for this."),
    "KMS.KMSInvalidStateException": (400, "arn:aws:kms:eu-west-1:444455556666:key/k is pending "
        "deletion."),
    "KMS.NotFoundException": (400, "Invalid arn eu-west-1"),
    "KMS.ThrottlingException": (400, "Rate exceeded"),
    "MethodNotAllowed": (405, "The specified method is not allowed against this resource."),
    "MissingSecurityHeader": (400, "Your request was missing a required header."),
    "NoSuchBucket": (404, "The specified bucket does not exist"),
    "NoSuchKey": (404, "The specified key does not exist."),
    "NoSuchVersion": (404, "The specified version does not exist."),
    "OperationAborted": (409, "A conflicting conditional operation is currently in progress "
        "against this resource. Please try again."),
    "PermanentRedirect": (301, "The bucket you are attempting to access must be addressed using "
        "the specified endpoint."),
    "Redirect": (307, "Temporary redirect."),
    "RequestLimitExceeded": (503, "Request limit exceeded"),
    "RequestTimeTooSkewed": (403, "The difference between the request time and the current time "
        "is too large."),
    "RequestTimeout": (400, "Your socket connection to the server was not read from or written "
        "to within the timeout period. Idle connections will be closed."),
    "ServiceUnavailable": (503, "Service is unable to handle request."),
    "SignatureDoesNotMatch": (403, "The request signature we calculated does not match the "
        "signature you provided. Check your key and signing method."),
    "SlowDown": (503, "Please reduce your request rate."),
    "ThrottlingException": (400, "Rate exceeded"),
    "TokenRefreshRequired": (400, "The provided token must be refreshed."),
}
SQS_ERRORS = {
    "AccessDenied": (403, "Access to the resource is denied."),
    "AccessDeniedException": (403, "Access to the resource is denied."),
    "ExpiredToken": (403, "The security token included in the request is expired"),
    "ExpiredTokenException": (403, "The security token included in the request is expired"),
    "InternalError": (500, "We encountered an internal error. Please try again."),
    "BatchEntryIdsNotDistinct": (400, "Id 0 repeated."),
    "BatchRequestTooLong": (400, "Batch requests cannot be longer than 1048576 bytes. You have sent "
        "1048577 bytes."),
    "EmptyBatchRequest": (400, "There should be at least one entry in the request."),
    "InvalidAddress": (400, "The address is not valid for this endpoint."),
    "InvalidBatchEntryId": (400, "The Id of a batch entry in a batch request doesn't abide by the "
        "specification."),
    "InvalidMessageContents": (400, "The message contains characters outside the allowed set."),
    "InvalidParameterValue": (400, "Must be >= 0 and <= 20, if provided."),
    "InvalidSignatureException": (400, "The request signature we calculated does not match."),
    "KmsInvalidKeyUsage": (400, "The request was rejected because the key cannot be used so."),
    "MessageNotInflight": (400, "The specified message isn't in flight."),
    "MissingAuthenticationToken": (403, "Request is missing Authentication Token"),
    "PurgeQueueInProgress": (403, "Only one PurgeQueue operation is allowed every 60 seconds."),
    "ReceiptHandleIsInvalid": (400, "The input receipt handle is invalid."),
    "SignatureDoesNotMatch": (403, "The request signature we calculated does not match."),
    "TooManyEntriesInBatchRequest": (400, "Maximum number of entries per request are 10. You have "
        "sent 20."),
    "InvalidClientTokenId": (403, "The security token included in the request is invalid."),
    "InvalidSecurity": (403, "All requests to this queue must use HTTPS and SigV4."),
    "KmsAccessDenied": (400, "The caller doesn't have the required KMS access."),
    "KmsDisabled": (400, "The request was denied because the KMS key is disabled."),
    "KmsInvalidState": (400, "The state of the KMS key is not valid for this request."),
    "KmsNotFound": (400, "The KMS key was not found."),
    "KmsOptInRequired": (403, "The specified key policy isn't syntactically valid."),
    "KmsThrottled": (400, "Amazon Web Services KMS throttles requests."),
    "OverLimit": (403, "Too many messages in flight."),
    "QueueDoesNotExist": (400, "The specified queue does not exist."),
    "RequestThrottled": (400, "Rate exceeded"),
    "ServiceUnavailable": (503, "Service unavailable"),
    "ThrottlingException": (400, "Rate exceeded"),
    "UnrecognizedClientException": (403, "The security token included in the request is invalid."),
    "UnsupportedOperation": (400, "Unsupported operation."),
}
STS_ERRORS = {
    "AccessDenied": (403, "User: arn:aws:iam::111122223333:user/worker is not authorized to "
        "perform: sts:AssumeRole on resource: {RoleArn}"),
    "ExpiredToken": (403, "The security token included in the request is expired"),
    "ExpiredTokenException": (400, "Token expired"),
    "IDPCommunicationError": (400, "Couldn't reach the identity provider."),
    "IDPRejectedClaim": (403, "The identity provider rejected the claim."),
    "IncompleteSignature": (400, "The request signature does not conform to AWS standards."),
    "InternalFailure": (500, "Internal failure"),
    "InvalidClientTokenId": (403, "The security token included in the request is invalid."),
    "InvalidIdentityToken": (400, "The web identity token is not valid."),
    "InvalidParameterValue": (400, "Duplicate tag keys found."),
    "MissingAuthenticationToken": (403, "Request is missing Authentication Token"),
    "MalformedPolicyDocument": (400, "Syntax errors in policy."),
    "PackedPolicyTooLarge": (400, "Packed size of session policies too large."),
    "RegionDisabledException": (403, "STS is not activated in this region for account."),
    "RequestExpired": (400, "Request has expired."),
    "ServiceUnavailable": (503, "Service unavailable"),
    "SignatureDoesNotMatch": (403, "The request signature we calculated does not match."),
    "Throttling": (400, "Rate exceeded"),
    "ValidationError": (400, "Validation error"),
}
KNOWN = {"s3": S3_ERRORS, "sqs": SQS_ERRORS, "sts": STS_ERRORS}


@dataclass
class Fault:
    """A rule. The first group of members selects requests, the second counts them, the third is the effect."""

    service: Optional[str] = None
    action: Optional[str] = None  # "GetObject", "*Batch"
    method: Optional[str] = None
    bucket: Optional[str] = None  # or the queue's name
    key: Optional[str] = None
    key_prefix: Optional[str] = None
    principal: Optional[str] = None  # pattern of the signing access key's ARN
    ranged: Optional[bool] = None  # only requests with, or without, a Range header
    params: dict = field(default_factory=dict)  # {"RoleArn": "*acme*"}: of query, form or JSON

    after: int = 0  # let this many requests pass first
    count: int = 1  # then apply to this many; -1: all
    probability: float = 1.0
    seed: int = 0

    error: Any = None  # "SlowDown" or {"code", "status", "message", "extra", "headers"}
    status: Optional[int] = None  # with body and headers: exactly this response
    body: str = ""
    headers: dict = field(default_factory=dict)
    raw: Optional[str] = None  # these bytes (latin-1) instead of HTTP, then close
    delay_s: float = 0
    hang_s: float = 0  # no response for this time, then close
    drop: bool = False  # close immediately, without executing the request
    lost: bool = False  # execute the request, then close
    reset: bool = True  # close by RST, else FIN
    cut: Any = None  # close after this many bytes of the body; "random": anywhere; [offsets in the object]
    stall: Optional[dict] = None  # {"at": byte, "s": seconds}
    drip: Optional[int] = None  # bytes per second
    length: int = 0  # added to Content-Length; the bytes do not change
    corrupt: Optional[int] = None  # the byte at this offset is changed
    garbage: int = 0  # this many random bytes as the body
    giant: int = 0  # an error body of this many bytes
    endless_headers: int = 0  # this many bytes of headers
    close: bool = False  # Connection: close
    hook: Any = None  # Python only: called with the Call before it is handled

    def __post_init__(self):
        self.random = random.Random(self.seed)
        self.hits = 0
        self.seen = 0

    def matches(self, call):
        def like(pattern, value):
            return pattern is None or fnmatch.fnmatchcase(value or "", pattern)
        return (like(self.service, call.service) and like(self.action, call.action)
                and like(self.method, call.request.method) and like(self.bucket, call.bucket)
                and (self.key is None or self.key == call.key)
                and (self.key_prefix is None or (call.key or "").startswith(self.key_prefix))
                and all(like(v, str(call.params.get(k, ""))) for k, v in self.params.items())
                and (self.ranged is None
                     or self.ranged == (call.request.header("range") is not None)))


class Faults:
    """All rules, in the order in which they were added. The world's lock protects them."""

    def __init__(self):
        self.ids = itertools.count(1)
        self.rules = {}

    def add(self, **what):
        unknown = set(what) - {f.name for f in fields(Fault)}
        if unknown:
            raise ValueError(f"no such fault: {sorted(unknown)}")
        rule_id = next(self.ids)
        self.rules[rule_id] = Fault(**what)
        return rule_id

    def pick(self, call, signer):
        """The rule that applies to this request, which is counted; None: no rule."""
        for rule_id, rule in self.rules.items():
            if rule.count == rule.hits or not rule.matches(call):
                continue
            if rule.principal and not fnmatch.fnmatchcase(signer or "", rule.principal):
                continue
            rule.seen += 1
            if rule.seen <= rule.after:
                continue
            if rule.probability < 1 and rule.random.random() >= rule.probability:
                continue
            rule.hits += 1
            return rule_id, rule
        return None, None


def instead(rule, service, call):
    """The response of a rule in place of the service's own, or None."""
    if rule.error is not None:
        error = rule.error if isinstance(rule.error, dict) else {"code": rule.error}
        status, text = KNOWN.get(call.service, {}).get(error["code"], (400, error["code"]))
        if "{RoleArn}" in text:
            text = text.replace("{RoleArn}", call.params.get("RoleArn", "*"))
        extra = dict(error.get("extra", {}))
        raised = AwsError(error["code"], error.get("status", status), error.get("message", text),
                          extra, {**error.get("headers", {}), **rule.headers})
        call.code = raised.code
        return service.error(call, raised)
    if rule.giant:
        block = b"<Error>" + b"x" * 65529
        body = RepeatBody(block, -(-rule.giant // len(block)))
        return Response(rule.status or 500, {"Content-Type": "application/xml", **rule.headers},
                        body, 0, rule.giant)
    if rule.status is not None:
        return Response(rule.status, rule.headers, rule.body.encode("latin-1"))
    return None


def spoil(rule, response):
    """Change a correct response."""
    for name, value in (rule.headers if rule.error is None and rule.status is None
                        else {}).items():
        response.set(name, value)
    if rule.garbage:
        data = rule.random.randbytes(rule.garbage)
        spoilt = Response(response.status, response.headers, data, chunked=response.chunked)
        spoilt.headers = [(k, v) for k, v in spoilt.headers if k.lower() != "content-length"]
        response = spoilt
    if rule.length:
        response.chunked = False
        response.set("Content-Length", str(response.end - response.start + rule.length))
        response.close = True
    response.close = response.close or rule.close
    return response


class Cut(Exception):
    """The connection must be closed here."""


def transmit(rule, connection, response, stopped):
    """Send a response as the rule requires. Raises Cut if the connection must be closed."""
    if rule is None:
        connection.send(response)
        return
    if rule.raw is not None:
        connection.write(rule.raw.encode("latin-1"))
        raise Cut
    if rule.endless_headers:
        _endless(rule, connection, response)
        raise Cut
    if not (rule.cut is not None or rule.stall or rule.drip or rule.corrupt is not None):
        connection.send(response)
        if rule.length:
            raise Cut
        return
    _piecewise(rule, connection, response, stopped)


def _endless(rule, connection, response):
    connection.write(response.head()[:-2])
    line = b"x-filler: " + b"y" * 1000 + b"\r\n"
    for _ in range(rule.endless_headers // len(line) + 1):
        connection.write(line)


def _piecewise(rule, connection, response, stopped):
    cut = _cut(rule, response)
    connection.write(response.head())
    at = 0
    stall_at = rule.stall["at"] if rule.stall else None
    if response.no_body:
        return
    for data in response.body.chunks(response.start, response.end):
        data = bytearray(data)
        if rule.corrupt is not None and at <= rule.corrupt - response.start < at + len(data):
            data[rule.corrupt - response.start - at] ^= 0x55
        while data:
            size = len(data)
            for stop in (cut, stall_at):
                if stop is not None and stop >= at:
                    size = min(size, stop - at)
            if rule.drip:
                size = min(size, max(1, rule.drip // 10))
            _write(connection, response, bytes(data[:size]))
            del data[:size]
            at += size
            if cut is not None and at >= cut:
                raise Cut
            if stall_at is not None and at >= stall_at:
                stall_at = None
                connection.wait(rule.stall["s"], stopped)
            elif rule.drip:
                connection.wait(size / rule.drip, stopped)
    if response.chunked:
        connection.write(b"0\r\n\r\n")
    if cut is not None:
        raise Cut


def _cut(rule, response):
    """The number of bytes of this body after which it ends; None: it is complete."""
    if rule.cut == "random":
        return rule.random.randrange(max(1, response.end - response.start))
    if isinstance(rule.cut, list):
        ahead = [place for place in rule.cut if response.start < place <= response.end]
        if not ahead:
            return None
        rule.cut.remove(min(ahead))  # each offset once: a reset may lose bytes that were sent before it
        return min(ahead) - response.start
    return rule.cut


def _write(connection, response, data):
    if data:
        connection.write(b"%x\r\n%s\r\n" % (len(data), data) if response.chunked else data)


def raw_text(data):
    """Bytes, or base64 as in `raw`."""
    return (base64.b64decode(data) if isinstance(data, str) else data).decode("latin-1")
