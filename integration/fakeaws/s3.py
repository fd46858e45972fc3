# SPDX-License-Identifier: Apache-2.0
"""S3 for readers: GET and HEAD of objects and buckets, ListObjectsV2 (research/aws.md 6).

The order of the checks is S3's: address and region, signature, owner, permission, object, KMS key,
conditions.
"""

import ipaddress
import re
from urllib.parse import parse_qsl, unquote_to_bytes

from . import auth, iam, kms, s3_list
from .buckets import raw_key
from .clock import http_date
from .errors import AwsError, xml_elements
from .sigv4 import Authorization, Malformed
from .wire import Response
from .world import REDIRECTING_REGIONS, Call, partition_of, suffix_of

_VERSION_ID = re.compile(r"[A-Za-z0-9._-]{32}|null")
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


class S3:
    name = "s3"

    def __init__(self, world):
        self.world = world

    # --- requests -------------------------------------------------------------------------

    def describe(self, request, where):
        path = unquote_to_bytes(request.path.encode("latin-1")).decode("utf-8", "surrogateescape")
        bucket, key = where.bucket, path[1:]
        if bucket is None:
            bucket, _, key = key.partition("/")
        params = dict(parse_qsl(request.query, keep_blank_values=True, encoding="utf-8",
                                errors="surrogateescape"))
        return Call(request, "s3", self._action(request.method, bucket, key, params), where,
                    bucket or None, key or None, params)

    @staticmethod
    def _action(method, bucket, key, params):
        if method not in ("GET", "HEAD"):
            return method
        if key:
            return "GetObject" if method == "GET" else "HeadObject"
        if method == "HEAD":
            return "HeadBucket"
        if bucket:
            return ("ListObjectsV2" if params.get("list-type") == "2" else
                    "GetBucketLocation" if "location" in params else "Other")
        return "ListBuckets"

    def handle(self, call):
        if call.action not in ("GetObject", "HeadObject", "HeadBucket", "ListObjectsV2",
                               "GetBucketLocation"):
            raise AwsError("NotImplemented", 501,
                           "A header you provided implies functionality that is not implemented.")
        if call.request.proxied and not call.request.secure and call.address.service is None:
            raise AwsError("InvalidRequest", 400, "A proxy for AWS's hosts only")
        _check_bucket_name(call.bucket)
        with self.world.lock:
            point = self.world.access_points.get(call.bucket)
            if point and (call.address.service is None or call.address.point):
                call.access_point, call.bucket = point
            bucket = self.world.buckets.get(call.bucket)
        self._check_region(call, bucket)
        self._authenticate(call, bucket)
        self._check_headers(call)
        if bucket is None:
            raise AwsError("NoSuchBucket", 404, "The specified bucket does not exist",
                           {"BucketName": call.bucket})
        self._check_owner(call, bucket)
        if call.action in ("GetObject", "HeadObject"):
            return self._object(call, bucket)
        self._allow(call, bucket, "s3:ListBucket" if call.action != "GetBucketLocation"
                    else "s3:GetBucketLocation", None)
        self._check_payer(call, bucket)
        if call.action == "HeadBucket":
            return self._answer(200, {"x-amz-bucket-region": bucket.region})
        if call.action == "GetBucketLocation":
            region = "" if bucket.region == "us-east-1" else bucket.region
            return self._xml(f'<LocationConstraint xmlns="{s3_list.NAMESPACE}">{region}'
                             "</LocationConstraint>")
        with self.world.lock:
            text = s3_list.page(call.params, bucket)
        response = self._xml(text)
        if bucket.requester_pays:
            response.set("x-amz-request-charged", "requester")
        return response

    # --- checks -------------------------------------------------------------------------

    def _check_region(self, call, bucket):
        """A wrong region gets a redirect in one of the observed forms (research/aws.md 6.5)."""
        if bucket is None:
            return
        try:
            signed = Authorization(call.request.header("authorization") or "").region
        except Malformed:
            return  # authenticate() has the better error
        asked = call.address.region or signed
        if asked == bucket.region:
            return
        form = bucket.wrong_region
        if form == "auto":
            form = "301" if bucket.region in REDIRECTING_REGIONS else "400"
        endpoint = f"{bucket.name}.s3.{bucket.region}.{suffix_of(bucket.region)}"
        fields = {"Endpoint": endpoint, "Bucket": bucket.name}
        header = {"x-amz-bucket-region": bucket.region}
        if form in ("301", "301-bare"):
            raise AwsError("PermanentRedirect", 301, "The bucket you are attempting to access "
                           "must be addressed using the specified endpoint. Please send all "
                           "future requests to this endpoint.", fields,
                           header if form == "301" or call.request.method == "HEAD" else {})
        if form == "307":
            raise AwsError("TemporaryRedirect", 307, "Please re-send this request to the "
                           "specified temporary endpoint. Continue to use the original request "
                           "endpoint for future requests.", fields,
                           {**header, "Location": f"https://{endpoint}{call.request.target}"})
        if form == "400-illegal":
            raise AwsError("IllegalLocationConstraintException", 400, f"The {asked} location "
                           "constraint is incompatible for the region specific endpoint this "
                           "request was sent to.", {}, header)
        raise AwsError("AuthorizationHeaderMalformed", 400, "The authorization header is "
                       f"malformed; the region '{asked}' is wrong; expecting '{bucket.region}'",
                       {"Region": bucket.region},
                       header if call.request.method == "HEAD" else {})

    def _authenticate(self, call, bucket):
        if call.request.header("authorization") is None and self._public(call, bucket):
            call.signature, call.principal = "none", iam.ANONYMOUS
            return
        regions = {bucket.region} if bucket else (
            {call.address.region} if call.address.region else None)
        try:
            key = auth.authenticate(self.world, call.request, "s3", regions)
        except AwsError as error:
            call.signature = error.code
            raise
        call.signature = "ok"
        call.principal = key.principal

    @staticmethod
    def _public(call, bucket):
        """Whether the bucket's policy allows any principal at all to read the object."""
        if bucket is None or call.action not in ("GetObject", "HeadObject"):
            return False
        arn = f"arn:{partition_of(bucket.region)}:s3:::{bucket.name}/{call.key}"
        action = "s3:GetObjectVersion" if "versionId" in call.params else "s3:GetObject"
        context = {"aws:SecureTransport": str(call.request.secure).lower()}
        return iam.decide(iam.ANONYMOUS, action, arn, context, bucket.owner, bucket.policy).allowed

    @staticmethod
    def _check_headers(call):
        for name, _ in call.request.headers:
            if name.lower().startswith("x-amz-server-side-encryption"):
                raise AwsError("InvalidArgument", 400, f"{name} header is not supported for "
                               "this operation.", {"ArgumentName": name.lower()})

    @staticmethod
    def _check_owner(call, bucket):
        owner = call.request.header("x-amz-expected-bucket-owner")
        if owner is None:
            return
        if not re.fullmatch(r"\d{12}", owner):
            raise AwsError("InvalidBucketOwnerAWSAccountID", 400, "The value of the expected "
                           "bucket owner parameter must be an AWS account ID",
                           {"BucketOwnerAccountId": owner})
        if owner != bucket.owner:
            raise AwsError("AccessDenied", 403, "Access Denied")

    @staticmethod
    def _check_payer(call, bucket):
        if (bucket.requester_pays and call.principal.account != bucket.owner
                and call.request.header("x-amz-request-payer") != "requester"):
            raise AwsError("AccessDenied", 403, "Bucket is requester pays bucket but no "
                           "x-amz-request-payer header found.")

    def _may(self, call, bucket, action, key):
        arn = f"arn:{partition_of(bucket.region)}:s3:::{bucket.name}"
        context = {"aws:SecureTransport": str(call.request.secure).lower(),
                   "aws:ResourceAccount": bucket.owner, "s3:ResourceAccount": bucket.owner}
        if key is None:
            for name in ("prefix", "delimiter", "max-keys"):
                if name in call.params:
                    context[f"s3:{name}"] = call.params[name]
            if call.action == "ListObjectsV2":
                context.setdefault("s3:prefix", "")
            elif call.key and self.world.prefix_in_gets:
                context["s3:prefix"] = call.key
        else:
            arn += "/" + key
            if "versionId" in call.params:
                context["s3:VersionId"] = call.params["versionId"]
        if call.access_point:
            context["s3:DataAccessPointArn"] = call.access_point
            through = call.access_point + (f"/object/{key}" if key is not None else "")
            decision = iam.decide(call.principal, action, through, context, bucket.owner, None)
            if decision != iam.ALLOW:
                return decision, through
        return iam.decide(call.principal, action, arn, context, bucket.owner, bucket.policy), arn

    def _allow(self, call, bucket, action, key):
        if call.principal is iam.ANONYMOUS and key is not None:
            return  # _public
        decision, arn = self._may(call, bucket, action, key)
        if decision.allowed:
            return
        header = {"x-amz-bucket-region": bucket.region} if call.action == "HeadBucket" else {}
        text = "Access Denied"
        if call.principal.account == bucket.owner:
            text = (f"User: {call.principal.arn} is not authorized to perform: {action} on "
                    f'resource: "{arn}" {decision.reason}')
        raise AwsError("AccessDenied", 403, text, {}, header)

    # --- objects ------------------------------------------------------------------------

    def _object(self, call, bucket):
        key, wanted = call.key, call.params.get("versionId")
        if len(raw_key(key)) > 1024:
            raise AwsError("KeyTooLongError", 400, "Your key is too long",
                           {"Size": len(raw_key(key)), "MaxSizeAllowed": 1024})
        if wanted is not None and not _VERSION_ID.fullmatch(wanted):
            raise AwsError("InvalidArgument", 400, "Invalid version id specified",
                           {"ArgumentName": "versionId", "ArgumentValue": wanted})
        self._allow(call, bucket, "s3:GetObjectVersion" if wanted else "s3:GetObject", key)
        self._check_payer(call, bucket)
        with self.world.lock:
            version = (bucket.find(key, wanted) if wanted else bucket.current(key))
        self._check_present(call, bucket, version, wanted)
        if not version.readable:
            raise AwsError("InvalidObjectState", 403, "The operation is not valid for the "
                           "object's storage class", {"StorageClass": version.storage_class})
        if version.sse == "SSE-C":
            raise AwsError("InvalidRequest", 400, "The object was stored using a form of Server "
                           "Side Encryption. The correct parameters must be provided to retrieve "
                           "the object.")
        _check_conditions(call.request, version)
        checksum = (call.request.header("x-amz-checksum-mode") or "").upper() == "ENABLED"
        if version.kms_key and call.principal is iam.ANONYMOUS:
            raise AwsError("InvalidArgument", 400, "Requests specifying Server Side Encryption with "
                           "AWS KMS managed keys require AWS Signature Version 4.",
                           {"ArgumentName": "Authorization", "ArgumentValue": "null"})
        if version.kms_key and (call.request.method == "GET" or checksum):
            with self.world.lock:
                kms.decrypt(self.world, version.kms_key, call.principal,
                            f"s3.{bucket.region}.{suffix_of(bucket.region)}")
        return self._object_answer(call, bucket, version, checksum)

    def _check_present(self, call, bucket, version, wanted):
        if version is not None and not version.deleted:
            return
        if version is not None and wanted:
            raise AwsError("MethodNotAllowed", 405, "The specified method is not allowed against "
                           "this resource.", {"Method": call.request.method,
                                              "ResourceType": "DeleteMarker"},
                           {"x-amz-delete-marker": "true", "Allow": "DELETE",
                            "x-amz-version-id": version.version_id,
                            "Last-Modified": http_date(version.modified)})
        self._allow(call, bucket, "s3:ListBucket", None)  # its error names s3:ListBucket
        if wanted:
            raise AwsError("NoSuchVersion", 404, "The specified version does not exist.",
                           {"Key": call.key, "VersionId": wanted})
        headers = {"x-amz-delete-marker": "true",
                   "x-amz-version-id": version.version_id} if version else {}
        raise AwsError("NoSuchKey", 404, "The specified key does not exist.",
                       {"Key": call.key}, headers)

    def _object_answer(self, call, bucket, version, checksum):
        size = version.body.size
        span = _range(call.request, size)
        headers = {"Last-Modified": http_date(version.modified), "ETag": f'"{version.etag}"',
                   "x-amz-server-side-encryption": version.sse}
        if version.kms_key:
            headers["x-amz-server-side-encryption-aws-kms-key-id"] = version.kms_key
        if version.bucket_key:
            headers["x-amz-server-side-encryption-bucket-key-enabled"] = "true"
        if bucket.versioning:
            headers["x-amz-version-id"] = version.version_id
        if version.storage_class != "STANDARD":
            headers["x-amz-storage-class"] = version.storage_class
        if version.restore:
            headers["x-amz-restore"] = version.restore
        if bucket.requester_pays:
            headers["x-amz-request-charged"] = "requester"
        if version.content_encoding is not None:
            headers["Content-Encoding"] = version.content_encoding
        headers["Accept-Ranges"] = "bytes"
        headers["Content-Type"] = version.content_type
        if span:
            headers["Content-Range"] = f"bytes {span[0]}-{span[1] - 1}/{size}"
        elif checksum:
            headers.update(version.checksum_headers())
        start, end = span or (0, size)
        response = self._answer(206 if span else 200, headers, version.body, start, end)
        response.no_body = call.request.method == "HEAD"
        return response

    # --- responses ------------------------------------------------------------------------

    @staticmethod
    def _answer(status, headers, body=b"", start=0, end=None):
        return Response(status, headers, body, start, end)

    @staticmethod
    def _xml(text):
        body = ('<?xml version="1.0" encoding="UTF-8"?>\n' + text)
        return Response(200, {"Content-Type": "application/xml"},
                        body.encode("utf-8", "surrogateescape"))

    def error(self, call, error):
        fields = {"Code": error.code, "Message": error.message, **error.extra,
                  "RequestId": call.request_id, "HostId": call.host_id}
        text = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{xml_elements(fields)}</Error>'
        response = Response(error.status, {"Content-Type": "application/xml", **error.headers},
                            text.encode("utf-8", "surrogateescape"), chunked=True)
        if call.request.method == "HEAD" or error.status == 304:
            response = Response(error.status, error.headers)
            response.no_body = True
        return response

    def finish(self, call, response):
        for name, value in (("x-amz-id-2", call.host_id), ("x-amz-request-id", call.request_id),
                            ("Date", http_date(self.world.clock.wall())),
                            ("Server", "AmazonS3")):
            response.set(name, value)


def _check_bucket_name(name):
    valid = _BUCKET.fullmatch(name or "") and ".." not in name
    if valid:
        try:
            ipaddress.IPv4Address(name)
            valid = False
        except ValueError:
            pass
    if not valid:
        raise AwsError("InvalidBucketName", 400, "The specified bucket is not valid.",
                       {"BucketName": name})


def _check_conditions(request, version):
    tags = request.header("if-match")
    if tags is not None and not _etag_among(tags, version.etag):
        raise AwsError("PreconditionFailed", 412, "At least one of the pre-conditions you "
                       "specified did not hold", {"Condition": "If-Match"})
    tags = request.header("if-none-match")
    if tags is not None and _etag_among(tags, version.etag):
        raise AwsError("NotModified", 304, "Not Modified", {}, {"ETag": f'"{version.etag}"'})


def _etag_among(tags, etag):
    return any(tag.strip().strip('"') in (etag, "*") for tag in tags.split(","))


def _range(request, size):
    """(start, end) of a range; None: the whole object. An invalid range is ignored, as in S3."""
    text = request.header("range")
    match = _RANGE.fullmatch(text.strip()) if text else None
    if not match or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if first and last and int(first) > int(last):
        return None
    start = int(first) if first else max(0, size - int(last))
    end = min(size, int(last) + 1) if first and last else size
    if start >= size or (not first and int(last) == 0):
        raise AwsError("InvalidRange", 416, "The requested range is not satisfiable",
                       {"RangeRequested": text, "ActualObjectSize": size},
                       {"Content-Range": f"bytes */{size}"})
    return start, end
