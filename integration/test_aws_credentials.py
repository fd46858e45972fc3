# SPDX-License-Identifier: Apache-2.0
"""The worker's own credentials: each origin separately, their order, and their expiration."""
import json
import re
import time

import pytest

from .parts.events import generate
from .parts.strict import StrictWorld
from .parts.wait import until

ROLE = "arn:aws:iam::111122223333:role/worker"
NO_KEYS = {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None, "AWS_EC2_METADATA_DISABLED": None}


@pytest.fixture
def home(strict: StrictWorld):
    """The worker's ~/.aws, with its own user as profile `keys`."""
    strict.fake.add_role(ROLE, trusted="arn:aws:iam::111122223333:root", external_id="own")
    folder = strict.folder / "home" / ".aws"
    folder.mkdir(parents=True)
    (folder / "credentials").write_text(
        f"[keys]\naws_access_key_id = {strict.user['access_key']}\naws_secret_access_key = {strict.user['secret']}\n")
    return folder


def _callers(strict, env, **sections):
    """Read one object with the worker's credentials from that origin. Returns the principals that assumed the
    customer's role."""
    acme = strict.customer("acme")
    acme.put("a", generate(2, 5).text)
    worker = strict.start(env={**NO_KEYS, **env}, **sections)
    strict.settled()
    assert strict.count() == 2
    assert worker.stop() == 0
    role = acme.settings["role_arn"]
    return {e["principal"] for e in strict.fake.log(action="AssumeRole") if e["params"]["RoleArn"] == role}


def _session(name):
    return f"arn:aws:sts::111122223333:assumed-role/worker/{name}"


def test_from_the_environment(strict: StrictWorld):
    assert _callers(strict, {"AWS_ACCESS_KEY_ID": strict.user["access_key"],
                             "AWS_SECRET_ACCESS_KEY": strict.user["secret"]}) == {strict.user["arn"]}


def test_the_identity_is_logged_at_the_start_or_that_it_is_unknown(strict: StrictWorld):
    strict.customer("acme")
    (line, *_) = strict.start().logged(msg="identity", level="info")
    assert (line["arn"], line["credentials"]) == (strict.user["arn"], "environment")
    assert {line[f"endpoint_{service}"] for service in ("sts", "sqs", "s3")} == {strict.fake.endpoint}  # not Amazon's
    strict.fake.fault(service="sts", action="GetCallerIdentity", error="AccessDenied", count=-1)
    other = strict.start()
    (line, *_) = other.logged(msg="identity unknown", level="warn")
    assert line["code"] == "AccessDenied" and line["next"].startswith("the worker starts")
    other.logged(msg="started")


def test_from_a_session_in_the_environment(strict: StrictWorld):
    strict.fake.add_role(ROLE)
    own = strict.fake.session(ROLE, "env")
    assert _callers(strict, {"AWS_ACCESS_KEY_ID": own["access_key"], "AWS_SECRET_ACCESS_KEY": own["secret"],
                             "AWS_SESSION_TOKEN": own["token"]}) == {_session("env")}


def test_from_a_profile_of_the_files(strict: StrictWorld, home):
    assert _callers(strict, {"AWS_PROFILE": "keys"}) == {strict.user["arn"]}


def test_from_a_profile_with_a_role(strict: StrictWorld, home):
    (home / "config").write_text(f"[profile role]\nrole_arn = {ROLE}\nsource_profile = keys\nexternal_id = own\n"
                                 "role_session_name = chained\nregion = eu-west-1\n")
    assert _callers(strict, {"AWS_PROFILE": "role"}) == {_session("chained")}


def test_from_a_profile_with_a_role_on_the_environments_keys(strict: StrictWorld, home):
    (home / "config").write_text(f"[profile role]\nrole_arn = {ROLE}\ncredential_source = Environment\n"
                                 "external_id = own\nrole_session_name = sourced\n")
    assert _callers(strict, {"AWS_ACCESS_KEY_ID": strict.user["access_key"],
                             "AWS_SECRET_ACCESS_KEY": strict.user["secret"]},
                    aws={"profile": "role"}) == {_session("sourced")}


def test_from_a_profile_with_a_role_on_the_instances_credentials(strict: StrictWorld, home):
    own = "arn:aws:iam::111122223333:role/instance"
    strict.fake.add_role(own, trusted="arn:aws:iam::111122223333:root")
    strict.fake.instance(own)
    (home / "config").write_text(f"[profile role]\nrole_arn = {ROLE}\ncredential_source = Ec2InstanceMetadata\n"
                                 "external_id = own\nrole_session_name = sourced\n")
    assert _callers(strict, {"AWS_EC2_METADATA_SERVICE_ENDPOINT": strict.fake.endpoint},
                    aws={"profile": "role"}) == {_session("sourced")}
    assert strict.fake.log(action="PutToken")
    assert {e["principal"] for e in strict.fake.log(action="AssumeRole") if e["params"]["RoleArn"] == ROLE} == {
        "arn:aws:sts::111122223333:assumed-role/instance/i-0123456789abcdef0"}


def test_from_a_profile_with_a_role_on_the_containers_credentials(strict: StrictWorld, home):
    own = "arn:aws:iam::111122223333:role/task"
    strict.fake.add_role(own, trusted="arn:aws:iam::111122223333:root")
    url = strict.fake.container(own, "/v1/credentials", authorization="the token")["url"]
    (home / "config").write_text(f"[profile role]\nrole_arn = {ROLE}\ncredential_source = EcsContainer\n"
                                 "external_id = own\nrole_session_name = sourced\n")
    assert _callers(strict, {"AWS_PROFILE": "role", "AWS_CONTAINER_CREDENTIALS_FULL_URI": url,
                             "AWS_CONTAINER_AUTHORIZATION_TOKEN": "the token"}) == {_session("sourced")}
    assert {e["principal"] for e in strict.fake.log(action="AssumeRole") if e["params"]["RoleArn"] == ROLE} == {
        "arn:aws:sts::111122223333:assumed-role/task/task"}


def test_from_a_process(strict: StrictWorld, home):
    own = strict.fake.session(ROLE, "process")
    (home / "told").write_text(json.dumps({
        "Version": 1, "AccessKeyId": own["access_key"], "SecretAccessKey": own["secret"],
        "SessionToken": own["token"], "Expiration": "2099-01-01T00:00:00Z"}))
    (home / "config").write_text(f"[profile proc]\ncredential_process = /bin/cat {home / 'told'}\n")
    assert _callers(strict, {"AWS_PROFILE": "proc"}) == {_session("process")}


def test_from_a_web_identity(strict: StrictWorld, home):
    token = home / "token"
    token.write_text(strict.fake.web_token(ROLE))
    assert _callers(strict, {"AWS_ROLE_ARN": ROLE, "AWS_WEB_IDENTITY_TOKEN_FILE": str(token),
                             "AWS_ROLE_SESSION_NAME": "web"}) == {_session("web")}


def test_from_a_container(strict: StrictWorld, home):
    token = home / "token"
    token.write_text("the token")
    url = strict.fake.container(ROLE, "/v1/credentials", authorization="the token")["url"]
    assert _callers(strict, {"AWS_CONTAINER_CREDENTIALS_FULL_URI": url,
                             "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(token)}) == {_session("task")}


def test_from_the_instance(strict: StrictWorld, home):
    strict.fake.instance(ROLE)
    assert _callers(strict, {"AWS_EC2_METADATA_SERVICE_ENDPOINT": strict.fake.endpoint}) == {
        _session("i-0123456789abcdef0")}
    assert strict.fake.log(action="PutToken")


def test_the_environment_comes_before_the_instance(strict: StrictWorld, home):
    strict.fake.instance(ROLE)
    assert _callers(strict, {"AWS_EC2_METADATA_SERVICE_ENDPOINT": strict.fake.endpoint,
                             "AWS_ACCESS_KEY_ID": strict.user["access_key"],
                             "AWS_SECRET_ACCESS_KEY": strict.user["secret"]}) == {strict.user["arn"]}
    assert strict.fake.log(service="imds") == []


def test_half_a_key_in_the_environment_is_an_error_not_absent(strict: StrictWorld, home):
    strict.fake.instance(ROLE)
    strict.customer("acme").put("a", generate(1, 5).text)
    worker = strict.start(env={**NO_KEYS, "AWS_ACCESS_KEY_ID": strict.user["access_key"],
                               "AWS_EC2_METADATA_SERVICE_ENDPOINT": strict.fake.endpoint})
    worker.logged(credentials="environment", detail=re.compile("without a secret access key"))
    assert strict.fake.log(service="imds") == []


def test_credentials_of_a_container_are_renewed_with_a_token_that_changes(strict: StrictWorld, home):
    token = home / "token"
    token.write_text("first")
    url = strict.fake.container(ROLE, "/v1/credentials", authorization="first", lifetime_s=4)["url"]
    acme = strict.customer("acme")
    worker = strict.start(env={**NO_KEYS, "AWS_CONTAINER_CREDENTIALS_FULL_URI": url,
                               "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(token)})
    acme.put("a", generate(2, 5).text)
    strict.settled()
    token.write_text("second")
    strict.fake.container(ROLE, "/v1/credentials", authorization="second", lifetime_s=4)

    def renewed():
        return [e for e in strict.fake.log(service="container", status=200) if e["n"] > since]
    since = strict.fake.log()[-1]["n"]
    until(renewed, "credentials by the new token", 15, alive=worker)
    acme.put("b", generate(2, 6).text)
    strict.settled()
    assert strict.count() == 4
    assert acme.queue.dead.depth() == 0


def test_an_instance_whose_renewal_fails_goes_on_with_what_it_has(strict: StrictWorld, home):
    strict.fake.instance(ROLE, lifetime_s=3600)
    acme = strict.customer("acme")
    worker = strict.start(env={**NO_KEYS, "AWS_EC2_METADATA_SERVICE_ENDPOINT": strict.fake.endpoint})
    acme.put("a", generate(2, 5).text)
    strict.settled()
    strict.fake.fault(service="imds", count=-1, status=500, body="")
    acme.put("b", generate(2, 6).text)
    strict.settled()
    assert strict.count() == 4 and worker.running()


def test_a_stop_does_not_wait_for_a_program_that_hangs(strict: StrictWorld, home):
    """The credentials of the first run expire within seconds, and the second run does not end: poll and acker
    wait for it."""
    own = strict.fake.session(ROLE, "process")
    told = {"Version": 1, "AccessKeyId": own["access_key"], "SecretAccessKey": own["secret"],
            "SessionToken": own["token"], "Expiration": time.strftime("%FT%TZ", time.gmtime(time.time() + 72))}
    (home / "told").write_text(json.dumps(told))
    (home / "program").write_text(f"cd {home}\nif mv told once; then exec cat once; fi\n: >hangs\nexec sleep 300\n")
    (home / "config").write_text(f"[profile proc]\ncredential_process = /bin/sh {home / 'program'}\n")
    strict.customer("acme")
    worker = strict.start(env={**NO_KEYS, "AWS_PROFILE": "proc"}, limits={"shutdown_grace": "4s"},
                          queue={"wait": "1s"}, metrics={"listen": "127.0.0.1:0", "queue_interval": "1s"})
    strict.settled()
    until(lambda: (home / "hangs").exists(), "the program hangs", 60, alive=worker)
    time.sleep(3)  # the previous credentials are in their last minute, so all threads wait
    began = time.monotonic()
    assert worker.stop() == 0
    assert time.monotonic() - began < 8
