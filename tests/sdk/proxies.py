"""A proxy that cuts connections, before the request arrives or before its answer does, and sends requests twice."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx


@contextmanager
def unreliable(url: str, *, seed: int) -> Iterator[str]:
    """Give the address of a proxy to `url` that does a third of its work wrongly, in an order that the seed fixes."""
    chance = random.Random(seed)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            fate = chance.choice(["fine", "fine", "fine", "twice", "unsent", "unanswered"])
            if fate == "unsent":
                return self._cut()
            headers = {"Content-Type": self.headers["Content-Type"]}
            answer = httpx.post(url + self.path, content=body, headers=headers)
            if fate == "twice":
                answer = httpx.post(url + self.path, content=body, headers=headers)
            if fate == "unanswered":
                return self._cut()
            self.send_response(answer.status_code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)
            return None

        def _cut(self) -> None:
            self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
