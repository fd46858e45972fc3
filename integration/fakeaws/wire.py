# SPDX-License-Identifier: Apache-2.0
"""HTTP/1.1 on a socket: reads requests without changes, and writes responses.

A request keeps its header lines as sent, since signatures are checked with them.
"""

import re
import socket
import struct
import time

from .bodies import BytesBody, FileBody

MAX_HEAD = 64 * 1024
MAX_BODY = 16 * 1024 * 1024

REASONS = {200: "OK", 206: "Partial Content", 301: "Moved Permanently", 304: "Not Modified",
           307: "Temporary Redirect", 400: "Bad Request", 401: "Unauthorized",
           403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed", 409: "Conflict",
           412: "Precondition Failed", 416: "Requested Range Not Satisfiable",
           500: "Internal Server Error", 501: "Not Implemented", 502: "Bad Gateway",
           503: "Service Unavailable", 504: "Gateway Timeout"}


class BadRequest(Exception):
    """Not HTTP, or larger than the limits."""


class Request:
    def __init__(self, method, target, headers, body, secure):
        self.method = method
        self.headers = headers  # [(name, value)], as sent, in order
        self.body = body
        self.secure = secure
        absolute = re.match(r"https?://([^/?]*)", target, re.IGNORECASE)
        self.proxied = bool(absolute)
        if absolute:  # a client that uses the fake as its proxy
            target = target[absolute.end():] or "/"
        self.target = target
        self.path, _, self.query = target.partition("?")

    def header(self, name, default=None):
        values = [value for key, value in self.headers if key.lower() == name]
        return ",".join(values) if values else default

    @property
    def host(self):
        return (self.header("host") or "").lower()


class Response:
    """status, headers, and bytes or a part of a body (bodies.py)."""

    def __init__(self, status, headers=(), body=b"", start=0, end=None, chunked=False):
        self.status = status
        self.headers = list(headers.items() if isinstance(headers, dict) else headers)
        self.body = BytesBody(body) if isinstance(body, bytes) else body
        self.start = start
        self.end = self.body.size if end is None else end
        self.chunked = chunked
        self.no_body = False  # HEAD, 304: the headers are those of a response with a body
        self.close = False

    def set(self, name, value):
        self.headers = [(k, v) for k, v in self.headers if k.lower() != name.lower()]
        self.headers.append((name, value))

    def head(self):
        """The header section."""
        lines = [f"HTTP/1.1 {self.status} {REASONS.get(self.status, 'Unknown')}"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        if self.chunked:
            lines.append("Transfer-Encoding: chunked")
        elif self.status != 304 and not any(k.lower() == "content-length"
                                            for k, _ in self.headers):
            lines.append(f"Content-Length: {self.end - self.start}")
        if self.close:
            lines.append("Connection: close")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


class Connection:
    """A client's connection. One thread."""

    def __init__(self, sock, secure=False):
        self.sock = sock
        self.secure = secure
        self.buffer = bytearray()
        self.sent = 0

    def _fill(self):
        data = self.sock.recv(65536)
        self.buffer += data
        return bool(data)

    def _take(self, count):
        data = bytes(self.buffer[:count])
        del self.buffer[:count]
        return data

    def read_request(self):
        """The next request, None at the end of the connection."""
        while (end := self.buffer.find(b"\r\n\r\n")) < 0:
            if len(self.buffer) > MAX_HEAD:
                raise BadRequest("request header too large")
            if not self._fill():
                return None
        lines = self._take(end + 4)[:-4].decode("latin-1").split("\r\n")
        try:
            method, rest = lines[0].split(" ", 1)
            target, version = rest.rsplit(" ", 1)
            headers = []
            for line in lines[1:]:
                name, colon, value = line.partition(":")
                if not colon or name != name.strip() or not name:
                    raise BadRequest(f"not a header line: {line[:80]!r}")
                headers.append((name, value.strip(" \t")))
        except ValueError:
            raise BadRequest(f"not a request line: {lines[0][:80]!r}") from None
        if not version.startswith("HTTP/1."):
            raise BadRequest(f"not HTTP/1: {version[:20]!r}")
        request = Request(method, target, headers, b"", self.secure)
        request.body = self._read_body(request)
        return request

    def _read_body(self, request):
        if "chunked" in (request.header("transfer-encoding") or "").lower():
            raise BadRequest("a chunked request; AWS wants a Content-Length")
        length = request.header("content-length", "0")
        if not length.isdigit() or int(length) > MAX_BODY:
            raise BadRequest(f"Content-Length {length[:20]!r}")
        if (request.header("expect") or "").lower() == "100-continue":
            self.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        while len(self.buffer) < int(length):
            if not self._fill():
                raise BadRequest("request cut")
        return self._take(int(length))

    def write(self, data):
        self.sock.sendall(data)
        self.sent += len(data)

    def send(self, response):
        """Write a whole response without changes."""
        head = response.head()
        if response.no_body or response.start >= response.end:
            self.write(head + (b"0\r\n\r\n" if response.chunked and not response.no_body
                               else b""))
        elif isinstance(response.body, FileBody) and not self.secure and not response.chunked:
            self.write(head)
            with open(response.body.path, "rb") as file:
                self.sent += self.sock.sendfile(file, response.start,
                                                response.end - response.start)
        else:
            self._send_chunks(head, response)

    def _send_chunks(self, head, response):
        for data in response.body.chunks(response.start, response.end):
            if response.chunked:
                data = b"%x\r\n%s\r\n" % (len(data), bytes(data))
            if head and len(data) <= 65536:
                data = head + data
            elif head:
                self.write(head)
            head = b""
            self.write(data)
        if response.chunked:
            self.write(b"0\r\n\r\n")

    def reset(self):
        """Close the connection with an RST."""
        try:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        except OSError:
            pass
        self.close()

    def close(self):
        try:
            self.sock.close()
        except OSError:
            pass

    def wait(self, seconds, stopped):
        """Sleep, but not longer than the server runs and the client waits."""
        end = time.monotonic() + seconds
        while not stopped.is_set() and (left := end - time.monotonic()) > 0:
            stopped.wait(min(left, 0.1))
            if self.client_gone():
                raise ConnectionError("the client went away")

    def client_gone(self):
        if self.secure:
            return False  # peeking is not possible on TLS
        try:
            return self.sock.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
        except (BlockingIOError, InterruptedError):
            return False
        except OSError:
            return True
