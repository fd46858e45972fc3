# SPDX-License-Identifier: Apache-2.0
"""KMS as visible through S3 and SQS: a key's state and policies decide about each read
(research/aws.md 6.4).

There is no KMS endpoint, since the worker never calls one. S3 and SQS decrypt with the caller's
credentials and return KMS's error in their own protocol.
"""

from dataclasses import dataclass, field
from typing import Optional

from . import iam
from .errors import AwsError

STATES = ("Enabled", "Disabled", "PendingDeletion", "NotFound")


@dataclass
class KmsKey:
    arn: str
    policy: dict
    state: str = "Enabled"
    throttled: Optional[str] = None  # "SlowDown", "KMS.ThrottlingException", ...
    bare_denials: bool = False  # only "Access Denied", as S3 answered for years
    uses: dict = field(default_factory=dict)

    @property
    def account(self):
        return self.arn.split(":")[4]


def default_policy(account, partition="aws"):
    """The policy that delegates the decision to the account's IAM policies."""
    return {"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"AWS": f"arn:{partition}:iam::{account}:root"},
        "Action": "kms:*", "Resource": "*"}]}


def _denied_because(key, principal, context):
    """None if the principal may decrypt, else the end of AWS's text."""
    identity, kind = iam.identity_allows(principal, "kms:Decrypt", key.arn, context)
    root = f"arn:{iam.partition(key.arn)}:iam::{key.account}:root"
    named, delegated = iam.NEITHER, False
    for statement in iam.as_list(key.policy.get("Statement", [])):
        effect = iam.evaluate([{"Statement": statement}], "kms:Decrypt", key.arn, context,
                              principal)
        if effect == iam.DENY:
            return "with an explicit deny in a resource-based policy"
        if effect == iam.ALLOW:
            who = iam.as_list(statement["Principal"].get("AWS", [])
                              if isinstance(statement["Principal"], dict) else "*")
            if set(who) <= {root, key.account}:
                delegated = True
            else:
                named = iam.ALLOW
    if identity == iam.DENY:
        return f"with an explicit deny in an {kind} policy"
    if identity == iam.ALLOW and (named or delegated):
        return None
    if named and kind != "session" and principal.account == key.account:
        return None
    if identity == iam.ALLOW:
        return "because no resource-based policy allows the kms:Decrypt action"
    return f"because no {kind} policy allows the kms:Decrypt action"


def decrypt(world, key_arn, principal, via, spell=lambda code: code):
    """Raise the error of S3 or SQS if they cannot decrypt with this key for this principal.

    via: "s3.eu-west-1.amazonaws.com". spell: the service's spelling of a code."""
    key = world.kms_keys.get(key_arn)
    if key is None or key.state == "NotFound":
        raise AwsError(spell("KMS.NotFoundException"), 400, f"Key '{key_arn}' does not exist")
    if key.throttled:
        status = 503 if key.throttled == "SlowDown" else 400
        text = ("Please reduce your request rate for operations involving AWS KMS."
                if key.throttled == "SlowDown" else
                "The rate at which KMS is called is too high. Rate exceeded")
        raise AwsError(spell(key.throttled), status, text)
    because = _denied_because(key, principal, {"kms:ViaService": via,
                                               "kms:CallerAccount": principal.account})
    if because:
        text = (f"User: {principal.arn} is not authorized to perform: kms:Decrypt on resource: "
                f"{key_arn} {because}")
        raise AwsError(spell("AccessDenied"), 403,
                       "Access Denied" if key.bare_denials else text)
    if key.state == "Disabled":
        raise AwsError(spell("KMS.DisabledException"), 400, f"{key_arn} is disabled.")
    if key.state == "PendingDeletion":
        raise AwsError(spell("KMS.KMSInvalidStateException"), 400,
                       f"{key_arn} is pending deletion.")
    key.uses[principal.arn] = key.uses.get(principal.arn, 0) + 1
