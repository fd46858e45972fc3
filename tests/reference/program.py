# SPDX-License-Identifier: Apache-2.0
"""Runs `normalize` of the built program on bytes, for a customer with paths of envelopes of its own."""
import json
import os
import pathlib
import subprocess
import tempfile
import typing

ROOT = pathlib.Path(__file__).parents[2]
BINARY = os.environ.get("INGEST_BINARY", ROOT / "build" / "release" / "asymptote-ingest")
TIME = "2026-06-01T00:00:00Z"
CONFIGURATION = """
aws = {{ region = "eu-west-1"; }};
limits = {{ line_bytes = "{limit}KiB"; }};
kafka = {{ properties = ( "bootstrap.servers=broker1:9092" ); }};
queues = ( {{ name = "main"; url = "https://sqs.eu-west-1.amazonaws.com/111122223333/q"; }} );
customers = ( {{
  id = "acme"; queue = "main"; prefix = "s3://bucket/p/"; account_id = "444455556666";
  role_arn = "arn:aws:iam::444455556666:role/r"; external_id = "5f0c7a52b1d94e6c8a3b"; unwrap = [ {paths} ];
}} );
"""
MARK = b',"ingest":'


class Place(typing.NamedTuple):
    line: int
    item: typing.Optional[int]
    id: str
    framing: str
    from_object: bool
    shape: str


def _place(event):
    """Of the last member of an event, which the program adds."""
    i = json.loads(event[event.rindex(MARK) + len(MARK):-1])
    return Place(i["line"], i.get("item"), i["id"], i.get("framing", "lines"), i.get("time") == "from_object", i["shape"])


def placed(data, object="s3://bucket/p/k", version="", unwrap=(), limit=1 << 20):
    """The events of an object, as Places. unwrap, limit: as configured."""
    command = [BINARY, "normalize", "--customer", "acme", "--object", object, "--time", TIME]
    command += ["--object-version", version] if version else []
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as config:
        if unwrap:
            config.write(CONFIGURATION.format(limit=limit >> 10, paths=", ".join(f'"{path}"' for path in unwrap)))
            config.flush()
            command += ["-c", config.name]
        run = subprocess.run([*command, "-"], input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert run.returncode in (0, 3), run.stderr  # 3: a part is damaged
    return [_place(event) for event in run.stdout.split(b"\n") if event]
