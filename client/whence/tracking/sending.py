"""The thread that sends what is in line, one request after the other, and the signs of life between them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from whence.delivering import Outcome, deliver
from whence.service import Service
from whence.spool.draining import drain
from whence.spool.folders import list_files
from whence.spool.records import Request
from whence.tracking.operations import encode
from whence.tracking.outgoing import Outgoing

HEARTBEAT_S = 30
FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 15.0
UNEXPLAINED_TRIES = 5
LOOK_S = 1.0


class Sender:
    """Sends a line of requests, older spools of the same run first. It never gives up on what may pass."""

    def __init__(
        self, service: Service, outgoing: Outgoing, *, run: str, stop: threading.Event, warn: Callable[[str], None]
    ) -> None:
        self._service = service
        self._outgoing = outgoing
        self._run = run
        self._stop = stop
        self._warn = warn
        self._pause = FIRST_PAUSE_S
        self._tries = 0
        self._beat_at = time.monotonic() + HEARTBEAT_S

    def send(self) -> None:
        """Send until it is stopped; then once more whatever is in flight."""
        while not self._stop.is_set() and not self._drain_older():
            self._wait()
        while not self._stop.is_set():
            request = self._outgoing.wait_for_first(LOOK_S)
            if request is not None:
                self._try(request)
            elif time.monotonic() >= self._beat_at:
                self._beat()

    def _drain_older(self) -> bool:
        """Send what earlier processes of this run left; say whether none of it is in the way any more."""
        return all(drain(self._service, path, warn=self._warn) for path in list_files(self._outgoing.folder))

    def _try(self, request: Request) -> None:
        outcome, reason = deliver(self._service, request)
        if outcome is Outcome.UNEXPLAINED:
            self._tries += 1
            outcome = Outcome.REFUSED if self._tries >= UNEXPLAINED_TRIES else Outcome.LATER
        if outcome is Outcome.LATER:
            self._outgoing.reason = reason
            self._wait()
            return
        self._outgoing.reason = ""
        self._pause, self._tries = FIRST_PAUSE_S, 0
        self._beat_at = time.monotonic() + HEARTBEAT_S
        if outcome is Outcome.DONE:
            self._outgoing.settle_first()
        else:
            self._outgoing.refuse_first(request, reason)

    def _beat(self) -> None:
        """Tell that the run lives; nobody minds if that fails, the next one comes soon."""
        body = encode("heartbeat", {"run": self._run, "seconds": HEARTBEAT_S})
        deliver(self._service, Request("heartbeat", (body,)))
        self._beat_at = time.monotonic() + HEARTBEAT_S

    def _wait(self) -> None:
        self._stop.wait(self._pause)
        self._pause = min(self._pause * 2, LONGEST_PAUSE_S)
