# SPDX-License-Identifier: Apache-2.0
"""docs/aws.md runs as written: its commands by the AWS CLI on moto, its policies on the strict
fake.
"""
import json
import os
import re
import subprocess
import sys

import pytest

from integration.fakeaws import CUSTOMER_ACCOUNT, WORKER_ACCOUNT, iam

from .parts import page
from .parts.aws import ACCOUNT, KEYS, REGION, Moto, unique
from .parts.places import binary
from .parts.process import clean_env
from .parts.strict import StrictWorld
from .parts.wait import until
from .parts.worker import Worker

OTHER = {"QueueArn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:others", "Events": ["s3:ObjectRemoved:*"]}


class Shell:
    """Runs parts of the page in one folder, as one shell would: variables are kept."""

    def __init__(self, folder, url):
        self.folder, self.url, home = folder, url, folder / "home"
        (home / ".aws").mkdir(parents=True)
        (home / ".aws/config").write_text("[profile operator]\noutput = json\n[profile customer]\noutput = json\n")
        keys = "".join(f"{k} = {v}\n" for k, v in KEYS.items())
        (home / ".aws/credentials").write_text(f"[operator]\n{keys}[customer]\n{keys}")
        self.env = clean_env(HOME=str(home), AWS_EC2_METADATA_DISABLED="true",
                             PATH=os.pathsep.join([os.path.dirname(sys.executable), str(binary().parent),
                                                   os.environ["PATH"]]))

    def run(self, text):
        # Not AWS_ENDPOINT_URL: version 1 of the CLI prefers its own host for SQS.
        start = f'aws() {{ command aws --endpoint-url {self.url} "$@"; }}\n'
        return subprocess.run(["bash", "-euo", "pipefail", "-c", start + text], cwd=self.folder, env=self.env, timeout=300,
                              capture_output=True, text=True)


@pytest.fixture(scope="module")
def own_moto(tmp_path_factory):
    """The page uses fixed names, so it needs its own moto."""
    with Moto(tmp_path_factory.mktemp("moto"), own_names=True) as running:
        yield running


@pytest.fixture(scope="module")
def applied(own_moto, tmp_path_factory):
    """The whole page on moto, where both accounts are one. The bucket already has notifications to another
    queue."""
    folder, bucket = tmp_path_factory.mktemp("page"), unique("cust-bucket")
    own_moto.bucket(bucket)
    own_moto.queue("others")
    own_moto.s3.put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"QueueConfigurations": [{"Id": "other", **OTHER}],
                                                  "EventBridgeConfiguration": {}})
    text = page.assigned(page.script(), OPERATOR_ACCOUNT=ACCOUNT, CUSTOMER_ACCOUNT=ACCOUNT, BUCKET=bucket)
    shell = Shell(folder, own_moto.url)
    done = shell.run(text)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == "asymptote-ingest.conf: 0 errors, 0 warnings\n"
    return shell, bucket, text


def test_every_command_of_the_page_is_accepted_and_does_what_it_says(applied, own_moto):
    _, bucket, _ = applied
    url = own_moto.sqs.get_queue_url(QueueName="ingest")["QueueUrl"]
    queue = own_moto.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert queue["MessageRetentionPeriod"] == str(14 * 86400)
    assert json.loads(queue["RedrivePolicy"])["deadLetterTargetArn"].endswith(":ingest-dead")
    (statement,) = json.loads(queue["Policy"])["Statement"]
    assert statement["Condition"]["ArnLike"] == {"aws:SourceArn": f"arn:aws:s3:*:*:{bucket}"}

    role = own_moto.iam.get_role(RoleName="asymptote-s3-read")["Role"]
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"AWS": own_moto.iam.get_role(RoleName="ingest-worker")["Role"]["Arn"]}
    assert re.fullmatch("[0-9a-f-]{36}", trust["Condition"]["StringEquals"]["sts:ExternalId"])
    assert set(own_moto.iam.list_role_policies(RoleName="asymptote-s3-read")["PolicyNames"]) == {
        "read-events", "read-versions", "decrypt-events"}
    (profile,) = own_moto.iam.list_instance_profiles_for_role(RoleName="ingest-worker")["InstanceProfiles"]
    assert profile["InstanceProfileName"] == "ingest-worker"


def test_the_notification_is_merged_into_those_that_are_there(applied, own_moto):
    shell, bucket, text = applied

    def entries():
        told = own_moto.s3.get_bucket_notification_configuration(Bucket=bucket)
        return {e["Id"]: e for e in told["QueueConfigurations"]}
    assert set(entries()) == {"other", "asymptote-ingest-acme"}
    assert OTHER.items() <= entries()["other"].items()
    # A second time, with another prefix: the notification is replaced, not added.
    start = text.index("cat > notification.json")
    again = re.search(r"QUEUE_ARN=.*\n", text).group(0) + text[start:text.index("cat > asymptote-ingest.conf")]
    head = f"REGION={REGION} OPERATOR_ACCOUNT={ACCOUNT} BUCKET={bucket} CUSTOMER=acme PREFIX=elsewhere\nexport AWS_PROFILE=customer AWS_DEFAULT_REGION=$REGION\n"
    done = shell.run(head + again)
    assert done.returncode == 0, done.stderr
    assert set(entries()) == {"other", "asymptote-ingest-acme"}
    (rule,) = entries()["asymptote-ingest-acme"]["Filter"]["Key"]["FilterRules"]
    assert rule["Value"] == "elsewhere/"
    assert done.returncode == 0 and shell.run(head.replace("elsewhere", "asymptote/events") + again).returncode == 0


def test_a_bucket_that_notified_nobody_gets_the_one_entry(applied, own_moto):
    shell, _, text = applied
    bucket = own_moto.bucket(unique("quiet-bucket"))
    start = text.index("cat > notification.json")
    part = text[start:text.index("cat > asymptote-ingest.conf")]
    done = shell.run(f"QUEUE_ARN=arn:aws:sqs:{REGION}:{ACCOUNT}:ingest BUCKET={bucket} CUSTOMER=acme PREFIX=p\n"
                     f"export AWS_PROFILE=customer AWS_DEFAULT_REGION={REGION}\n" + part)
    assert done.returncode == 0, done.stderr
    told = own_moto.s3.get_bucket_notification_configuration(Bucket=bucket)
    assert [e["Id"] for e in told["QueueConfigurations"]] == ["asymptote-ingest-acme"]


def test_the_worker_delivers_the_object_of_the_page_with_its_configuration(applied, own_moto, kafka, tmp_path):
    shell, _, _ = applied
    topics = [kafka.create_topic(unique(name)) for name in ("events", "rejects")]
    text = (shell.folder / "asymptote-ingest.conf").read_text()
    endpoints = "".join(f'endpoint_{s} = "{own_moto.url}"; ' for s in ("sqs", "s3", "sts"))
    for old, new in {"aws = { ": "aws = { " + endpoints, "broker1:9092,broker2:9092": kafka.bootstrap,
                     "asymptote-events": topics[0], "asymptote-rejects": topics[1],
                     # moto requires no external id
                     "customers = ( {": "customers = ( { accept_role_without_external_id = true;"}.items():
        assert text.count(old) == 1
        text = text.replace(old, new)
    with Worker(tmp_path, text) as worker:
        until(lambda: kafka.count(topics[0]) + kafka.count(topics[1]), worker.tail, 30, alive=worker)
        (record,) = kafka.read(topics[0])
        assert json.loads(record.value)["ingest"]["object"].endswith("/asymptote/events/try.jsonl")
    for topic in topics:
        kafka.delete_topic(topic)


VALUES = {"CUSTOMER": "acme", "BUCKET": "cust-bucket", "PREFIX": "asymptote/events", "EXTERNAL_ID": "id-of-acme-1",
          "CUSTOMER_ACCOUNT": CUSTOMER_ACCOUNT, "QUEUE_ARN": f"arn:aws:sqs:{REGION}:{WORKER_ACCOUNT}:ingest",
          "DEAD_LETTER_QUEUE_ARN": f"arn:aws:sqs:{REGION}:{WORKER_ACCOUNT}:ingest-dead",
          "WORKER_ROLE_ARN": f"arn:aws:iam::{WORKER_ACCOUNT}:role/ingest-worker",
          "CUSTOMER_ROLE_ARN": f"arn:aws:iam::{CUSTOMER_ACCOUNT}:role/asymptote-s3-read"}


def _policy(name, **more):
    return json.loads(page.policy(name, **VALUES, **more))


def test_the_policies_on_the_page_are_those_in_the_tree():
    on_page = {name: body for name, body in page.written(page.script()).items() if name.endswith(".json")}
    in_tree = {p.name: p.read_text() for p in page.POLICIES.iterdir()}
    assert on_page == in_tree


def _arranged(strict, *more_policies, **customer):
    """The page's roles and policies on the strict fake; the worker has a session of its role."""
    strict.fake.add_queue("ingest", dead_letters="ingest-dead", max_receives=20,
                          attributes={"Policy": json.dumps(_policy("queue-policy.json"))})
    strict.fake.add_role(VALUES["WORKER_ROLE_ARN"], trust=_policy("worker-trust-policy.json"),
                         policies=[_policy("worker-policy.json")])
    strict.fake.add_role(VALUES["CUSTOMER_ROLE_ARN"], trust=_policy("trust-policy.json"),
                         policies=[_policy("role-policy.json"), *more_policies])
    strict.fake.add_bucket("cust-bucket", versioning="versioned" in customer)
    strict.fake.notify("cust-bucket", "ingest", "asymptote/events/")
    session = strict.fake.session(VALUES["WORKER_ROLE_ARN"])
    queue = strict.fake.queue("ingest")
    settings = strict.settings()
    settings["queues"] = [{"name": "main", "url": queue["url"], "wait": "2s"}]
    settings["customers"] = [{"id": "acme", "queue": "main", "bucket": "cust-bucket", "prefix": "asymptote/events",
                              "account_id": CUSTOMER_ACCOUNT, "role_arn": VALUES["CUSTOMER_ROLE_ARN"],
                              "external_id": VALUES["EXTERNAL_ID"], **customer}]
    strict.workers.append(Worker(strict.folder, settings, AWS_ACCESS_KEY_ID=session["access_key"],
                                 AWS_SECRET_ACCESS_KEY=session["secret"], AWS_SESSION_TOKEN=session["token"]))
    return strict.workers[-1]


def test_the_policies_of_the_page_are_enough_on_an_aws_that_checks_them(strict: StrictWorld):
    worker = _arranged(strict)
    strict.fake.put_object("cust-bucket", "asymptote/events/a.jsonl", '{"user":"ana","action":"read"}\n')
    worker.logged(msg="object done", customer="acme")
    # ... also to distinguish a missing object from a denied one,
    strict.fake.put_object("cust-bucket", "asymptote/events/b.jsonl", '{"user":"ana","action":"read"}\n')
    gone = strict.fake.notification("cust-bucket", "asymptote/events/b.jsonl")
    strict.fake.delete_object("cust-bucket", "asymptote/events/b.jsonl")
    strict.fake.send_message("ingest", gone)
    assert worker.logged(error="gone")
    # ... and both checks of the external id are denied, as the page says.
    assert [e["code"] for e in strict.fake.log(action="AssumeRole")] == [None, "AccessDenied", "AccessDenied"]


def test_a_version_is_read_with_the_policy_for_it_and_not_without(strict: StrictWorld):
    worker = _arranged(strict, _policy("versions-policy.json"), versioned=True)
    strict.fake.put_object("cust-bucket", "asymptote/events/a.jsonl", '{"user":"ana","action":"read"}\n')
    worker.logged(msg="object done", customer="acme")
    strict.fake.change_role(VALUES["CUSTOMER_ROLE_ARN"], policies=[_policy("role-policy.json")])
    strict.fake.put_object("cust-bucket", "asymptote/events/b.jsonl", '{"user":"ana","action":"read"}\n')
    assert worker.logged(error="denied")


def test_an_object_under_kms_is_read_with_the_policy_for_it_and_not_without(strict: StrictWorld):
    key = strict.fake.add_kms_key()
    worker = _arranged(strict, _policy("kms-policy.json", KMS_KEY_ARN=key), kms_key_arn=key)
    strict.fake.put_object("cust-bucket", "asymptote/events/a.jsonl", '{"user":"ana","action":"read"}\n', kms_key=key)
    worker.logged(msg="object done", customer="acme")
    strict.fake.change_role(VALUES["CUSTOMER_ROLE_ARN"], policies=[_policy("role-policy.json")])
    strict.fake.put_object("cust-bucket", "asymptote/events/b.jsonl", '{"user":"ana","action":"read"}\n', kms_key=key)
    assert worker.logged(error="kms")


def _allowed(document, action, resource, **context):
    return iam.evaluate([document], action, resource, {k.replace("_", ":", 1): v for k, v in context.items()}) == iam.ALLOW


def test_the_role_reads_the_prefix_and_nothing_else():
    role, bucket = _policy("role-policy.json"), "arn:aws:s3:::cust-bucket"
    assert _allowed(role, "s3:GetObject", f"{bucket}/asymptote/events/a/b.gz")
    for key in ("asymptote/events-old/a", "asymptote/a", "a", "asymptote/events"):
        assert not _allowed(role, "s3:GetObject", f"{bucket}/{key}")
    for action in ("s3:PutObject", "s3:DeleteObject", "s3:GetObjectVersion", "s3:GetObjectAcl"):
        assert not _allowed(role, action, f"{bucket}/asymptote/events/a")
    assert _allowed(role, "s3:ListBucket", bucket, s3_prefix="asymptote/events/2026")
    assert not _allowed(role, "s3:ListBucket", bucket)
    assert not _allowed(role, "s3:ListBucket", bucket, s3_prefix="asymptote/events-old")


def test_only_the_bucket_of_the_customers_account_may_send_to_the_queue():
    queue, arn = _policy("queue-policy.json"), VALUES["QUEUE_ARN"]
    ours = {"aws_SourceArn": "arn:aws:s3:::cust-bucket", "aws_SourceAccount": CUSTOMER_ACCOUNT}
    assert [s["Principal"] for s in queue["Statement"]] == [{"Service": "s3.amazonaws.com"}]
    assert _allowed(queue, "sqs:SendMessage", arn, **ours)
    assert not _allowed(queue, "sqs:SendMessage", arn, **{**ours, "aws_SourceAccount": "999999999999"})
    assert not _allowed(queue, "sqs:SendMessage", arn, **{**ours, "aws_SourceArn": "arn:aws:s3:::cust-bucket-2"})
    assert not _allowed(queue, "sqs:ReceiveMessage", arn, **ours)
