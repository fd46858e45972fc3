# SPDX-License-Identifier: Apache-2.0
"""The proxy breaks exactly what it is asked to break."""
import socket
import socketserver
import threading

import pytest

from .proxy import Proxy


class Echo(socketserver.BaseRequestHandler):
    def handle(self):
        while piece := self.request.recv(4096):
            self.server.seen.append(piece)
            self.request.sendall(piece)


@pytest.fixture
def echo():
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Echo) as server:
        server.daemon_threads, server.seen = True, []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def proxy(echo):
    with Proxy(echo.server_address) as p:
        yield p


def client(proxy):
    return socket.create_connection(proxy.address, timeout=5)


def test_passes_bytes_both_ways(proxy):
    with client(proxy) as c:
        c.sendall(b"hello")
        assert c.recv(100) == b"hello"


def test_cut_resets_open_connections_and_takes_new_ones(proxy):
    with client(proxy) as c:
        c.sendall(b"x")
        assert c.recv(100) == b"x"
        proxy.cut()
        with pytest.raises(ConnectionResetError):
            c.recv(100)
    with client(proxy) as c:
        c.sendall(b"y")
        assert c.recv(100) == b"y"


def test_refuse_resets_new_connections_until_it_passes_again(proxy):
    proxy.mode = "refuse"
    with pytest.raises(OSError), client(proxy) as c:  # while connecting or at the first use
        c.sendall(b"x")
        c.recv(100)
    proxy.mode = "pass"
    with client(proxy) as c:
        c.sendall(b"z")
        assert c.recv(100) == b"z"


def test_blackhole_holds_bytes_back_and_lets_them_go_later(proxy):
    with client(proxy) as c:
        proxy.mode = "blackhole"
        c.sendall(b"late")
        c.settimeout(0.3)
        with pytest.raises(TimeoutError):
            c.recv(100)
        proxy.mode = "pass"
        c.settimeout(5)
        assert c.recv(100) == b"late"


def test_half_open_passes_requests_but_no_answers(proxy, echo):
    with client(proxy) as c:
        proxy.mode = "half-open"
        c.sendall(b"asked")
        c.settimeout(0.3)
        with pytest.raises(TimeoutError):
            c.recv(100)
        assert b"".join(echo.seen) == b"asked"
        proxy.mode = "pass"
        c.settimeout(5)
        assert c.recv(100) == b"asked"
