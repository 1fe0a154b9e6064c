"""Keeps the private Postgres of one folder up, for as long as this process lives and no longer."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from domain.errors import Unavailable
from store.embedded.errors import EmbeddedPostgresError
from store.embedded.folders import Layout, claim
from store.embedded.launching import Launched
from store.embedded.logs import read_log
from store.embedded.servers import Server, prepare_server
from store.embedded.sockets import is_answering, make_url, remove_socket_folder

log = logging.getLogger("whence.embedded")

START_LIMIT_S = 300.0  # crash recovery reads at most max_wal_size, 1 GB
FIRST_START_ATTEMPTS = 3
LONGEST_PAUSE_S = 5.0
STOPPING = ((signal.SIGINT, 60.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 10.0))  # seconds of patience with each


class EmbeddedPostgres:
    """A Postgres server in a folder, started by us and gone with us.

    `start` returns at once and the work goes on in a thread, so that a service can import and prepare meanwhile;
    `wait_ready` (or `await ready()`) ends when the server answers. If the server dies it is started again, at the same
    address; until it answers, `url` raises `Unavailable`. As a context manager, sync or async, it does all of that and
    stops the server at the end.
    """

    def __init__(
        self, folder: Path | str, *, settings: Mapping[str, str] | None = None, account: str = "nobody"
    ) -> None:
        """Name the folder; nothing is touched yet.

        `settings` are Postgres settings over those of `configuration.SETTINGS`. `account` is what a new cluster runs
        under when this process is root's.
        """
        self._layout = Layout(folder=Path(os.path.realpath(folder)))
        self._settings = dict(settings or {})
        self._account = account
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._server: Server | None = None
        self._launched: Launched | None = None
        self._is_ready = False
        self._failure: Exception | None = None
        self._restarts = 0

    @property
    def folder(self) -> Path:
        return self._layout.folder

    @property
    def url(self) -> str:
        """The address, for drivers; always the same one. Raises `Unavailable` unless the server answers now (2 ms)."""
        with self._changed:
            server = self._server if self._is_ready else None
        if server is None or not is_answering(server.socket_folder):
            raise Unavailable("the embedded Postgres is not running at this moment")
        return make_url(server.socket_folder)

    @property
    def process(self) -> int | None:
        """The number of the server's main process, if it is ready."""
        with self._changed:
            return self._launched.pid if self._launched is not None and self._is_ready else None

    @property
    def restarts(self) -> int:
        """How often the server died and was started again."""
        return self._restarts

    def read_log(self, *, limit: int = 50) -> Sequence[str]:
        """Return the last lines of the server's own log."""
        return read_log(self._layout, limit=limit)

    def start(self) -> None:
        """Begin to start the server, and return. What goes wrong is raised by `wait_ready`."""
        if self._thread is not None:
            raise RuntimeError("an EmbeddedPostgres is started once")
        self._thread = threading.Thread(target=self._run, name="embedded-postgres", daemon=True)
        self._thread.start()

    def wait_ready(self, *, limit_s: float = START_LIMIT_S) -> None:
        """Wait until the server answers. Raises `EmbeddedPostgresError`."""
        with self._changed:
            over = self._changed.wait_for(lambda: self._is_ready or self._failure is not None, limit_s)
            if self._failure is not None:
                raise self._failure
        if not over:
            said = "; ".join(self.read_log(limit=5))
            raise EmbeddedPostgresError(self.folder, f"the server did not answer within {limit_s:.0f} s: {said}")

    async def ready(self, *, limit_s: float = START_LIMIT_S) -> None:
        """Like `wait_ready`, for an event loop."""
        await asyncio.to_thread(self.wait_ready, limit_s=limit_s)

    def stop(self) -> None:
        """Stop the server and give the folder back; returns when both are done. May be called again."""
        with self._changed:
            self._stopping.set()
            self._is_ready = False
            launched, thread = self._launched, self._thread
        for number, patience in STOPPING:
            if thread is None or not thread.is_alive():
                return
            if launched is not None:
                launched.send(number)
            thread.join(patience)

    def __enter__(self) -> Self:
        self.start()
        try:
            self.wait_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    async def __aenter__(self) -> Self:
        self.start()
        try:
            await self.ready()
        except BaseException:
            await asyncio.to_thread(self.stop)
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.to_thread(self.stop)

    # What follows runs in the thread. Linux ties a server to the thread that started it, so there is only this one.

    def _run(self) -> None:
        failure: Exception = EmbeddedPostgresError(self.folder, "it was stopped")
        try:
            claimed = claim(self._layout)
            try:
                server = prepare_server(claimed, settings=self._settings, account_name=self._account)
                try:
                    self._keep_up(server)
                finally:
                    remove_socket_folder(server.socket_folder, server.account)
            finally:
                claimed.release()
        except Exception as exc:  # whoever waits must hear of it, a bug included
            failure = exc
        with self._changed:
            self._is_ready, self._failure = False, failure
            self._changed.notify_all()

    def _keep_up(self, server: Server) -> None:
        failures, pause = 0, 0.0
        while not self._stopping.wait(pause):
            try:
                self._serve_once(server)
                failures, pause = 0, 0.0
            except EmbeddedPostgresError as exc:
                failures += 1
                if self._server is None and failures == FIRST_START_ATTEMPTS:
                    raise
                pause = min(LONGEST_PAUSE_S, 0.1 * 2**failures)
                log.warning("embedded_postgres_start_failed", extra={"reason": exc.reason, "pause_s": pause})

    def _serve_once(self, server: Server) -> None:
        """Start the server and return when it has ended after serving. Raises if it never answered."""
        launched = self._launch(server)
        if launched is None:
            return
        if not server.wait_until_answering(launched):
            if self._stopping.is_set():
                return
            raise EmbeddedPostgresError(self.folder, f"the server ended while starting: {server.fetch_reason()}")
        self._become_ready(server)
        status = launched.wait()
        with self._changed:
            self._is_ready = False
            if self._stopping.is_set():
                return
            self._restarts += 1
        log.warning("embedded_postgres_died", extra={"status": status, "restarts": self._restarts})

    def _launch(self, server: Server) -> Launched | None:
        try:
            server.tidy()
            with self._changed:
                if self._stopping.is_set():
                    return None
                self._launched = server.launch()
                return self._launched
        except OSError as exc:
            raise EmbeddedPostgresError(self.folder, f"the server could not be started: {exc}") from exc

    def _become_ready(self, server: Server) -> None:
        with self._changed:
            self._server = server
            self._is_ready = not self._stopping.is_set()
            self._changed.notify_all()
