# SPDX-License-Identifier: Apache-2.0
"""Runs every example of docs/event-files.md. The first line of a fenced block has its kind:

    ```json file          an event file, with exactly these bytes
    ```json events        the events of the file before it: each line is a part of one event, in order
    ```json rejects       ... and its rejects
    ```text words         ... the message of `normalize` for it, with exit status 1
    ```text keys          after keys of a customer: keys of objects that are read with them
    ```text ignored keys  ... and that are not
    ```conf               keys of a customer; after a file: it is normalized with them
    ```sh                 commands that convert a file, run for a small one
"""
import json
import os
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).parents[2]
BINARY = os.environ.get("INGEST_BINARY", ROOT / "build" / "release" / "asymptote-ingest")
PAGE = (ROOT / "docs" / "event-files.md").read_text()
BLOCKS = [(PAGE.count("\n", 0, m.start()) + 1, m[1], m[2]) for m in re.finditer(r"^```([^\n]*)\n(.*?)^```$", PAGE, re.M | re.S)]
CUSTOMER = """
aws = { region = "eu-west-1"; };
kafka = { properties = ( "bootstrap.servers=127.0.0.1:9092" ); };
queues = ( { name = "main"; url = "https://sqs.eu-west-1.amazonaws.com/111122223333/ingest"; } );
customers = ( { id = "acme"; queue = "main"; prefix = "s3://acme-events/asymptote/"; account_id = "444455556666";
  role_arn = "arn:aws:iam::444455556666:role/read"; external_id = "x-1";
"""


def examples():
    """[(line of the page, {kind: text})]: a file with the blocks that follow it, or keys without a file."""
    found = []
    for line, kind, text in BLOCKS:
        if kind in ("json file", "sh") or not found or kind in found[-1][1]:
            found.append((line, {kind: text}))
        elif kind == "conf" and "json file" not in found[-1][1]:
            found.append((line, {kind: text}))
        else:
            found[-1][1][kind] = text
    return found


def configured(folder, keys):
    path = folder / "acme.conf"
    path.write_text(CUSTOMER + keys + "} );\n")
    return ["-c", path]


def normalized(folder, example):
    options = configured(folder, example["conf"]) if "conf" in example else []
    rejects = folder / "rejects"
    name = "s3://acme-events/asymptote/k" if options else "s3://b/k"  # with a customer it is below its prefix
    done = subprocess.run([BINARY, "normalize", "--customer", "acme", "--object", name, "--time",
                           "2026-05-12T00:00:00Z", "--rejects", rejects, *options, "-"],
                          input=example["json file"].encode(), capture_output=True)
    return done, done.stdout.splitlines(), rejects.read_bytes().splitlines()


def holds(got, want):
    """Members of `want` have the same values in `got`; an element `…` stands for any value."""
    if want == "…":
        return True
    if isinstance(want, dict):
        return isinstance(got, dict) and all(k in got and holds(got[k], v) for k, v in want.items())
    if isinstance(want, list):
        return isinstance(got, list) and len(got) == len(want) and all(map(holds, got, want))
    return got == want


def check(got, text, what):
    want = text.splitlines()
    assert len(got) == len(want), f"{what}: {got}"
    for a, b in zip(got, want):
        assert holds(json.loads(a), json.loads(b)), f"{what}:\n{a.decode()}\n{b}"


def test_every_block_is_of_a_kind_that_is_run():
    kinds = {kind for _, kind, _ in BLOCKS}
    assert kinds <= {"json file", "json events", "json rejects", "text words", "text keys", "text ignored keys", "conf", "sh"}
    assert len(BLOCKS) > 20
    for line, example in examples():
        assert ("json events" in example or "text words" in example) == ("json file" in example), f"line {line}"


@pytest.mark.parametrize("example", [pytest.param(e, id=f"line {n}") for n, e in examples() if "json file" in e])
def test_a_file_becomes_what_the_page_says(example, tmp_path):
    done, events, rejects = normalized(tmp_path, example)
    check(events, example.get("json events", ""), "events")
    check(rejects, example.get("json rejects", ""), "rejects")
    words = example.get("text words")
    assert done.returncode == (1 if words else 0), done.stderr
    assert words is None or words.strip() in done.stderr.decode()


@pytest.mark.parametrize("example", [pytest.param(e, id=f"line {n}") for n, e in examples() if "conf" in e])
def test_keys_of_a_customer_are_accepted(example, tmp_path):
    done = subprocess.run([BINARY, "check-config", *configured(tmp_path, example["conf"])], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("example", [pytest.param(e, id=f"line {n}") for n, e in examples() if "text keys" in e])
@pytest.mark.parametrize("kind,read", [("text keys", True), ("text ignored keys", False)])
@pytest.mark.parametrize("command", ["sample", "normalize"])
def test_patterns_for_keys_do_what_the_page_says(example, kind, read, command, tmp_path):
    keys = example[kind].splitlines()
    assert len(keys) >= 4
    for key in keys:
        done = subprocess.run([BINARY, command, "--customer", "acme", *configured(tmp_path, example["conf"]), "--object",
                               f"s3://acme-events/asymptote/{key}", "-"],
                              input=b'{"user":"ana"}\n', capture_output=True)
        assert done.returncode == (0 if read else 3), (key, done.stdout, done.stderr)
        assert (b"leaves out this key" in done.stdout + done.stderr) == (not read), key


@pytest.mark.parametrize("command", ["sample", "normalize"])
@pytest.mark.parametrize("name,words", [("a.json", None), ("a.md", b"ignore"), ("a.tar", b"only")])
def test_a_name_that_patterns_leave_out_is_said_and_read(command, name, words, tmp_path):
    (tmp_path / name).write_text('{"user":"ana"}\n')
    keys = 'only = [ "*.json", "*.md" ]; ignore = [ "*.md" ];'
    done = subprocess.run([pathlib.Path(BINARY).resolve(), command, "--customer", "acme", *configured(tmp_path, keys), name],
                          cwd=tmp_path, capture_output=True)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert (b"leaves out" in said) == (words is not None)
    assert words is None or b"the customer's " + words + b" leaves out objects of this name" in said


@pytest.mark.parametrize("example", [pytest.param(e, id=f"line {n}") for n, e in examples() if "sh" in e])
def test_commands_run(example, tmp_path):
    """PATH has the program; events.jsonl is a file of two events."""
    (tmp_path / "events.jsonl").write_text('{"time":"2026-05-11T22:20:00Z","user":"ana"}\n' * 2)
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "asymptote-ingest").symlink_to(pathlib.Path(BINARY).resolve())
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", example["sh"]], cwd=tmp_path, capture_output=True, text=True,
                          env={**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"})
    assert done.returncode == 0, done.stdout + done.stderr
