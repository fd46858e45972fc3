# SPDX-License-Identifier: Apache-2.0
"""The command onboard: what it writes is accepted by the tools that it is for, and a role made of it reads the
prefix and nothing else. docs/onboard.md.
"""
import json
import os
import pty
import re
import subprocess
import sys
import urllib.request

import boto3
import botocore.config
import botocore.exceptions
import hcl2
import pytest
from moto.iam.policy_validation import IAMPolicyDocumentValidator

from integration.fakeaws import CUSTOMER_ACCOUNT, WORKER_ACCOUNT, iam

from .parts.aws import ACCOUNT, KEYS, REGION, Moto, unique
from .parts.places import binary
from .parts.process import clean_env
from .parts.strict import StrictWorld
from .parts.wait import until
from .parts.worker import Worker

WORKER_ROLE = f"arn:aws:iam::{WORKER_ACCOUNT}:role/ingest-worker"
HOSTILE = "it's $(touch x) `id` ${b} %{c} \"d\" é\\/e"
KEY = f"arn:aws:kms:{REGION}:{CUSTOMER_ACCOUNT}:key/1f0e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"
VALUES = {"id": "acme", "account-id": CUSTOMER_ACCOUNT, "bucket": "cust-bucket", "prefix": "asymptote/events",
          "region": REGION, "worker-role-arn": WORKER_ROLE}


def conf(folder, queues=("acme",), url=f"https://sqs.{REGION}.amazonaws.com/{WORKER_ACCOUNT}/", aws="", **more):
    """A worker's configuration without customers."""
    lines = ", ".join(f'{{ name = "{q}"; url = "{url}{q}"; }}' for q in queues)
    path = folder / "worker.conf"
    path.write_text(f'aws = {{ region = "{REGION}"; {aws} }};\n'
                    'kafka = { properties = ( "bootstrap.servers=127.0.0.1:9" ); topic = "events"; '
                    f'rejects_topic = "rejects"; }};\nqueues = ( {lines} );\n')
    return path


def run(folder, *args, stdin=subprocess.DEVNULL, env=None, **values):
    options = [part for k, v in values.items() for part in (f"--{k}", v)]
    return subprocess.run([str(binary()), "onboard", "-c", "worker.conf", *args, *options], cwd=folder, stdin=stdin,
                          capture_output=True, text=True, timeout=120, env=env or clean_env())


def onboard(folder, *args, **values):
    done = run(folder, *args, **{**VALUES, **values})
    assert done.returncode == 0, done.stderr
    return json.loads((folder / values.get("id", "acme") / "customer.json").read_text())


def document(folder, name, id="acme"):
    return json.loads((folder / id / name).read_text())


def test_a_prefix_that_may_not_be_what_was_meant_is_a_warning_and_is_taken(tmp_path):
    folder = tmp_path
    conf(folder)
    for prefix, note in [("b-one/events", "begins with the bucket's name"), ("/events", "the slash at its beginning"),
                         ("s3://b-one/a/b.jsonl", "give its folder: a"), ("s3://b-one/b-one/events", None)]:
        done = run(folder, "--yes", **{**VALUES, "bucket": "b-one", "prefix": prefix})
        warnings = [line for line in done.stderr.splitlines() if line.startswith("asymptote-ingest onboard: warning:")]
        assert done.returncode == 0, done.stderr
        assert [note in line and "prefix: " in line for line in warnings] == ([True] if note else []), (prefix, done.stderr)
    done = run(folder, "--json", **{**VALUES, "bucket": "b-one", "prefix": "s3:/b-one/events"})
    assert done.returncode == 1 and "is an address" in done.stderr


# ---- What is written ----

WAYS = [{}, {"versioned": "true", "kms-key-arn": KEY}, {"prefix": HOSTILE, "format": HOSTILE}, {"via": "sns"},
        {"via": "eventbridge", "versioned": "true"},
        {"access-point": f"arn:aws:s3:{REGION}:{CUSTOMER_ACCOUNT}:accesspoint/events"}]


@pytest.mark.parametrize("way", WAYS, ids=lambda w: "-".join(w) or "plain")
def test_every_policy_follows_the_grammar_of_iam(tmp_path, way):
    conf(tmp_path)
    onboard(tmp_path, **way)
    policies = [p for p in tmp_path.rglob("*-policy.json") if p.name != "queue-policy-attribute.json"]
    assert len(policies) >= 4
    for path in policies:
        text = path.read_text()
        if path.name in ("role-policy.json", "worker-policy.json", "events-policy.json"):
            IAMPolicyDocumentValidator(text).validate()
        for statement in json.loads(text)["Statement"]:
            assert set(statement) <= {"Sid", "Effect", "Principal", "Action", "Resource", "Condition"}
            assert statement["Effect"] == "Allow" and ":root" not in json.dumps(statement.get("Principal", ""))


def test_cloudformation_is_what_cfn_lint_accepts(tmp_path):
    templates = []
    for i, way in enumerate(WAYS):
        folder = tmp_path / str(i)
        folder.mkdir()
        conf(folder)
        onboard(folder, **way)
        # cfn-lint takes ${$} of a policy, which is IAM's, for a Fn::Sub without one
        names = ("operator",) if way.get("prefix") == HOSTILE else ("customer", "operator")
        templates += [str(folder / "acme" / name / "template.json") for name in names]
    done = subprocess.run([os.path.join(os.path.dirname(sys.executable), "cfn-lint"), *templates, "--regions", REGION],
                          capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout
    stack = json.loads(open(templates[0]).read())
    role = stack["Resources"]["ReadRole"]["Properties"]
    assert role["AssumeRolePolicyDocument"] == document(tmp_path / "0", "customer/trust-policy.json")
    assert role["Policies"][0]["PolicyDocument"] == document(tmp_path / "0", "customer/role-policy.json")


def hcl_plain(value):
    """What python-hcl2 returns, without its quotes; a text as HCL reads it."""
    if isinstance(value, dict):
        return {hcl_plain(k): hcl_plain(v) for k, v in value.items() if k != "__is_block__"}
    if isinstance(value, list):
        return [hcl_plain(v) for v in value]
    if isinstance(value, str) and value.startswith('"'):
        return re.sub(r"([$%])\1\{", r"\1{", json.loads(value))
    if isinstance(value, str) and value.startswith("${jsonencode("):
        return hcl_plain(hcl2.loads("x = " + value[len("${jsonencode("):-2] + "\n")["x"])
    return value


@pytest.mark.parametrize("way", WAYS, ids=lambda w: "-".join(w) or "plain")
def test_terraform_has_the_same_policies(tmp_path, way):
    conf(tmp_path)
    customer = onboard(tmp_path, **way)
    found = {}
    for side in ("customer", "operator"):
        for block in hcl2.loads((tmp_path / "acme" / side / "main.tf").read_text())["resource"]:
            ((kind, named),) = hcl_plain(block).items()
            ((name, body),) = named.items()
            found[kind, name] = body
    assert found["aws_iam_role", "read"]["assume_role_policy"] == document(tmp_path, "customer/trust-policy.json")
    assert found["aws_iam_role", "read"]["name"] == "asymptote-s3-read-" + customer["external_id"][:8]
    assert found["aws_iam_role_policy", "read"]["policy"] == document(tmp_path, "customer/role-policy.json")
    assert found["aws_sqs_queue_policy", "notifications"]["policy"] == document(tmp_path, "operator/queue-policy.json")
    assert found["aws_sqs_queue", "notifications"]["message_retention_seconds"] == 14 * 86400
    assert found["aws_iam_role_policy", "worker"]["policy"] == document(tmp_path, "operator/worker-policy.json")


# ---- What the tools do with it ----

@pytest.fixture(scope="module")
def own_moto(tmp_path_factory):
    """Names are fixed, so these tests need a moto of their own. In moto both accounts are one."""
    with Moto(tmp_path_factory.mktemp("moto"), own_names=True) as running:
        yield running


def script(path, moto):
    """Run a script of onboard with the real AWS CLI on moto."""
    tools = path.parent / "bin"
    tools.mkdir(exist_ok=True)
    real = os.path.join(os.path.dirname(sys.executable), "aws")
    (tools / "aws").write_text(f'#!/bin/sh\nexec "{sys.executable}" "{real}" --endpoint-url {moto.url} "$@"\n')
    (tools / "aws").chmod(0o755)
    env = clean_env(PATH=f"{tools}{os.pathsep}{os.environ['PATH']}", AWS_EC2_METADATA_DISABLED="true",
                    **{k.upper(): v for k, v in KEYS.items()})
    done = subprocess.run([str(path)], env=env, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def enforce(moto, on):
    """Let moto check the policies of IAM from the next request on, or not."""
    request = urllib.request.Request(f"{moto.url}/moto-api/reset-auth", data=b"0" if on else b"inf",
                                     method="POST", headers={"Content-Type": "text/plain"})
    urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10).read()


@pytest.mark.parametrize("prefix", ["asymptote/events", HOSTILE], ids=["plain", "hostile"])
def test_the_commands_make_a_role_that_reads_the_prefix_and_nothing_else(tmp_path, own_moto, prefix):
    bucket, id = unique("cust-bucket"), unique("c")[:30]
    own_moto.bucket(bucket)
    other = {"Id": "other", "QueueArn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:others", "Events": ["s3:ObjectRemoved:*"]}
    own_moto.sqs.create_queue(QueueName="others")
    own_moto.s3.put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"QueueConfigurations": [other], "EventBridgeConfiguration": {}})
    role = f"arn:aws:iam::{ACCOUNT}:role/{id}-worker"
    own_moto.iam.create_role(RoleName=f"{id}-worker", AssumeRolePolicyDocument=json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"},
                                                 "Action": "sts:AssumeRole"}]}))
    conf(tmp_path, queues=(id,), url=f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/")
    customer = onboard(tmp_path, **{**VALUES, "id": id, "account-id": ACCOUNT, "bucket": bucket, "prefix": prefix,
                                    "worker-role-arn": role})
    script(tmp_path / id / "operator/commands.sh", own_moto)
    printed = script(tmp_path / id / "customer/commands.sh", own_moto)
    assert printed.splitlines()[-1] == customer["role_arn"]
    assert not list(tmp_path.rglob("x"))  # no value was a command

    # the operator's side
    url = own_moto.sqs.get_queue_url(QueueName=id)["QueueUrl"]
    queue = own_moto.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert json.loads(queue["Policy"]) == document(tmp_path, "operator/queue-policy.json", id)
    assert queue["MessageRetentionPeriod"] == str(14 * 86400)
    assert json.loads(queue["RedrivePolicy"])["maxReceiveCount"] in (20, "20")
    dead = own_moto.sqs.get_queue_attributes(QueueUrl=url + "-dead", AttributeNames=["All"])["Attributes"]
    assert dead["MessageRetentionPeriod"] == str(14 * 86400)
    (name,) = own_moto.iam.list_role_policies(RoleName=f"{id}-worker")["PolicyNames"]
    assert name == f"ingest-{id}"

    # the notifications that were there stay
    told = own_moto.s3.get_bucket_notification_configuration(Bucket=bucket)
    assert {c["Id"] for c in told["QueueConfigurations"]} == {"other", f"asymptote-ingest-{id}"}
    # both can be repeated, the operator's also for a queue that was another customer's
    script(tmp_path / id / "customer/commands.sh", own_moto)
    own_moto.sqs.set_queue_attributes(QueueUrl=url, Attributes={
        "Policy": queue["Policy"].replace(id, "gone"), "MessageRetentionPeriod": "3600"})
    script(tmp_path / id / "operator/commands.sh", own_moto)
    assert own_moto.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]["Policy"] == \
        queue["Policy"]

    # the role, with IAM enforced
    keys = [f"{prefix}/a.jsonl", f"{prefix}-old/b.jsonl", "c.jsonl"]
    for key in keys:
        own_moto.s3.put_object(Bucket=bucket, Key=key, Body=b"{}\n")
    sts = own_moto.client("sts")
    session = sts.assume_role(RoleArn=customer["role_arn"], RoleSessionName="test",
                              ExternalId=customer["external_id"])["Credentials"]
    config = botocore.config.Config(proxies={}, s3={"addressing_style": "path"}, retries={"max_attempts": 1})
    s3 = boto3.client("s3", endpoint_url=own_moto.url, region_name=REGION, config=config,
                      aws_access_key_id=session["AccessKeyId"], aws_secret_access_key=session["SecretAccessKey"],
                      aws_session_token=session["SessionToken"])
    enforce(own_moto, True)
    try:
        if prefix != HOSTILE:  # moto knows no ${$}, and compares encoded keys
            assert s3.get_object(Bucket=bucket, Key=keys[0])["Body"].read() == b"{}\n"
        for forbidden in (lambda: s3.get_object(Bucket=bucket, Key=keys[1]),
                          lambda: s3.get_object(Bucket=bucket, Key=keys[2]),
                          lambda: s3.put_object(Bucket=bucket, Key=keys[0], Body=b""),
                          lambda: s3.delete_object(Bucket=bucket, Key=keys[0]),
                          lambda: s3.put_bucket_notification_configuration(Bucket=bucket,
                                                                           NotificationConfiguration={})):
            with pytest.raises(botocore.exceptions.ClientError) as denied:
                forbidden()
            assert denied.value.response["Error"]["Code"] == "AccessDenied"
    finally:
        enforce(own_moto, False)


@pytest.mark.parametrize("via", ["sns", "eventbridge"])
def test_the_commands_of_the_other_ways_are_accepted(tmp_path, own_moto, via):
    bucket, id = unique("cust-bucket"), unique("c")[:30]
    own_moto.bucket(bucket)
    own_moto.iam.create_role(RoleName=f"{id}-worker", AssumeRolePolicyDocument=json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"},
                                                 "Action": "sts:AssumeRole"}]}))
    conf(tmp_path, queues=(id,), url=f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/")
    onboard(tmp_path, **{**VALUES, "id": id, "account-id": ACCOUNT, "bucket": bucket, "via": via,
                         "worker-role-arn": f"arn:aws:iam::{ACCOUNT}:role/{id}-worker"})
    script(tmp_path / id / "operator/commands.sh", own_moto)
    script(tmp_path / id / "customer/commands.sh", own_moto)
    if via == "sns":
        script(tmp_path / id / "operator/subscribe.sh", own_moto)
        topics = own_moto.sns.list_subscriptions()["Subscriptions"]
        assert any(t["Endpoint"].endswith(f":{id}") for t in topics)
    else:
        (target,) = own_moto.events.list_targets_by_rule(Rule=f"asymptote-events-{id}")["Targets"]
        assert target["Arn"].endswith(f":{id}")


# ---- On an AWS that checks everything ----

def allowed(policy, action, resource, **context):
    return iam.evaluate([policy], action, resource,
                        {k.replace("_", ":", 1): v for k, v in context.items()}) == iam.ALLOW


@pytest.mark.parametrize("prefix", ["asymptote/events", HOSTILE], ids=["plain", "hostile"])
def test_the_generated_policies_allow_the_prefix_and_nothing_else(tmp_path, prefix):
    conf(tmp_path)
    onboard(tmp_path, prefix=prefix)
    role, bucket = document(tmp_path, "customer/role-policy.json"), "arn:aws:s3:::cust-bucket"
    assert allowed(role, "s3:GetObject", f"{bucket}/{prefix}/a/b.gz")
    assert allowed(role, "s3:ListBucket", bucket, s3_prefix=f"{prefix}/2026")
    for key in (f"{prefix}-old/a", "a", prefix, f"x{prefix}/a"):
        assert not allowed(role, "s3:GetObject", f"{bucket}/{key}")
        assert key == prefix or not allowed(role, "s3:ListBucket", bucket, s3_prefix=key)
    for action in ("s3:PutObject", "s3:DeleteObject", "s3:GetObjectVersion", "s3:PutBucketNotification"):
        assert not allowed(role, action, f"{bucket}/{prefix}/a")
    queue = document(tmp_path, "operator/queue-policy.json")
    ours = {"aws_SourceArn": "arn:aws:s3:::cust-bucket", "aws_SourceAccount": CUSTOMER_ACCOUNT}
    arn = f"arn:aws:sqs:{REGION}:{WORKER_ACCOUNT}:acme"
    assert allowed(queue, "sqs:SendMessage", arn, **ours)
    assert not allowed(queue, "sqs:SendMessage", arn, **{**ours, "aws_SourceAccount": "999999999999"})


def arrange(strict, folder, **way):
    """The customer on the strict fake, with roles of the generated policies. Returns customer.json, and the
    worker's environment."""
    strict.fake.add_queue("acme", dead_letters="acme-dead", max_receives=20)
    url = strict.fake.queue("acme")["url"]
    conf(folder, url=url.removesuffix("acme"),
         aws="" if strict.own_names else f'endpoint_sts = "{strict.fake.endpoint}";')
    customer = onboard(folder, **way)
    strict.fake.change_queue("acme", attributes={"Policy": json.dumps(document(folder, "operator/queue-policy.json"))})
    strict.fake.add_role(WORKER_ROLE, trust={"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]},
        policies=[document(folder, "operator/worker-policy.json")])
    strict.fake.add_bucket("cust-bucket", versioning=way.get("versioned") == "true")
    strict.fake.notify("cust-bucket", "acme", VALUES["prefix"] + "/")
    session = strict.fake.session(WORKER_ROLE)
    return customer, {"AWS_ACCESS_KEY_ID": session["access_key"], "AWS_SECRET_ACCESS_KEY": session["secret"],
                      "AWS_SESSION_TOKEN": session["token"]}


def customers_role(strict, folder, customer, **changes):
    strict.fake.add_role(customer["role_arn"], **{"trust": document(folder, "customer/trust-policy.json"),
                                                  "policies": [document(folder, "customer/role-policy.json")],
                                                  **changes})


@pytest.mark.parametrize("way", [{}, {"versioned": "true"}, {"kms-key-arn": True}], ids=lambda w: "-".join(w) or "plain")
def test_a_customer_from_the_first_value_to_the_first_event(strict: StrictWorld, tmp_path, way):
    key = strict.fake.add_kms_key() if way.get("kms-key-arn") else None
    way = {**way, **({"kms-key-arn": key} if key else {})}
    customer, env = arrange(strict, tmp_path, **way)
    customers_role(strict, tmp_path, customer)
    assert not (tmp_path / "customers.d/acme.conf").exists()
    outputs = {"Stacks": [{"Outputs": [{"OutputKey": "RoleArn", "OutputValue": customer["role_arn"]}]}]}
    (tmp_path / "outputs.json").write_text(json.dumps(outputs))
    done = run(tmp_path, "--skip-verify", env=clean_env(**env), complete="acme", **{"stack-outputs": "outputs.json"})
    assert done.returncode == 0, done.stderr
    assert "cannot be assumed without the external id" in done.stderr
    assert not (tmp_path / "customers.d/acme.pending").exists()
    # The worker, whose configuration is beside customers.d/, so that it reads the entry.
    settings = strict.settings()
    settings["queues"] = [{"name": "acme", "url": strict.fake.queue("acme")["url"], "wait": "2s"}]
    assert settings.pop("customers", []) == [] and strict.folder == tmp_path
    strict.workers.append(Worker(strict.folder, settings, **env))
    strict.fake.put_object("cust-bucket", "asymptote/events/a.jsonl", '{"user":"ana","action":"read"}\n',
                           **({"kms_key": key} if key else {}))
    strict.workers[-1].logged(msg="object done", customer="acme")


def test_objects_are_read_through_an_access_point(strict: StrictWorld, tmp_path):
    """With AWS's host names: that of the access point. The role may not read the bucket past it."""
    strict.use_own_names()
    point = f"arn:aws:s3:{REGION}:{CUSTOMER_ACCOUNT}:accesspoint/events"
    customer, env = arrange(strict, tmp_path, **{"access-point": point})
    assert strict.fake.add_access_point("events", "cust-bucket")["arn"] == point
    customers_role(strict, tmp_path, customer)
    env.update(HTTPS_PROXY=strict.fake.endpoint, AWS_CA_BUNDLE=str(strict.fake.ca_file))
    done = run(tmp_path, "--skip-verify", env=clean_env(**env), complete="acme", wait="0")
    assert done.returncode == 0, done.stderr
    assert f'access_point = "{point}";' in (tmp_path / "customers.d/acme.conf").read_text()
    settings = strict.settings()
    settings["queues"] = [{"name": "acme", "url": strict.fake.queue("acme")["url"], "wait": "2s"}]
    settings.pop("customers")
    strict.workers.append(Worker(strict.folder, settings, **env))
    strict.fake.put_object("cust-bucket", "asymptote/events/a.jsonl", '{"user":"ana","action":"read"}\n')
    strict.workers[-1].logged(msg="object done", customer="acme")
    role = document(tmp_path, "customer/role-policy.json")
    read = "arn:aws:s3:::cust-bucket/asymptote/events/a.jsonl"
    assert not allowed(role, "s3:GetObject", read)
    assert allowed(role, "s3:GetObject", read, s3_DataAccessPointArn=point)


def test_a_new_role_is_waited_for_and_then_used(strict: StrictWorld, tmp_path):
    customer, env = arrange(strict, tmp_path)
    started = subprocess.Popen([str(binary()), "onboard", "-c", "worker.conf", "--complete", "acme", "--skip-verify"], cwd=tmp_path,
                               env=clean_env(**env), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)
    line = started.stderr.readline()
    assert "AccessDenied" in line and "of 60 s" in line
    assert not (tmp_path / "customers.d/acme.conf").exists()
    customers_role(strict, tmp_path, customer)
    out, err = started.communicate(timeout=60)
    assert started.returncode == 0, err
    assert "customer acme: complete" in out


def test_a_completed_customer_is_verified_and_new_policies_are_waited_for(strict: StrictWorld, tmp_path):
    customer, env = arrange(strict, tmp_path)
    path = tmp_path / "worker.conf"
    for was, now in (("127.0.0.1:9", strict.kafka.bootstrap), ('"events"', f'"{strict.events_topic}"'),
                     ('"rejects"', f'"{strict.rejects_topic}"'),
                     ("endpoint_sts", f'endpoint_s3 = "{strict.fake.endpoint}"; endpoint_sts')):
        path.write_text(path.read_text().replace(was, now))
    customers_role(strict, tmp_path, customer)
    strict.fake.change_role(customer["role_arn"], policies=[])
    started = subprocess.Popen([str(binary()), "onboard", "-c", "worker.conf", "--complete", "acme"], cwd=tmp_path,
                               env=clean_env(**env), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)
    seen = [started.stderr.readline() for _ in range(3)]
    assert re.match(r"prefix.list: denied; new policies are known everywhere after some seconds \(\d+ of 60 s\)", seen[2]), seen
    strict.fake.change_role(customer["role_arn"], policies=[document(tmp_path, "customer/role-policy.json")])
    out, err = started.communicate(timeout=60)
    assert "customer acme: complete" in out and re.search(r"^  ok    prefix\.list ", out, re.M), out + err
    assert re.search(r"^  ok    role\.wrong_id ", out, re.M) and "0 FAIL" in out.splitlines()[-1], out
    assert started.returncode == 0
    assert (tmp_path / "customers.d/acme.conf").exists()


def test_a_completed_customer_of_whom_a_check_fails_is_an_error(strict: StrictWorld, tmp_path):
    customer, env = arrange(strict, tmp_path)
    customers_role(strict, tmp_path, customer)
    done = run(tmp_path, env=clean_env(**env), complete="acme", wait="0")
    assert done.returncode == 1 and "not all checks passed" in done.stderr
    assert re.search(r"^  FAIL  topic\.exists ", done.stdout, re.M)
    assert (tmp_path / "customers.d/acme.conf").exists()


def test_a_role_that_stays_denied_leaves_the_entry_pending(strict: StrictWorld, tmp_path):
    _, env = arrange(strict, tmp_path)
    done = run(tmp_path, env=clean_env(**env), complete="acme", wait="0")
    assert done.returncode == 1 and "The entry stays pending" in done.stderr
    assert (tmp_path / "customers.d/acme.pending").exists() and not (tmp_path / "customers.d/acme.conf").exists()


def test_a_role_that_requires_no_external_id_is_refused(strict: StrictWorld, tmp_path):
    customer, env = arrange(strict, tmp_path)
    trust = document(tmp_path, "customer/trust-policy.json")
    del trust["Statement"][0]["Condition"]
    customers_role(strict, tmp_path, customer, trust=trust)
    done = run(tmp_path, env=clean_env(**env), complete="acme", wait="0")
    assert done.returncode == 1 and "can be assumed without an external id" in done.stderr
    assert (tmp_path / "customers.d/acme.pending").exists()


# ---- The command ----

def test_a_second_run_changes_nothing_and_a_change_is_shown_first(tmp_path):
    conf(tmp_path)
    first = onboard(tmp_path)
    before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    again = run(tmp_path, **VALUES)
    assert again.stdout == "customer acme: nothing changes\n"
    refused = run(tmp_path, id="acme", **{"kms-key-arn": KEY})
    assert refused.returncode == 1 and f"+ kms_key_arn = \"{KEY}\";" in refused.stderr
    assert {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()} == before
    told = json.loads(run(tmp_path, "--yes", "--json", id="acme", **{"kms-key-arn": KEY}).stdout)
    assert told["result"] == "written" and told["external_id"] == first["external_id"]
    assert {"path": "customers.d/acme.pending", "change": "changed"} in told["files"]
    assert first["external_id"] in (tmp_path / "customers.d/acme.pending").read_text()


def test_a_second_customer_is_refused_with_the_name_of_the_first(tmp_path):
    conf(tmp_path, queues=("acme", "globex"))
    onboard(tmp_path)
    for changes, part in [({"prefix": "asymptote"}, "of customer acme"),
                          ({"prefix": "asymptote/events/2026"}, "of customer acme"),
                          ({"queue": "acme", "prefix": "other", "via": "sns"}, "queue acme has 1 other"),
                          ({"queue": "none", "prefix": "other"}, "no queue of worker.conf is named \"none\"")]:
        done = run(tmp_path, **{**VALUES, "id": "globex", **changes})
        assert done.returncode == 1 and part in done.stderr, done.stderr
    done = run(tmp_path, **{**VALUES, "account-id": "999999999999"})
    assert done.returncode == 1 and f"customer acme is of account {CUSTOMER_ACCOUNT}" in done.stderr
    assert "remove customers.d/acme.pending and ./acme/" in done.stderr
    assert not (tmp_path / "globex").exists()
    # a queue of two has a statement of each
    onboard(tmp_path, id="globex", queue="acme", prefix="other")
    policy = document(tmp_path, "operator/queue-policy.json", "globex")
    assert [s["Sid"] for s in policy["Statement"]] == ["globex", "acme"]


def test_the_letter_names_the_session_as_the_worker_does(tmp_path):
    conf(tmp_path)
    onboard(tmp_path)
    (tmp_path / "customers.d/acme.pending").rename(tmp_path / "customers.d/acme.conf")
    printed = subprocess.run([str(binary()), "check-config", "-c", "worker.conf", "--print"], cwd=tmp_path,
                             capture_output=True, text=True, timeout=60, env=clean_env()).stdout
    (name,) = re.findall(r'session_name = "(.*?)"', printed)
    for letter in ("letter.md", "letter.txt"):
        assert re.search(rf"The session name is `?{name}`?\.", (tmp_path / "acme" / letter).read_text())


def test_pending_customers_are_not_read_by_the_worker(tmp_path):
    conf(tmp_path)
    onboard(tmp_path)
    done = subprocess.run([str(binary()), "check-config", "-c", "worker.conf", "--print"], cwd=tmp_path,
                          capture_output=True, text=True, timeout=60, env=clean_env())
    assert done.returncode == 0 and "customers: there is none" in done.stderr
    (tmp_path / "customers.d/acme.pending").rename(tmp_path / "customers.d/acme.conf")
    done = subprocess.run([str(binary()), "check-config", "-c", "worker.conf", "--print"], cwd=tmp_path,
                          capture_output=True, text=True, timeout=60, env=clean_env())
    assert done.returncode == 0 and 'prefix = "asymptote/events"' in done.stdout


def test_hostile_values_are_in_the_entry_as_they_are(tmp_path):
    conf(tmp_path)
    onboard(tmp_path, prefix=HOSTILE)
    (tmp_path / "customers.d/acme.pending").rename(tmp_path / "customers.d/acme.conf")
    again = run(tmp_path, id="acme")
    assert again.returncode == 0 and again.stdout == "customer acme: nothing changes\n", again.stderr
    assert document(tmp_path, "customer.json")["prefix"] == HOSTILE


def test_values_that_cannot_work_are_refused_together_and_nothing_is_written(tmp_path):
    conf(tmp_path)
    done = run(tmp_path, **{**VALUES, "prefix": "a/*", "bucket": "No", "worker-role-arn":
                            f"arn:aws:iam::{WORKER_ACCOUNT}:root"})
    assert done.returncode == 1
    for part in ("prefix: has a wildcard", "bucket: is not a bucket's name", "worker_role_arn: is not a role's ARN"):
        assert part in done.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["worker.conf"]
    done = run(tmp_path, id="acme")
    assert done.returncode == 1 and "account_id: is missing" in done.stderr and "--help" in done.stderr


def test_a_placeholder_is_refused_at_once_and_nothing_is_written(tmp_path):
    conf(tmp_path)
    for values in ({"prefix": "YOUR-PREFIX"}, {"prefix": "<prefix>"}, {"bucket": "your-bucket"}):
        done = run(tmp_path, **{**VALUES, **values})
        assert done.returncode == 1 and "was not replaced" in done.stderr, done.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["worker.conf"]


@pytest.mark.parametrize("broken", ['prefix = "YOUR-PREFIX";', "prefix = ", 'bucket = "s3://x/y";'])
def test_a_broken_pending_entry_costs_only_itself(tmp_path, broken):
    conf(tmp_path, queues=("acme", "globex", "hooli"))
    onboard(tmp_path, id="globex", prefix="globex", queue="globex")
    pending = tmp_path / "customers.d/globex.pending"
    good = pending.read_text()
    pending.write_text(re.sub(rf"^{broken.split()[0]} = .*$", broken, good, flags=re.M))
    # another customer, and a change of it
    onboard(tmp_path)
    done = run(tmp_path, "--yes", **{"id": "acme", "versioned": "true"})
    assert done.returncode == 0 and "globex.pending: is left out of this run" in done.stderr, done.stderr
    # it cannot be completed, but is corrected as any other
    done = run(tmp_path, "--complete", "globex")
    assert done.returncode == 1 and "globex.pending: is left out of this run" in done.stderr, done.stderr
    done = run(tmp_path, "--yes", **{"id": "globex"})
    assert done.returncode == 0, done.stderr
    assert pending.read_text() == good
    assert run(tmp_path, id="acme").stderr == ""


def test_of_two_customers_in_conflict_the_pending_one_is_left_out(tmp_path):
    conf(tmp_path, queues=("acme", "globex", "hooli"))
    onboard(tmp_path, queue="acme")
    onboard(tmp_path, id="globex", queue="globex", prefix="globex")
    (tmp_path / "customers.d/globex.pending").rename(tmp_path / "customers.d/globex.conf")
    entry = tmp_path / "customers.d/acme.pending"
    entry.write_text(entry.read_text().replace('"asymptote/events"', '"globex/a"'))
    done = run(tmp_path, **{**VALUES, "id": "hooli", "queue": "hooli", "prefix": "hooli"})
    assert done.returncode == 0 and "acme.pending: is left out" in done.stderr, done.stderr


def test_an_address_as_the_prefix_names_the_bucket_too(tmp_path):
    conf(tmp_path)
    values = {k: v for k, v in VALUES.items() if k != "bucket"}
    done = run(tmp_path, **{**values, "prefix": "s3://cust-bucket/asymptote/events/"})
    assert done.returncode == 0, done.stderr
    customer = document(tmp_path, "customer.json")
    assert (customer["bucket"], customer["prefix"]) == ("cust-bucket", "asymptote/events")


def test_what_is_no_file_is_not_read_or_replaced(tmp_path):
    conf(tmp_path)
    secret = tmp_path / "secret"
    secret.write_text("top secret\n")
    (tmp_path / "acme").mkdir()
    (tmp_path / "acme/letter.md").symlink_to(secret)
    done = run(tmp_path, "--yes", **VALUES)
    assert done.returncode == 1 and "acme/letter.md: is there, but is no regular file" in done.stderr
    assert "top secret" not in done.stderr and secret.read_text() == "top secret\n"
    assert not (tmp_path / "customers.d").exists()


def test_questions_are_answered_on_a_terminal(tmp_path):
    conf(tmp_path)
    parent, child = pty.openpty()
    started = subprocess.Popen([str(binary()), "onboard", "-c", "worker.conf", "--bucket", "cust-bucket"], cwd=tmp_path,
                               stdin=child, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=clean_env())
    answers = ["acme", "4444", CUSTOMER_ACCOUNT, "s3://cust-bucket/asymptote/events/", "", "", "", "", "", "",
               WORKER_ROLE, "", "every 5 minutes", ""]
    os.write(parent, "".join(a + "\n" for a in answers).encode())
    out, err = started.communicate(timeout=60)
    os.close(parent)
    os.close(child)
    assert started.returncode == 0, err
    assert "is not an account id (12 digits)" in err and "Only keys under it are read" in err
    made = document(tmp_path, "customer.json")
    assert made["prefix"] == "asymptote/events" and made["cadence"] == "every 5 minutes" and made["queue"] == "acme"


def test_notifications_are_merged_and_an_overlap_is_named(tmp_path):
    conf(tmp_path)
    onboard(tmp_path)
    other = {"Id": "other", "QueueArn": "arn:aws:sqs:eu-west-1:1:q", "Events": ["s3:ObjectRemoved:*"]}
    (tmp_path / "now.json").write_text(json.dumps({"QueueConfigurations": [other], "EventBridgeConfiguration": {}}))
    done = run(tmp_path, id="acme", **{"merge-notifications": "now.json"})
    assert done.returncode == 0, done.stderr
    merged = json.loads(done.stdout)
    assert merged["QueueConfigurations"] == [
        other, document(tmp_path, "customer/notification.json")["QueueConfigurations"][0]]
    assert merged["EventBridgeConfiguration"] == {}
    (tmp_path / "now.json").write_text(json.dumps({"QueueConfigurations": [{**other, "Events": ["s3:ObjectCreated:*"]}]}))
    done = run(tmp_path, id="acme", **{"merge-notifications": "now.json"})
    assert done.returncode == 1 and "the rule other of QueueConfigurations" in done.stderr and done.stdout == ""
