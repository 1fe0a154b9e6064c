"""Proxies that cut connections, before, within or after a request, that send requests twice, that are slow."""

from __future__ import annotations

import random
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import httpx

_SENT = ("Content-Type", "Upload-Offset", "Upload-Length")
_ANSWERED = ("Content-Type", "Upload-Offset")
_PIECE = 1 << 16


class Relay:
    """Passes bytes between clients and a service: slowly, where a `rate` is set, and cuts connections at random.

    Connections are cut after at most `cut_within` bytes that the client sent, in places that the seed fixes; 0: never.
    `passed` counts the bytes from clients that reached the service.
    """

    def __init__(self, address: tuple[str, int], *, seed: int, rate: float, cut_within: int) -> None:
        self.rate = rate
        self.cut_within = cut_within
        self.passed = 0
        self._address = address
        self._chance = random.Random(seed)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Take no more connections."""
        self._listening.close()

    def wait_until_passed(self, count: int) -> None:
        """Return when that many bytes have reached the service."""
        until = time.monotonic() + 60
        while self.passed < count:
            assert time.monotonic() < until, f"only {self.passed} bytes of {count} came"
            time.sleep(0.005)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(self._address)
            except OSError:  # the service is away
                client.close()
                continue
            threading.Thread(target=self._pass_back, args=(server, client), daemon=True).start()
            threading.Thread(target=self._pass_on, args=(client, server), daemon=True).start()

    def _pass_on(self, client: socket.socket, server: socket.socket) -> None:
        left = self._chance.randrange(self.cut_within) if self.cut_within else None
        with suppress(OSError):
            while left is None or left > 0:
                piece = client.recv(_PIECE if left is None else min(_PIECE, left))
                if not piece:
                    break
                server.sendall(piece)
                self.passed += len(piece)
                left = None if left is None else left - len(piece)
                time.sleep(len(piece) / self.rate)
        _cut(client, server)

    def _pass_back(self, server: socket.socket, client: socket.socket) -> None:
        with suppress(OSError):
            while piece := server.recv(_PIECE):
                client.sendall(piece)
        _cut(client, server)


def _cut(*ends: socket.socket) -> None:
    for end in ends:
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()


@contextmanager
def relay(url: str, *, seed: int = 1, rate: float = float("inf"), cut_within: int = 0) -> Iterator[Relay]:
    """Give a relay to the service at `url`; `rate` is in bytes a second."""
    parts = urlsplit(url)
    made = Relay((str(parts.hostname), parts.port or 80), seed=seed, rate=rate, cut_within=cut_within)
    try:
        yield made
    finally:
        made.close()


@contextmanager
def unreliable(url: str, *, seed: int) -> Iterator[str]:
    """Give the address of a proxy to `url` that does a third of its work wrongly, in an order that the seed fixes."""
    chance = random.Random(seed)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            fate = chance.choice(["fine", "fine", "fine", "twice", "unsent", "unanswered"])
            if fate == "unsent":
                return self._cut()
            sent = {name: self.headers[name] for name in _SENT if name in self.headers}
            answer = httpx.request(self.command, url + self.path, content=body, headers=sent)
            if fate == "twice":
                answer = httpx.request(self.command, url + self.path, content=body, headers=sent)
            if fate == "unanswered":
                return self._cut()
            self.send_response(answer.status_code)
            for name in _ANSWERED:
                if name in answer.headers:
                    self.send_header(name, answer.headers[name])
            if self.command != "HEAD":
                self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)
            return None

        do_PATCH = do_HEAD = do_POST  # noqa: N815  # names that the library looks for

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
