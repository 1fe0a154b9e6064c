"""A peer that answers what a test tells it to, so that the client meets every answer a service or a proxy may give."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Request:
    """What came in."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """What goes out."""

    body: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


Script = Callable[[Request], Answer]


@dataclass
class ScriptedServer:
    """The address, and everything that was asked."""

    url: str
    requests: list[Request] = field(default_factory=list)
    connections: set[Any] = field(default_factory=set)


@contextmanager
def serve(script: Script) -> Iterator[ScriptedServer]:
    """Answer GraphQL requests by the script, on a port of its own; GET always succeeds."""
    seen = ScriptedServer(url="")
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 65536  # head and body leave together: in two parts they would wait 40 ms for each other

        def do_GET(self) -> None:
            self._send(Answer({"status": "alive", "version": "9.9.9"}))

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                raw = gzip.decompress(raw)
            request = Request(self.path, dict(self.headers), json.loads(raw))
            with lock:
                seen.requests.append(request)
                seen.connections.add(self.client_address)
            self._send(script(request))

        def _send(self, answer: Answer) -> None:
            body = answer.body.encode() if isinstance(answer.body, str) else json.dumps(answer.body).encode()
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Stay silent."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        server.block_on_close = False
        seen.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield seen
        server.shutdown()
        thread.join()


def in_turn(*answers: Answer) -> Script:
    """Give the answers one after the other, the last one for ever."""
    waiting = list(answers)
    return lambda _: waiting.pop(0) if len(waiting) > 1 else waiting[0]


def accept(request: Request) -> Answer:
    """Answer an import as a service does that has room for everything."""
    variables = request.body["variables"]
    data: dict[str, Any] = {}
    if "run" in variables:
        data["createRun"] = {"run": {"id": "x"}}
    if "batch" in variables:
        data["logBatch"] = {"accepted": 0}
    for field_name in ("createExperiment", "defineMetric", "createWorkspace"):
        if field_name in request.body["query"]:
            data[field_name] = {"token": "t"}
    return Answer({"data": data})
