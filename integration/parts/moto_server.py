# SPDX-License-Identifier: Apache-2.0
"""moto's server on a free port, with a clock of the queues that a test can advance.

    python -m integration.parts.moto_server [PORT] [iam]    prints the port, then serves; iam: moto_iam.py

POST /moto-clock?seconds=900 lets 15 minutes pass for the queues: hidden messages become visible
again. So a test of delays or of the dead-letter queue need not wait.
"""
import logging
import sys

import moto.sqs.models
import moto.sqs.utils
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

_real_ms = moto.sqs.models.unix_time_millis
_ahead_ms = 0


def _now_ms(*args):
    return _real_ms(*args) + (0 if args else _ahead_ms)


def with_clock(app):
    def answer(environ, start_response):
        global _ahead_ms
        if environ.get("PATH_INFO") != "/moto-clock":
            return app(environ, start_response)
        _ahead_ms += int(float(Request(environ).args["seconds"]) * 1000)
        return Response(str(_ahead_ms))(environ, start_response)
    return answer


def main(port, *parts):
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    moto.sqs.models.unix_time_millis = _now_ms
    app = with_clock(DomainDispatcherApplication(create_backend_app))
    if "iam" in parts:
        from .moto_iam import with_iam
        app = with_iam(app)
    server = make_server("127.0.0.1", port, app, threaded=True)
    print(server.port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 0, *sys.argv[2:])
