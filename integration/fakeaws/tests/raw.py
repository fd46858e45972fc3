# SPDX-License-Identifier: Apache-2.0
"""Requests that are signed by botocore, changed, and sent as bytes."""

import datetime
import re
import socket
from unittest import mock
from urllib.parse import urlsplit

import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials


class Answer:
    def __init__(self, raw):
        head, _, self.body = raw.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        self.status = int(lines[0].split(" ")[1])
        self.headers = {name.lower(): value for name, value in
                        (line.split(": ", 1) for line in lines[1:] if ": " in line)}
        if self.headers.get("transfer-encoding") == "chunked":
            self.body = _unchunk(self.body)
        text = self.body.decode("utf-8", "replace")
        self.text = text
        match = re.search(r"<Code>([^<]*)</Code>", text) or re.search(r'#([A-Za-z]+)"', text)
        self.code = match[1] if match else None


def _unchunk(data):
    whole = b""
    while data:
        size, _, data = data.partition(b"\r\n")
        whole += data[:int(size, 16)]
        data = data[int(size, 16) + 2:]
    return whole


def signed(fake, user, method, target, body=b"", headers=None, service="s3", region="eu-west-1",
           age_s=0, unsigned=None, secret=None):
    """The header section of a signed request: [(name, value)]."""
    when = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=age_s)
    request = AWSRequest(method, fake.endpoint + target, headers or {}, body)
    credentials = Credentials(user["access_key"], secret or user["secret"], user.get("token"))
    kind = botocore.auth.S3SigV4Auth if service == "s3" else botocore.auth.SigV4Auth
    signer = kind(credentials, service, region)
    with mock.patch("botocore.auth.get_current_datetime", return_value=when.replace(tzinfo=None)):
        signer.add_auth(request)
    made = [("Host", urlsplit(fake.endpoint).netloc)] + list(request.headers.items())
    return made + list((unsigned or {}).items())


def send(fake, method, target, headers=(), body=b""):
    """Send exactly these bytes and read to the end of the connection."""
    lines = [f"{method} {target} HTTP/1.1"] + [f"{name}: {value}" for name, value in headers]
    if not any(name.lower() == "content-length" for name, _ in headers):
        lines.append(f"Content-Length: {len(body)}")
    lines.append("Connection: close")
    raw = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body
    return send_raw(fake, raw)


def send_raw(fake, raw):
    with socket.create_connection((fake.host, fake.port), timeout=20) as sock:
        sock.sendall(raw)
        data = b""
        while chunk := sock.recv(65536):
            data += chunk
    return Answer(data)
