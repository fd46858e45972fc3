# SPDX-License-Identifier: Apache-2.0
"""python3 -m fakeaws [--port N] [--ready-file F] [--tls]: the fake as a program."""

import argparse
import json
import os
import signal
import threading

from .server import FakeAws


def main():
    parser = argparse.ArgumentParser(prog="fakeaws", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0: one that is free")
    parser.add_argument("--ready-file", help="gets a JSON line with the endpoint, once it listens")
    parser.add_argument("--tls", action="store_true", help="https as well, and CONNECT")
    options = parser.parse_args()
    done = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: done.set())
    with FakeAws(options.host, options.port, options.tls) as fake:
        ready = {"endpoint": fake.endpoint, "port": fake.port, "pid": os.getpid()}
        if options.tls:
            ready |= {"tls_endpoint": fake.tls_endpoint, "ca_file": str(fake.ca_file)}
        print(json.dumps(ready), flush=True)
        if options.ready_file:
            with open(options.ready_file + ".new", "w", encoding="utf-8") as file:
                file.write(json.dumps(ready) + "\n")
            os.rename(options.ready_file + ".new", options.ready_file)
        done.wait()


if __name__ == "__main__":
    main()
