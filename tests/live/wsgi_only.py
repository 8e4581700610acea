"""The workbench behind a server that knows WSGI alone: ``python -m tests.live.wsgi_only``."""

import sys
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from workbench import static
from workbench.wsgi import application


class Threaded(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing: a test reads the address and no more."""


if __name__ == "__main__":
    static.prepare()
    with make_server("127.0.0.1", 0, application, Threaded, Quiet) as server:
        sys.stdout.write(f"http://127.0.0.1:{server.server_port}\n")
        sys.stdout.flush()
        server.serve_forever()
