# SPDX-License-Identifier: Apache-2.0
"""Credentials of instances and containers: IMDSv2, ECS, EKS (research/aws.md 5.4, 5.5)."""

import json
import secrets

from .clock import http_date, iso
from .errors import AwsError
from .wire import Response
from .world import Call

ROLE_PATH = "/latest/meta-data/iam/security-credentials/"


class Imds:
    """169.254.169.254. Version 2 only: there is no response without a token."""

    name = "imds"

    def __init__(self, world):
        self.world = world

    def describe(self, request, where):
        action = "PutToken" if request.path == "/latest/api/token" else (
            "GetCredentials" if request.path.startswith(ROLE_PATH) else "GetMetadata")
        return Call(request, "imds", action, where)

    def handle(self, call):
        request, instance = call.request, self.world.instance
        if request.header("x-forwarded-for") or request.proxied:
            raise AwsError("Forbidden", 403, "no proxies")
        if call.action == "PutToken":
            ttl = request.header("x-aws-ec2-metadata-token-ttl-seconds") or ""
            if request.method != "PUT":
                raise AwsError("MethodNotAllowed", 405, "")
            if not ttl.isdigit() or not 1 <= int(ttl) <= 21_600:
                raise AwsError("BadRequest", 400, "")
            token = secrets.token_urlsafe(42)
            instance["tokens"][token] = self.world.clock.wall() + int(ttl)
            return _text(token, {"x-aws-ec2-metadata-token-ttl-seconds": ttl})
        expires = instance["tokens"].get(request.header("x-aws-ec2-metadata-token") or "")
        if expires is None or expires <= self.world.clock.wall():
            raise AwsError("Unauthorized", 401, "")
        call.signature = "token"
        return self._metadata(request.path)

    def _metadata(self, path):
        instance = self.world.instance
        zone = instance["region"] + "a"
        plain = {"/latest/meta-data/placement/availability-zone": zone,
                 "/latest/meta-data/placement/availability-zone/": zone,
                 "/latest/meta-data/placement/region": instance["region"]}
        if path in plain:
            return _text(plain[path])
        role = self.world.roles.get(instance["role_arn"])
        if role and path in (ROLE_PATH, ROLE_PATH[:-1]):
            return _text(role.name)
        if role is None or path != ROLE_PATH + role.name:
            raise AwsError("NotFound", 404, "")
        now = self.world.clock.wall()
        if instance["code"] != "Success":
            return _json({"Code": instance["code"], "Message": "EC2 cannot assume the role "
                          + role.arn, "LastUpdated": iso(now)})
        key = _session(self.world, instance, role, "i-0123456789abcdef0")
        return _json({"Code": "Success", "LastUpdated": iso(now), "Type": "AWS-HMAC",
                      "AccessKeyId": key.access_key, "SecretAccessKey": key.secret,
                      "Token": key.token, "Expiration": iso(key.expires)})

    def error(self, call, error):
        return Response(error.status, {"Content-Type": "text/html"},
                        b"<html><body><h1>" + str(error.status).encode() + b"</h1></body></html>")

    def finish(self, call, response):
        response.set("Server", "EC2ws")
        response.set("Date", http_date(self.world.clock.wall()))


class Containers:
    """169.254.170.2 (ECS) and 169.254.170.23 (EKS Pod Identity)."""

    name = "container"

    def __init__(self, world):
        self.world = world

    def describe(self, request, where):
        return Call(request, "container", "GetCredentials", where)

    def handle(self, call):
        container = self.world.containers.get(call.request.path)
        if container is None:
            raise AwsError("NoIdFound", 404, "No credentials with this id")
        wanted = container.get("authorization")
        if wanted is not None and call.request.header("authorization") != wanted:
            raise AwsError("AccessDeniedException", 401, "Unauthorized")
        call.signature = "token"
        role = self.world.roles[container["role_arn"]]
        key = _session(self.world, container, role, "task")
        return _json({"RoleArn": role.arn, "AccessKeyId": key.access_key,
                      "SecretAccessKey": key.secret, "Token": key.token,
                      "Expiration": iso(key.expires), "AccountId": role.account})

    def error(self, call, error):
        return _json({"code": error.code, "message": error.message}, error.status)

    def finish(self, call, response):
        response.set("Date", http_date(self.world.clock.wall()))


def _session(world, holder, role, name):
    """The same credentials until shortly before their expiration, as in the real services."""
    key = holder.get("key")
    now = world.clock.wall()
    if (key is None or key.principal.role_arn != role.arn or key.access_key not in world.keys
            or key.expires - now < holder["lifetime_s"] / 10):
        with world.lock:
            key = holder["key"] = world.new_session(role, name, holder["lifetime_s"])
    return key


def _text(text, headers=None):
    return Response(200, {"Content-Type": "text/plain", **(headers or {})}, text.encode())


def _json(value, status=200):
    return Response(status, {"Content-Type": "application/json"}, json.dumps(value).encode())
