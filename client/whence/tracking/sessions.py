"""What one process has of a run: a writer of its own, a spool, and the two threads; made anew in a forked child."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

from whence.failures import WhenceError
from whence.spool.folders import find_run_folder
from whence.spool.records import Header
from whence.tracking.operations import Numbering
from whence.tracking.outgoing import Outgoing
from whence.tracking.recording import Recorder

STOP_S = 2.0
TIMEOUT_S = 30.0


@dataclass(frozen=True)
class Destination:
    """Where a run's writes go."""

    url: str
    workspace: str
    token: str | None
    spool: Path
    offline: bool = False


class Session:
    """A process's way to write a run. Nothing here waits for the service but `finish`."""

    def __init__(
        self, destination: Destination, *, run: UUID, attempt: UUID | None, warn: Callable[[str], None]
    ) -> None:
        self.destination = destination
        self.owner = os.getpid()
        writer = uuid4()
        header = Header(
            url=destination.url.rstrip("/"),
            workspace=destination.workspace,
            run=str(run),
            writer=str(writer),
            made_by=f"{socket.gethostname()} {self.owner}",
        )
        folder = find_run_folder(destination.spool, url=header.url, workspace=header.workspace, run=header.run)
        self.outgoing = Outgoing(folder, header, warn=warn)
        self.recorder = Recorder(self.outgoing, Numbering(writer, run=run, attempt=attempt), warn=warn)
        self._run = str(run)
        self._warn = warn
        self._stop = threading.Event()
        self._imported = threading.Event()
        self._sending: threading.Thread | None = None

    def start(self) -> None:
        """Begin to record and, unless offline, to send."""
        self.recorder.start()
        if not self.destination.offline:
            self._sending = threading.Thread(target=self._send, name="whence-sender", daemon=True)
            self._sending.start()

    def finish(self, *, wait: float) -> bool:
        """Put everything on disk, give the service `wait` seconds to take it, and say whether it took all."""
        self.recorder.stop()
        sent = self._sending is not None and self.outgoing.wait_until_empty(wait)
        self._stop.set()
        if self._sending is not None:
            self._sending.join(STOP_S)
        self.outgoing.close()
        return sent

    def wait_for_imports(self) -> None:
        """Wait until the sending thread has what it needs."""
        if self._sending is not None:
            self._imported.wait(TIMEOUT_S)

    def abandon(self) -> None:
        """Leave everything to the parent, whose it is: this process is its forked child."""
        self.outgoing.abandon()

    def _send(self) -> None:
        # Imported by this thread: the HTTP library takes longer than a training should wait for its first line.
        from whence.service import Service
        from whence.tracking.sending import Sender

        try:
            to = self.destination
            with Service(to.url, workspace=to.workspace, token=to.token, connections=1, timeout=TIMEOUT_S) as service:
                self._imported.set()  # only now: making a client imports, too
                Sender(service, self.outgoing, run=self._run, stop=self._stop, warn=self._warn).send()
        except WhenceError as exc:
            self._warn(f"nothing is sent: {exc}. What is logged stays in {self.outgoing.folder}")
        except Exception as exc:  # a mistake of ours must not look like a training that went well
            self._warn(
                f"sending has ended: {type(exc).__name__}: {exc}. What is logged stays in {self.outgoing.folder}"
            )
