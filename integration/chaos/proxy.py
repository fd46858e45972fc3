# SPDX-License-Identifier: Apache-2.0
"""A TCP proxy that breaks the network on request.

    with Proxy(target=("127.0.0.1", 9092)) as p:
        ... connect to p.address ...
        p.cut()                 # reset every open connection; new ones work
        p.mode = "refuse"       # ... and refuse new ones
        p.mode = "blackhole"    # connections stay open, but nothing passes
        p.mode = "half-open"    # requests of the client pass, responses do not
        p.delay = 0.2           # seconds added to every piece, in both directions
        p.mode = "pass"         # the normal mode

One thread with an event loop per proxy. The methods may be called from any thread. Loopback only.
"""
import asyncio
import socket
import struct
import threading

PIECE = 64 * 1024
MODES = ("pass", "refuse", "blackhole", "half-open")


class Proxy:
    def __init__(self, target):
        self.target = target
        self.delay = 0.0
        self._mode = "pass"
        self._writers = set()
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name=f"proxy-{target[1]}")
        self.connections = 0  # accepted so far

    def __enter__(self):
        self._thread.start()
        if not self._ready.wait(10):
            raise RuntimeError("the proxy did not start")
        return self

    def __exit__(self, *_):
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    @property
    def mode(self):
        return self._mode

    @mode.setter
    def mode(self, mode):
        if mode not in MODES:
            raise ValueError(f"mode is one of {', '.join(MODES)}")
        self._mode = mode
        self._loop.call_soon_threadsafe(self._changed)

    def cut(self):
        """Reset (RST, not FIN) every open connection."""
        done = threading.Event()
        self._loop.call_soon_threadsafe(self._cut, done)
        done.wait(5)

    # ---- on the thread of the loop

    def _run(self):
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())

    async def _serve(self):
        self._stop, self._pass = asyncio.Event(), asyncio.Event()
        self._changed()
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=PIECE)
        self.address = server.sockets[0].getsockname()[:2]
        self._ready.set()
        await self._stop.wait()
        server.close()
        self._cut()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()

    def _changed(self):
        """Wake connections that wait for the network; mode "refuse" also closes open ones."""
        if self._mode in ("pass", "half-open"):
            self._pass.set()
        else:
            self._pass.clear()
        if self._mode == "refuse":
            self._cut()

    def _cut(self, done=None):
        for writer in list(self._writers):
            _reset(writer)
        self._writers.clear()
        if done:
            done.set()

    async def _accept(self, reader, writer):
        self.connections += 1
        if self._mode == "refuse":
            _reset(writer)
            return
        try:
            there, back = await asyncio.open_connection(*self.target, limit=PIECE)
        except OSError:
            _reset(writer)
            return
        self._writers |= {writer, back}
        pumps = [asyncio.ensure_future(self._pump(reader, back, False)),
                 asyncio.ensure_future(self._pump(there, writer, True))]
        await asyncio.wait(pumps)
        for w in (writer, back):
            self._writers.discard(w)
            w.close()

    async def _pump(self, reader, writer, answers):
        try:
            while piece := await reader.read(PIECE):
                if self.delay:
                    await asyncio.sleep(self.delay)
                await self._pass.wait()
                while answers and self._mode == "half-open":
                    await asyncio.sleep(0.05)
                    await self._pass.wait()
                writer.write(piece)
                await writer.drain()
            if writer.can_write_eof():
                writer.write_eof()
        except (OSError, RuntimeError):
            _reset(writer)


def _reset(writer):
    sock = writer.get_extra_info("socket")
    if sock is not None:
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        except OSError:
            pass
    writer.transport.abort()
