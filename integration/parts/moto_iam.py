# SPDX-License-Identifier: Apache-2.0
"""IAM in front of moto, by the rules of the strict fake: trust policies with their conditions, what a session of a
role may do by the role's policies and its session policy, and whether the KMS key of an object allows it to decrypt.

moto's own check knows neither conditions nor session policies. A request with an access key of no session is an
administrator's, who may do anything; one without a signature is left to moto.
"""
import io
import json
import re
import types
from urllib.parse import parse_qs, parse_qsl, unquote

from integration.fakeaws import iam, kms
from integration.fakeaws.errors import AwsError
from moto.core import DEFAULT_ACCOUNT_ID
from moto.iam.models import iam_backends
from moto.kms.models import kms_backends
from moto.s3.models import s3_backends
from moto.sts.models import sts_backends
from werkzeug.wrappers import Response

_SCOPE = re.compile(r"Credential=([^/]+)/\d+/([^/]*)/([^/]+)/aws4_request")
_XML = "text/xml"


class Denied(AwsError):
    def __init__(self, who, action, resource):
        super().__init__("AccessDenied", 403, f"User: {who} is not authorized to perform: {action} on resource: {resource}")


def _role(arn):
    return next((r for r in iam_backends[arn.split(":")[4]]["aws"].roles.values() if r.arn == arn), None)


def _document(policy):
    return json.loads(policy) if isinstance(policy, str) else policy


def _principal(access_key):
    """The session of this key, else the administrator."""
    for account in list(sts_backends):
        for session in list(sts_backends[account]["aws"].assumed_roles):
            if session.access_key_id == access_key:
                role = _role(session.role_arn)
                policies = [_document(p) for p in role.policies.values()] if role else []
                own = _document(session.policy) if session.policy else None
                return iam.Principal(session.account_id, session.arn, session.user_id, policies, own, session.role_arn)
    arn = f"arn:aws:iam::{DEFAULT_ACCOUNT_ID}:user/administrator"
    return iam.Principal(DEFAULT_ACCOUNT_ID, arn, "AIDAADMINISTRATOR", [
        {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}])


def _check(who, action, resource, context=()):
    if iam.identity_allows(who, action, resource, dict(context))[0] != iam.ALLOW:
        raise Denied(who.arn, action, resource)


def _assume(who, params):
    if params.get("Action") == "GetCallerIdentity":
        return
    arn = params.get("RoleArn", "")
    _check(who, f"sts:{params.get('Action')}", arn)
    role = _role(arn) if arn.count(":") == 5 else None
    context = {"aws:PrincipalArn": who.role_arn or who.arn, "sts:RoleSessionName": params.get("RoleSessionName", "")}
    if "ExternalId" in params:
        context["sts:ExternalId"] = params["ExternalId"]
    if role is None or iam.evaluate([_document(role.assume_role_policy_document)], "sts:AssumeRole", arn, context,
                                    who) != iam.ALLOW:
        raise Denied(who.arn, "sts:AssumeRole", arn)


def _decrypt(who, region, bucket, key):
    """What the policy of the object's KMS key says, if it has one."""
    found = s3_backends[DEFAULT_ACCOUNT_ID]["aws"].buckets.get(bucket)
    stored = found.keys.get(key) if found else None
    if stored is None or stored.encryption != "aws:kms" or not stored.kms_key_id:
        return
    made = kms_backends[DEFAULT_ACCOUNT_ID][region].keys.get(stored.kms_key_id.rpartition("/")[2])
    arn = made.arn if made else stored.kms_key_id
    world = types.SimpleNamespace(kms_keys={arn: kms.KmsKey(arn, json.loads(made.policy), made.key_state)} if made else {})
    kms.decrypt(world, arn, who, f"s3.{region}.amazonaws.com")


def _s3(who, environ, region):
    bucket, _, key = unquote(environ["PATH_INFO"].lstrip("/")).partition("/")
    query = parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True)
    if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
        return _check(who, "s3:PutObject", f"arn:aws:s3:::{bucket}/{key}")
    if key:
        _check(who, "s3:GetObjectVersion" if "versionId" in query else "s3:GetObject", f"arn:aws:s3:::{bucket}/{key}")
        return _decrypt(who, region, bucket, key)
    return _check(who, "s3:ListBucket", f"arn:aws:s3:::{bucket}",
                  {"s3:prefix": query["prefix"][0]} if "prefix" in query else {})


def _sqs(who, environ, region, body):
    action = environ.get("HTTP_X_AMZ_TARGET", "").rpartition(".")[2].removesuffix("Batch")  # IAM has no other name for these
    account, name = (["", ""] + json.loads(body or "{}").get("QueueUrl", "").split("/"))[-2:]
    return _check(who, f"sqs:{action}", f"arn:aws:sqs:{region}:{account}:{name}")


def _authorize(environ):
    scope = _SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
    if scope is None:
        return
    access_key, region, service = scope.groups()
    body = b""
    if service in ("sts", "sqs"):
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
    who = _principal(access_key)
    if service == "sts":
        return _assume(who, dict(parse_qsl(body.decode() or environ.get("QUERY_STRING", ""), keep_blank_values=True)))
    if not who.is_session:
        return
    if service == "s3":
        return _s3(who, environ, region)
    if service == "sqs":
        return _sqs(who, environ, region, body)
    raise Denied(who.arn, f"{service}:*", "*")


def _answer(environ, refused):
    text, status = refused.message, refused.status
    scope = _SCOPE.search(environ["HTTP_AUTHORIZATION"])
    if scope.group(3) == "sqs":
        return Response(json.dumps({"__type": "com.amazon.coral.service#AccessDeniedException", "message": text}), 400,
                        content_type="application/x-amz-json-1.0")
    if scope.group(3) == "s3":
        return Response(f"<Error><Code>{refused.code}</Code><Message>{text}</Message></Error>", status, content_type=_XML)
    return Response('<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>'
                    f"<Code>AccessDenied</Code><Message>{text}</Message></Error></ErrorResponse>", 403, content_type=_XML)


def with_iam(app):
    def answer(environ, start_response):
        try:
            _authorize(environ)
        except AwsError as refused:
            return _answer(environ, refused)(environ, start_response)
        return app(environ, start_response)
    return answer
