# SPDX-License-Identifier: Apache-2.0
"""IAM: principals, and what policies allow (research/aws.md 4.2, 8).

The identity's policies must allow a request. For a role session its session policy must allow it
too. Across accounts the resource's policy must allow it too. An explicit Deny in any policy has
priority.
"""

import functools
import re
import secrets
import string
from dataclasses import dataclass, field
from typing import Optional

ALLOW, DENY, NEITHER = "Allow", "Deny", None


def new_id(prefix, length=17):
    alphabet = string.ascii_uppercase + "234567"
    return prefix + "".join(secrets.choice(alphabet) for _ in range(length))


@dataclass
class Principal:
    """A principal that can sign requests: a user or a session of a role."""

    account: str
    arn: str
    user_id: str
    policies: list = field(default_factory=list)
    session_policy: Optional[dict] = None
    role_arn: Optional[str] = None

    @property
    def is_session(self):
        return self.role_arn is not None

    def names(self):
        """Names of the principal that a policy's Principal may contain."""
        names = {self.arn, self.account, f"arn:{partition(self.arn)}:iam::{self.account}:root", "*"}
        return names | ({self.role_arn} if self.role_arn else set())


# Sends requests without a signature. Only policies of resources for the principal "*" allow it
# anything.
ANONYMOUS = Principal("anonymous", "anonymous", "anonymous")


@dataclass
class Key:
    """An access key. Keys of sessions have a token and an expiration time."""

    access_key: str
    secret: str
    principal: Principal
    token: Optional[str] = None
    expires: Optional[float] = None


@dataclass
class Role:
    arn: str
    trust: dict
    policies: list
    max_session_s: int = 3600
    role_id: str = field(default_factory=lambda: new_id("AROA"))

    @property
    def account(self):
        return self.arn.split(":")[4]

    @property
    def name(self):
        return self.arn.rpartition("/")[2]


def partition(arn):
    return arn.split(":")[1] if arn.startswith("arn:") else "aws"


def as_list(value):
    return value if isinstance(value, list) else [value]


# --- matching -----------------------------------------------------------------------------

_TOKEN = re.compile(r"\$\{([^}]*)\}|\*|\?", re.DOTALL)


@functools.lru_cache(maxsize=4096)
def _pattern(text):
    """Parts of a policy's pattern: literal text, wildcards, variables."""
    pieces, at = [], 0
    for match in _TOKEN.finditer(text):
        pieces.append(("text", text[at:match.start()]))
        token, variable = match.group(0), match.group(1)
        if variable is None:
            pieces.append(("wildcard", token))
        elif variable in ("*", "?", "$"):
            pieces.append(("text", variable))
        else:
            pieces.append(("variable", variable))
        at = match.end()
    pieces.append(("text", text[at:]))
    return pieces


def like(text, value, context=None, ignore_case=False, wildcards=True):
    """Whether `value` matches the pattern `text` (* ? ${*} ${?} ${$} ${variable})."""
    regex = ""
    for kind, piece in _pattern(text):
        if kind == "wildcard":
            regex += {"*": ".*", "?": "."}[piece] if wildcards else re.escape(piece)
        elif kind == "text":
            regex += re.escape(piece)
        else:
            name, _, default = piece.partition(",")
            known = _context_values(context or {}, name.strip())
            if not known and not default:
                return False  # a variable without value matches nothing
            regex += re.escape(known[0] if known else default.strip().strip("'"))
    flags = re.DOTALL | (re.IGNORECASE if ignore_case else 0)
    return re.fullmatch(regex, value, flags) is not None


def _context_values(context, name):
    for key, value in context.items():
        if key.lower() == name.lower():
            return [str(v) for v in as_list(value)]
    return []


# --- conditions ---------------------------------------------------------------------------

def _equals(text, value, context):
    return like(text, value, context, wildcards=False)


_OPERATORS = {
    "StringEquals": (_equals, False),
    "StringNotEquals": (_equals, True),
    "StringEqualsIgnoreCase": (lambda t, v, c: t.lower() == v.lower(), False),
    "StringLike": (like, False),
    "StringNotLike": (like, True),
    "ArnEquals": (like, False),
    "ArnLike": (like, False),
    "ArnNotEquals": (like, True),
    "ArnNotLike": (like, True),
    "Bool": (lambda t, v, c: str(t).lower() == v.lower(), False),
    "NumericLessThanEquals": (lambda t, v, c: float(v) <= float(t), False),
}


def _condition_holds(operator, key, wanted, context):
    quantifier, _, plain = operator.rpartition(":")
    if_exists = plain.endswith("IfExists")
    plain = plain.removesuffix("IfExists")
    values = _context_values(context, key)
    wanted = [str(text) for text in as_list(wanted)]
    if plain == "Null":
        return (wanted[0].lower() == "true") == (not values)
    if plain not in _OPERATORS:
        return False  # an unknown operator grants nothing
    test, negated = _OPERATORS[plain]
    if not values:
        return if_exists or negated or quantifier == "ForAllValues"
    hits = [any(test(text, value, context) for text in wanted) != negated for value in values]
    return all(hits) if quantifier == "ForAllValues" else any(hits)


def conditions_hold(statement, context):
    """All operators and keys must match; for each key, one of its values."""
    return all(_condition_holds(operator, key, wanted, context)
               for operator, keys in statement.get("Condition", {}).items()
               for key, wanted in keys.items())


# --- statements and policies --------------------------------------------------------------

def _names_principal(statement, principal):
    named = statement.get("Principal", statement.get("NotPrincipal"))
    if named is None:
        return False
    if isinstance(named, dict):
        named = [name for name in as_list(named.get("AWS", []))]
    hit = bool(set(as_list(named)) & principal.names())
    return hit if "Principal" in statement else not hit


def _statement_matches(statement, action, resource, context):
    actions = as_list(statement.get("Action", statement.get("NotAction", [])))
    hit = any(like(text, action, context, True) for text in actions)
    if hit != ("Action" in statement):
        return False
    if "Resource" in statement or "NotResource" in statement:
        resources = as_list(statement.get("Resource", statement.get("NotResource")))
        hit = any(like(text, resource, context) for text in resources)
        if hit != ("Resource" in statement):
            return False
    return conditions_hold(statement, context)


def evaluate(policies, action, resource, context, principal=None):
    """ALLOW, DENY or NEITHER. `principal`: for policies of resources, which have a Principal."""
    result = NEITHER
    for policy in policies:
        for statement in as_list(policy.get("Statement", [])):
            if principal is not None and not _names_principal(statement, principal):
                continue
            if _statement_matches(statement, action, resource, context):
                if statement.get("Effect") == DENY:
                    return DENY
                result = ALLOW
    return result


def identity_allows(principal, action, resource, context):
    """(decision, kind of policy that made it) for the identity and its session."""
    context = {"aws:PrincipalArn": principal.role_arn or principal.arn,
               "aws:PrincipalAccount": principal.account, **context}
    own = evaluate(principal.policies, action, resource, context)
    if own == DENY:
        return DENY, "identity-based"
    if principal.session_policy is not None:
        session = evaluate([principal.session_policy], action, resource, context)
        if session != ALLOW:
            return session, "session"
    return own, "identity-based"


@dataclass
class Decision:
    allowed: bool
    reason: str = ""


def decide(principal, action, resource, context, owner, resource_policy=None):
    """Whether the principal may perform the action on a resource of account `owner`."""
    context = {"aws:PrincipalArn": principal.role_arn or principal.arn,
               "aws:PrincipalAccount": principal.account, **context}
    identity, kind = identity_allows(principal, action, resource, context)
    policies = [resource_policy] if resource_policy else []
    granted = evaluate(policies, action, resource, context, principal)
    if DENY in (identity, granted):
        where = "a resource-based" if granted == DENY else f"an {kind}".replace("an s", "a s")
        return Decision(False, f"with an explicit deny in {where} policy")
    if principal is ANONYMOUS:
        return Decision(granted == ALLOW)
    if identity != ALLOW and not (granted == ALLOW and principal.account == owner
                                  and kind == "identity-based"):
        article = "session" if kind == "session" else "identity-based"
        return Decision(False, f"because no {article} policy allows the {action} action")
    if principal.account != owner and granted != ALLOW:
        return Decision(False, f"because no resource-based policy allows the {action} action")
    return Decision(True)


# --- documents ----------------------------------------------------------------------------

def check_document(document):
    """Raise ValueError for a document that AWS refuses as malformed."""
    if not isinstance(document, dict) or "Statement" not in document:
        raise ValueError("Syntax errors in policy.")
    if document.get("Version", "2008-10-17") not in ("2012-10-17", "2008-10-17"):
        raise ValueError("Syntax error at position: Version")
    for statement in as_list(document["Statement"]):
        if not isinstance(statement, dict) or statement.get("Effect") not in (ALLOW, DENY):
            raise ValueError("Statement/policy must contain a valid Effect.")
        if ("Action" in statement) == ("NotAction" in statement):
            raise ValueError("Policy statement must contain actions.")
        if ("Resource" in statement) == ("NotResource" in statement):
            raise ValueError("Policy statement must contain resources.")
        if "Principal" in statement:
            raise ValueError("Policy document should not specify a principal.")
        for resource in as_list(statement.get("Resource", [])):
            if resource != "*" and not str(resource).startswith("arn:"):
                raise ValueError(f"Resource {resource} must be in ARN format or \"*\".")
        for text in as_list(statement.get("Resource", [])):
            for variable in re.findall(r"\$\{([^}]*)\}?", text):
                if variable not in ("*", "?", "$") and ":" not in variable:
                    raise ValueError("The policy contains an invalid variable.")
