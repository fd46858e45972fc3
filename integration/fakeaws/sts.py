# SPDX-License-Identifier: Apache-2.0
"""STS: AssumeRole, AssumeRoleWithWebIdentity, GetCallerIdentity (research/aws.md 4)."""

import calendar
import json
import re
import time
import zlib
from urllib.parse import parse_qsl

from . import auth, iam
from .clock import http_date, iso
from .errors import AwsError, xml_elements
from .wire import Response
from .world import Call

NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/"
CHAINED_S = 3600
_SESSION_NAME = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)
_EXTERNAL_ID = re.compile(r"[\w+=,.@:/-]{2,1224}", re.ASCII)
_POLICY = re.compile(r"[\t\n\r\x20-\xff]+")
_ROLE_ARN = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+", re.ASCII)


def _validation(name, value, constraint):
    return AwsError("ValidationError", 400, f"1 validation error detected: Value '{value}' at "
                    f"'{name}' failed to satisfy constraint: Member must {constraint}")


class Sts:
    name = "sts"

    def __init__(self, world):
        self.world = world

    def describe(self, request, where):
        text = request.body.decode("utf-8", "replace") or request.query
        params = dict(parse_qsl(text, keep_blank_values=True))
        return Call(request, "sts", params.get("Action", ""), where, params=params)

    def handle(self, call):
        region = call.address.region
        if call.action == "AssumeRoleWithWebIdentity":
            call.signature = "none"
            return self._web_identity(call)
        try:
            key = auth.authenticate(self.world, call.request, "sts", {region} if region else None)
        except AwsError as error:
            call.signature = error.code
            raise
        call.signature = "ok"
        call.principal = key.principal
        if region in self.world.disabled_sts_regions:
            raise AwsError("RegionDisabledException", 403, "STS is not activated in this region "
                           "for account:" + key.principal.account + ". Your account administrator "
                           "can activate STS in this region using the IAM Console.")
        if call.params.get("Version") != "2011-06-15":
            raise AwsError("InvalidAction", 400, f"Could not find operation {call.action} for "
                           f"version {call.params.get('Version')}")
        if call.action == "GetCallerIdentity":
            who = call.principal
            return self._answer(call, {"Arn": who.arn, "UserId": who.user_id,
                                       "Account": who.account})
        if call.action == "AssumeRole":
            return self._assume(call)
        raise AwsError("InvalidAction", 400, f"Could not find operation {call.action}")

    # --- AssumeRole ----------------------------------------------------------------------

    def _assume(self, call):
        p, caller = call.params, call.principal
        arn, name, seconds = self._common(p)
        external_id = p.get("ExternalId")
        if external_id is not None and not _EXTERNAL_ID.fullmatch(external_id):
            raise _validation("externalId", external_id, "satisfy regular expression pattern: "
                              r"[\w+=,.@:\/-]*")
        policy, packed = _session_policy(p)
        tags = _tags(p)
        with self.world.lock:
            role = self.world.roles.get(arn)
        context = {"sts:RoleSessionName": name}
        if external_id is not None:
            context["sts:ExternalId"] = external_id
        if role is None or not self._trusted(role, caller, "sts:AssumeRole", context) or (
                tags and not self._trusted(role, caller, "sts:TagSession", context)):
            raise AwsError("AccessDenied", 403, f"User: {caller.arn} is not authorized to perform: "
                           f"sts:AssumeRole on resource: {arn}")
        if caller.is_session and seconds > CHAINED_S:
            raise AwsError("ValidationError", 400, "The requested DurationSeconds exceeds the 1 "
                           "hour session limit for roles assumed by role chaining.")
        self._check_duration(role, seconds)
        return self._session(call, role, name, seconds, policy, packed)

    @staticmethod
    def _common(p):
        arn, name = p.get("RoleArn", ""), p.get("RoleSessionName", "")
        if not 20 <= len(arn) <= 2048 or not arn.startswith("arn:"):
            raise AwsError("ValidationError", 400, f"{arn} is invalid")
        if not _ROLE_ARN.fullmatch(arn):
            raise _validation("roleArn", arn, "be the ARN of a role")
        if not _SESSION_NAME.fullmatch(name):
            raise _validation("roleSessionName", name,
                              r"satisfy regular expression pattern: [\w+=,.@-]*")
        seconds = p.get("DurationSeconds", "3600")
        if not seconds.isdigit() or not 900 <= int(seconds) <= 43_200:
            raise _validation("durationSeconds", seconds, "have value greater than or equal to "
                              "900" if seconds.isdigit() and int(seconds) < 900 else
                              "have value less than or equal to 43200")
        return arn, name, int(seconds)

    @staticmethod
    def _check_duration(role, seconds):
        if seconds > role.max_session_s:
            raise AwsError("ValidationError", 400, "The requested DurationSeconds exceeds the "
                           "MaxSessionDuration set for this role.")

    @staticmethod
    def _trusted(role, caller, action, context):
        """The role trusts the caller, and the caller's own policies allow AssumeRole."""
        context = {"aws:PrincipalArn": caller.role_arn or caller.arn,
                   "aws:PrincipalAccount": caller.account, **context}
        trust = iam.evaluate([role.trust], action, role.arn, context, caller)
        own, _ = iam.identity_allows(caller, action, role.arn, context)
        if iam.DENY in (trust, own):
            return False
        return trust == iam.ALLOW and (own == iam.ALLOW or caller.account == role.account)

    def _session(self, call, role, name, seconds, policy, packed, element="AssumeRole", more=None):
        with self.world.lock:
            key = self.world.new_session(role, name, seconds, policy)
        who = key.principal
        result = {
            "Credentials": {"AccessKeyId": key.access_key, "SecretAccessKey": key.secret,
                            "SessionToken": key.token, "Expiration": iso(key.expires)},
            "AssumedRoleUser": {"AssumedRoleId": who.user_id, "Arn": who.arn}, **(more or {})}
        if packed:
            result["PackedPolicySize"] = packed
        return self._answer(call, result, element)

    # --- AssumeRoleWithWebIdentity ----------------------------------------------------------

    def _web_identity(self, call):
        p = call.params
        arn, name, seconds = self._common(p)
        policy, packed = _session_policy(p)
        token = self.world.web_tokens.get(p.get("WebIdentityToken", ""))
        if token is None:
            raise AwsError("InvalidIdentityToken", 400, "The ID Token provided is not a valid JWT. "
                           "(You may see this error if you sent an Access Token)")
        if token["expires"] <= self.world.clock.wall():
            raise AwsError("ExpiredTokenException", 400, "Token expired: current date/time "
                           f"{int(self.world.clock.wall())} must be before the expiration "
                           f"date/time {int(token['expires'])}")
        role = self.world.roles.get(arn)
        if role is None or token["role_arn"] != arn:
            raise AwsError("AccessDenied", 403,
                           "Not authorized to perform sts:AssumeRoleWithWebIdentity")
        self._check_duration(role, seconds)
        return self._session(call, role, name, seconds, policy, packed,
                             "AssumeRoleWithWebIdentity",
                             {"SubjectFromWebIdentityToken": token["subject"],
                              "Audience": "sts.amazonaws.com"})

    # --- responses ---------------------------------------------------------------------------

    @staticmethod
    def _wants_json(call):
        return "application/json" in (call.request.header("accept") or "")

    def _answer(self, call, result, element=None):
        element = element or call.action
        if self._wants_json(call):
            if "Credentials" in result:  # epoch seconds in this form
                expires = calendar.timegm(time.strptime(result["Credentials"]["Expiration"],
                                                        "%Y-%m-%dT%H:%M:%SZ"))
                result["Credentials"]["Expiration"] = float(expires)
            tree = {f"{element}Response": {f"{element}Result": result, "ResponseMetadata":
                                           {"RequestId": call.uuid}}}
            return Response(200, {"Content-Type": "application/json"}, json.dumps(tree).encode())
        text = (f'<{element}Response xmlns="{NAMESPACE}"><{element}Result>{_xml(result)}'
                f"</{element}Result><ResponseMetadata><RequestId>{call.uuid}</RequestId>"
                f"</ResponseMetadata></{element}Response>")
        return Response(200, {"Content-Type": "text/xml"}, text.encode())

    def error(self, call, error):
        if self._wants_json(call):
            tree = {"Error": {"Code": error.code, "Message": error.message, "Type": "Sender"},
                    "RequestId": call.uuid}
            return Response(error.status, {"Content-Type": "application/json", **error.headers},
                            json.dumps(tree).encode())
        kind = "Sender" if error.status < 500 else "Receiver"
        fields = xml_elements({"Type": kind, "Code": error.code, "Message": error.message})
        text = (f'<ErrorResponse xmlns="{NAMESPACE}"><Error>{fields}</Error>'
                f"<RequestId>{call.uuid}</RequestId></ErrorResponse>")
        return Response(error.status, {"Content-Type": "text/xml", **error.headers}, text.encode())

    def finish(self, call, response):
        response.set("x-amzn-RequestId", call.uuid)
        response.set("Date", http_date(self.world.clock.wall()))


def _xml(tree):
    return "".join(f"<{name}>{_xml(value)}</{name}>" if isinstance(value, dict)
                   else xml_elements({name: value}) for name, value in tree.items())


def _session_policy(p):
    """(policy or None, packed size in percent), by the rules of research/aws.md 4.2."""
    text = p.get("Policy")
    if text is None:
        return None, 0
    if not 1 <= len(text) <= 2048:
        raise _validation("policy", text[:40], "have length less than or equal to 2048")
    if not _POLICY.fullmatch(text):
        raise _validation("policy", text[:40],
                          r"satisfy regular expression pattern: [\u0009\u000A\u000D\u0020-\u00FF]+")
    try:
        policy = json.loads(text)
        iam.check_document(policy)
    except ValueError as error:
        raise AwsError("MalformedPolicyDocument", 400, str(error)) from None
    packed = max(1, len(zlib.compress(text.encode())) * 100 // 1500)
    if packed > 100:
        raise AwsError("PackedPolicyTooLarge", 400, f"Packed size of session policies {packed}% "
                       "of allowed size.")
    return policy, packed


def _tags(p):
    tags = {}
    for name, value in p.items():
        if match := re.fullmatch(r"Tags\.member\.(\d+)\.Key", name):
            if value.lower() in tags:
                raise AwsError("InvalidParameterValue", 400, "Duplicate tag keys found. Please "
                               "note that Tag keys are case insensitive.")
            tags[value.lower()] = p.get(f"Tags.member.{match[1]}.Value", "")
    return tags
