# SPDX-License-Identifier: Apache-2.0
"""The server: a thread per connection; requests go to the services, with faults applied.

One port serves all services: AWS's host names (through a proxy's CONNECT or absolute URLs) and
X-Amz-Target select the service, else the path does. A port can also be bound to one service.
"""

import json
import socket
import ssl
import sys
import tempfile
import threading
import time
import traceback
from urllib.parse import parse_qsl

from . import faults, tls
from .admin import Admin
from .errors import AwsError
from .imds import Containers, Imds
from .s3 import S3
from .sqs import Sqs
from .sts import Sts
from .wire import BadRequest, Connection, Response
from .world import World, address


class FakeAws(Admin):
    """The fake, with its threads.

        with FakeAws() as fake:
            fake.add_bucket("b")
            boto3.client("s3", endpoint_url=fake.endpoint, ...)"""

    def __init__(self, host="127.0.0.1", port=0, use_tls=False):
        self.world = World()
        self.world.faults = faults.Faults()
        self.world.bugs = []
        self.host = host
        self.wanted_port = port
        self.use_tls = use_tls
        self.tls_context = None
        self.ca_file = None
        self.listeners = []
        self.open = set()
        self.open_lock = threading.Lock()
        self.connections = 0
        self.services = {service.name: service for service in (
            S3(self.world), Sqs(self.world), Sts(self.world), Imds(self.world),
            Containers(self.world))}

    # --- life cycle -----------------------------------------------------------------------

    def start(self):
        if self.use_tls:
            self.folder = tempfile.TemporaryDirectory(prefix="fakeaws-")
            self.ca_file, pem = tls.make_certificates(self.folder.name)
            self.tls_context = tls.server_context(pem)
        self.port = self.listen(self.wanted_port)
        self.endpoint = f"http://{self.host}:{self.port}"
        if self.use_tls:
            self.tls_port = self.listen(secure=True)
            self.tls_endpoint = f"https://localhost:{self.tls_port}"
        return self

    def listen(self, port=0, service=None, secure=False):
        """Listen on another port, for one service if it is named. Returns its number."""
        sock = socket.create_server((self.host, port), backlog=512)
        self.listeners.append(sock)
        threading.Thread(target=self._accept, args=(sock, service, secure), daemon=True,
                         name=f"fakeaws-accept-{service or 'all'}").start()
        return sock.getsockname()[1]

    def stop(self):
        self.world.stopped.set()
        for sock in self.listeners:
            sock.shutdown(socket.SHUT_RDWR)
            sock.close()
        with self.world.lock:
            for queue in self.world.queues.values():
                queue.arrived.notify_all()
        self.drop_connections()

    def drop_connections(self):
        """Close all open connections. Returns their number."""
        with self.open_lock:
            connections = list(self.open)
        for connection in connections:
            try:
                connection.sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        return len(connections)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    # --- connections --------------------------------------------------------------------

    def _accept(self, listener, service, secure):
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(sock, service, secure),
                             daemon=True).start()

    def _serve(self, sock, service, secure):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection = Connection(sock)
        with self.open_lock:
            self.open.add(connection)
            self.connections += 1
            connection.number = self.connections
        try:
            if secure:
                self._encrypt(connection)
            while not self.world.stopped.is_set():
                request = connection.read_request()
                if request is None:
                    break
                if request.method == "CONNECT":
                    connection.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                    self._encrypt(connection)
                elif not self._exchange(connection, request, service):
                    break
        except BadRequest as error:
            self._try_write(connection, b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n"
                            b"Content-Length: 0\r\nx-reason: " + str(error).encode() + b"\r\n\r\n")
        except faults.Cut as cut:
            if cut.args and cut.args[0]:
                connection.reset()
        except (OSError, ssl.SSLError):
            pass
        except Exception:
            self._bug()
        finally:
            connection.close()
            with self.open_lock:
                self.open.discard(connection)

    def _encrypt(self, connection):
        if self.tls_context is None:
            raise BadRequest("started without TLS")
        connection.sock = self.tls_context.wrap_socket(connection.sock, server_side=True)
        connection.secure = True

    @staticmethod
    def _try_write(connection, data):
        try:
            connection.write(data)
        except OSError:
            pass

    def _bug(self):
        text = traceback.format_exc()
        self.world.bugs.append(text)
        print(text, file=sys.stderr, flush=True)

    # --- requests -----------------------------------------------------------------------

    def _service(self, request, where, bound):
        if where.service or bound:
            return self.services[where.service or bound]
        if request.path.startswith("/latest/"):
            return self.services["imds"]
        if request.path in self.world.containers or request.path.startswith(
                ("/v1/credentials", "/v2/credentials/")):
            return self.services["container"]
        if (request.header("x-amz-target") or "").startswith("AmazonSQS."):
            return self.services["sqs"]
        if request.method == "POST" and request.path == "/":
            return self.services["sts"]
        return self.services["s3"]

    def _exchange(self, connection, request, bound):
        """Answer one request. False: the connection must be closed."""
        if request.path.startswith("/_admin/"):
            connection.send(self._admin(request))
            return True
        started, epoch = time.monotonic(), self.world.epoch
        where = address(request.host)
        service = self._service(request, where, bound)
        call = service.describe(request, where)
        call.connection, call.epoch = connection, epoch
        with self.world.lock:
            fault_id, rule = self.world.faults.pick(call, self._signer(request))
        try:
            response = self._answer(service, call, rule, connection)
        except faults.Cut:
            self.world.record(call, None, started, fault_id)
            raise faults.Cut(rule.reset) from None
        entry, before = self.world.record(call, response, started, fault_id), connection.sent
        try:
            faults.transmit(rule, connection, response, self.world.stopped)
        except faults.Cut:
            raise faults.Cut(rule.reset) from None
        finally:
            self.world.sent(entry, connection.sent - before, started)
        wants_close = "close" in (request.header("connection") or "").lower()
        return not (response.close or wants_close)

    def _signer(self, request):
        """The ARN of the access key in the Authorization header, not verified."""
        value = request.header("authorization") or ""
        access_key = value.partition("Credential=")[2].partition("/")[0]
        key = self.world.keys.get(access_key)
        return key.principal.arn if key else None

    def _answer(self, service, call, rule, connection):
        response = None
        if rule:
            if rule.hook:
                rule.hook(call)
            if rule.delay_s:
                connection.wait(rule.delay_s, self.world.stopped)
            if rule.hang_s:
                connection.wait(rule.hang_s, self.world.stopped)
            if rule.drop or rule.hang_s:
                raise faults.Cut
            response = faults.instead(rule, service, call)
        if response is None:
            response = self._handled(service, call)
        service.finish(call, response)
        if rule:
            if rule.lost:
                raise faults.Cut
            response = faults.spoil(rule, response)
        return response

    def _handled(self, service, call):
        try:
            return service.handle(call)
        except AwsError as error:
            call.code = error.code
            return service.error(call, error)
        except Exception:
            self._bug()
            call.code = "InternalError"
            return service.error(call, AwsError("InternalError", 500, "a bug of the fake"))

    # --- admin over HTTP ----------------------------------------------------------------

    def _admin(self, request):
        name = request.path.removeprefix("/_admin/")
        try:
            if name.startswith("_") or name not in ADMIN_CALLS:
                raise ValueError(f"no such call: {name}; there are {sorted(ADMIN_CALLS)}")
            arguments = json.loads(request.body) if request.body else dict(
                parse_qsl(request.query))
            result, status = getattr(self, name)(**arguments), 200
        except Exception as error:
            result, status = {"error": f"{type(error).__name__}: {error}"}, 400
        return Response(status, {"Content-Type": "application/json"},
                        json.dumps(result).encode())


ADMIN_CALLS = {name for name in vars(Admin) if not name.startswith("_")} | {"drop_connections"}
