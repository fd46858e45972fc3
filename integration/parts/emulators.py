# SPDX-License-Identifier: Apache-2.0
"""AWS and Kafka on this machine, as a shell finds them: `aws` and its profiles, Kafka's tools, the worker's program.

    moto = Moto(folder, own_names=True, iam=True)
    env = environment(folder, moto.url, kafka.bootstrap)      # for subprocess; env.sh in the folder for people

Profiles: `default` is an administrator of the one account, for the operator's commands and for the customer's;
`worker` is the role `ingest-worker`, which the operator creates.
"""
import os
import shlex
import sys

from .aws import ACCOUNT, KEYS, REGION
from .places import ROOT, binary

WORKER_ROLE = f"arn:aws:iam::{ACCOUNT}:role/ingest-worker"


def environment(folder, url, bootstrap):
    tools = folder / "bin"
    tools.mkdir(parents=True, exist_ok=True)
    python = os.path.dirname(sys.executable)
    # Not AWS_ENDPOINT_URL alone: version 1 of the CLI prefers its own host for SQS.
    commands = {"aws": f'exec "{python}/python" "{python}/aws" --endpoint-url {url} "$@"'}
    for name in ("kafka-topics.sh", "kafka-console-consumer.sh"):
        commands[name] = f'PYTHONPATH="{ROOT}" exec "{python}/python" -m integration.parts.kafka_tools {name} "$@"'
    for name, command in commands.items():
        (tools / name).write_text(f"#!/bin/sh\n{command}\n")
        (tools / name).chmod(0o755)
    (folder / "aws-config").write_text(f"[default]\nregion = {REGION}\n[profile worker]\nregion = {REGION}\n"
                                       f"role_arn = {WORKER_ROLE}\nsource_profile = default\n")
    (folder / "aws-credentials").write_text("[default]\n" + "".join(f"{k} = {v}\n" for k, v in KEYS.items()))
    values = {"PATH": os.pathsep.join([str(tools), str(binary().parent), os.environ["PATH"]]),
              "AWS_CONFIG_FILE": str(folder / "aws-config"), "AWS_EC2_METADATA_DISABLED": "true",
              "AWS_SHARED_CREDENTIALS_FILE": str(folder / "aws-credentials"), "AWS_ENDPOINT_URL": url,
              "BOOTSTRAP": bootstrap, "OPERATOR_ACCOUNT": ACCOUNT, "CUSTOMER_ACCOUNT": ACCOUNT}
    unset = "unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_PROFILE\n"
    (folder / "env.sh").write_text(unset + "".join(f"export {k}={shlex.quote(v)}\n" for k, v in values.items()))
    return values
