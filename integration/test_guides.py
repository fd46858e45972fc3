# SPDX-License-Identifier: Apache-2.0
"""docs/guide-operator.md and docs/guide-customer.md: each command of their shell blocks is run as written, in one
bash, on real Kafka and a moto that enforces IAM. A command that fails ends the script.
"""
import importlib.machinery
import importlib.util
import json
import os
import re
import shlex
import signal
import subprocess
import sys

import pytest

from .parts.aws import ACCOUNT, REGION, Aws, Moto, unique
from .parts.emulators import environment
from .parts.kafka import Cluster
from .parts.places import ROOT, free_ports
from .parts.process import clean_env, die_with_parent

OPERATOR, CUSTOMER = ROOT / "docs/guide-operator.md", ROOT / "docs/guide-customer.md"
END = "kill $WORKER\n"  # of the operator's guide: the worker, then the emulators


def blocks(path):
    """The page's shell blocks. Every block has a language that says whether it is run."""
    found = re.findall(r"^```(\w*)\n(.*?)^```$", path.read_text(), re.M | re.S)
    assert {language for language, _ in found} <= {"sh", "json"}, "a block without a language is not run"
    assert not re.findall(r"^    (?!\S*--)(aws|asymptote-ingest|curl|kill) ", re.sub(r"^```.*?^```$", "", path.read_text(), flags=re.M | re.S),
                          re.M), "an indented command is not run"
    return [text for language, text in found if language == "sh"]


def replaced(text, **changes):
    for old, new in changes.values():
        assert old in text, old
        text = text.replace(old, new)
    return text


def bash(text, folder, env, seconds=420):
    """Run it as one script; what it started in the background ends with it."""
    running = subprocess.Popen(["bash", "-euo", "pipefail", "-c", text], cwd=folder, env=env, text=True,
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               start_new_session=True, preexec_fn=die_with_parent)
    try:
        out, _ = running.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(running.pid, signal.SIGKILL)
        pytest.fail(f"not within {seconds} s; it printed:\n{running.communicate()[0]}")
    finally:
        try:
            os.killpg(running.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    assert running.returncode == 0, out
    return out


@pytest.mark.slow
def test_the_operators_guide_runs_as_written(tmp_path):
    port, emulators = free_ports(1)[0], tmp_path / "emulators"
    demo = f"PYTHONPATH={shlex.quote(str(ROOT))} {sys.executable} -m integration.demo"
    text = replaced("".join(blocks(OPERATOR)), start=("scripts/demo --emulators", f"{demo} --emulators"),
                    end=("scripts/demo --stop", f"{demo} --stop"), env=("build/demo/env.sh", f"{emulators}/env.sh"),
                    port=("127.0.0.1:9464", f"127.0.0.1:{port}"), finish=(END, f"echo END; {END}"))
    env = clean_env(ASYMPTOTE_DEMO_DIR=str(emulators), **({"INGEST_BINARY": os.environ["INGEST_BINARY"]}
                                                          if "INGEST_BINARY" in os.environ else {}))
    # Before the emulators end, their content is looked at.
    looked = tmp_path / "looked.json"
    text = text.replace("echo END;", f"PYTHONPATH={shlex.quote(str(ROOT))} {sys.executable} -m integration.test_guides {looked};")
    stop = f"trap '{demo} --stop' EXIT\n"
    out = bash(stop + text.replace(f"{demo} --stop\n", f"trap - EXIT; {demo} --stop\n"), tmp_path, env)

    assert re.search(r"^  ok    canary +.*: 1 events, 0 rejects", out, re.M), out
    assert '"object":"s3://acme-agent-events/asymptote/events/hello.jsonl"' in out
    assert out.count("complete; the worker reads it") == 5 or out.count(": complete") == 5, out
    assert re.search(r"^compared  1 objects? .*\n +1 delivered$", out, re.M), out
    assert "Is every customer fresh?" in out and re.search(r"^to send   1 objects", out, re.M), out
    counts = re.findall(r"^\d+ ok, \d+ warn, (\d+) FAIL, \d+ skip$", out, re.M)
    assert len(counts) >= 8 and set(counts) == {"0"}, out
    log = (tmp_path / "first-customer/worker.log").read_text()
    added = re.findall(r"msg=reloaded customers_added=(\d+) customers_removed=(\d+) customers_changed=(\d+)", log)
    assert added == [("4", "0", "0"), ("0", "0", "1"), ("0", "1", "0")], log
    assert "msg=stopped" in log and "notification left" not in log and "level=error" not in log, log
    seen = json.loads(looked.read_text())
    assert sorted(seen["queues"]) == sorted(
        f"{q}{dead}" for q in ("acme", "shared", "umbrella") for dead in ("", "-dead"))
    assert seen["policies"] == ["ingest"] and seen["events"] == 1
    assert [s["Sid"] for s in seen["shared"]["Statement"]] == ["hooli", "globex"]


def _look(path):
    """What is in the emulators at the end of the guide."""
    aws = Aws(os.environ["AWS_ENDPOINT_URL"], own_names=True)
    urls = {u.rsplit("/", 1)[1]: u for u in aws.sqs.list_queues()["QueueUrls"]}
    policy = aws.sqs.get_queue_attributes(QueueUrl=urls["shared"], AttributeNames=["Policy"])["Attributes"]["Policy"]
    with open(path, "w", encoding="utf-8") as out:
        json.dump({"queues": list(urls), "shared": json.loads(policy),
                   "policies": aws.iam.list_role_policies(RoleName="ingest-worker")["PolicyNames"],
                   "events": Cluster(os.environ["BOOTSTRAP"]).count("asymptote-events")}, out)


@pytest.fixture
def emulated(tmp_path, kafka):
    with Moto(tmp_path / "moto", own_names=True, iam=True) as moto:
        yield moto, clean_env(**environment(tmp_path / "emulators", moto.url, kafka.bootstrap))


PREPARE = f"""
cat > worker.conf <<END
aws = {{ region = "{REGION}"; path_style = true; }};
kafka = {{ properties = ( "bootstrap.servers=$BOOTSTRAP" ); topic = "TOPIC-1"; rejects_topic = "TOPIC-2"; }};
queues = ( {{ name = "acme"; url = "https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/acme"; }} );
END
aws iam create-role --role-name ingest-worker --assume-role-policy-document \
    '{{"Version": "2012-10-17", "Statement": [{{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {{"AWS": "arn:aws:iam::{ACCOUNT}:root"}}}}]}}'
asymptote-ingest onboard -c worker.conf --id acme --account-id {ACCOUNT} --bucket acme-agent-events \
    --prefix asymptote/events --region {REGION} --worker-role-arn arn:aws:iam::{ACCOUNT}:role/ingest-worker
acme/operator/commands.sh
aws s3 mb s3://acme-agent-events
"""
VERIFY = f"""
AWS_PROFILE=worker asymptote-ingest onboard -c worker.conf --complete acme \
    --role-arn "$(jq -r .role_arn acme/customer.json)"
"""


@pytest.mark.slow
def test_the_customers_guide_runs_as_written(tmp_path, emulated, kafka):
    moto, env = emulated
    topic = unique("guide")
    topics = [kafka.create_topic(f"{topic}-{n}") for n in (1, 2)]
    *steps, revoke, restore = blocks(CUSTOMER)
    assert "delete-role" in revoke
    bash(PREPARE.replace("TOPIC", topic), tmp_path, env)
    bash("".join(steps), tmp_path / "acme/customer", env)
    out = bash(VERIFY, tmp_path, env)
    assert re.search(r"^  ok    object\.read .*test\.jsonl", out, re.M), out
    assert re.search(r"^\d+ ok, \d+ warn, 0 FAIL, ", out, re.M), out
    assert moto.s3.get_public_access_block(Bucket="acme-agent-events")["PublicAccessBlockConfiguration"]["BlockPublicAcls"]
    told = moto.s3.get_bucket_notification_configuration(Bucket="acme-agent-events")
    assert [q["Id"] for q in told["QueueConfigurations"]] == ["asymptote-ingest-acme"]

    bash(blocks(CUSTOMER)[0] + revoke, tmp_path / "acme/customer", env)
    assert "QueueConfigurations" not in moto.s3.get_bucket_notification_configuration(Bucket="acme-agent-events")
    done = subprocess.run(["asymptote-ingest", "verify", "-c", "worker.conf", "acme"], cwd=tmp_path, text=True,
                          env={**env, "AWS_PROFILE": "worker"}, capture_output=True, timeout=60)
    assert done.returncode == 1 and re.search(r"^  FAIL  role\.assume .*AccessDenied", done.stdout, re.M), done.stdout

    bash(restore, tmp_path / "acme/customer", env)
    again = bash("AWS_PROFILE=worker asymptote-ingest verify -c worker.conf acme", tmp_path, env)
    assert re.search(r"^\d+ ok, \d+ warn, 0 FAIL, ", again, re.M), again
    for made in topics:
        kafka.delete_topic(made)


def test_the_customers_guide_says_what_the_letter_says():
    loader = importlib.machinery.SourceFileLoader("pages", str(ROOT / "scripts/pages"))
    pages = importlib.util.module_from_spec(importlib.util.spec_from_loader("pages", loader))
    loader.exec_module(pages)
    assert pages.guide() == CUSTOMER.read_text(), "docs/guide-customer.md is out of date: scripts/pages"


if __name__ == "__main__":
    _look(sys.argv[1])
