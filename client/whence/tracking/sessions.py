"""What one process has of a run: a writer of its own, a spool, and the two threads; made anew in a forked child."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from whence.failures import WhenceError
from whence.files.digests import Content
from whence.files.staging import FOLDER, Staging
from whence.files.staging import Destination as StagedFor
from whence.spool.folders import find_run_folder
from whence.spool.records import Header
from whence.tracking.operations import Numbering
from whence.tracking.outgoing import Outgoing
from whence.tracking.recording import Recorder

if TYPE_CHECKING:
    from whence.service import Service
    from whence.tracking.uploads import Uploads

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
    upload_wait: float = 600.0
    """Seconds that the end of a run waits for its files at most, while the service takes them."""


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
        self.uploads: Uploads | None = None
        self._staging: Staging | None = None
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

    def stage(self, source: Path | bytes) -> Content:
        """Keep a copy of a file, a folder or some bytes, to be sent. Raises `OSError`."""
        staging = self._find_staging()
        content = staging.stage_bytes(source) if isinstance(source, bytes) else staging.stage(source)
        if self.uploads is not None:
            files = [] if content.manifest is None else [entry.digest for entry in content.manifest.files]
            self.uploads.add([*dict.fromkeys(files), content.digest])
        return content

    def send_left_files(self) -> None:
        """Send the files that earlier processes of the run left."""
        if (self.outgoing.folder / FOLDER).is_dir():
            self._find_staging()
            if self.uploads is not None:
                self.uploads.add_left()

    def _find_staging(self) -> Staging:
        """Return where files wait, made when the first one does: most runs log none."""
        if self._staging is None:
            from whence.tracking.uploads import Uploads  # it brings the HTTP library

            to = self.destination
            self._staging = Staging(self.outgoing.folder, StagedFor(url=to.url.rstrip("/"), workspace=to.workspace))
            if not to.offline:
                self.uploads = Uploads(self._staging, self._connect, warn=self._warn)
        return self._staging

    def _connect(self) -> Service:
        from whence.service import Service

        to = self.destination
        return Service(to.url, workspace=to.workspace, token=to.token, connections=1, timeout=TIMEOUT_S)

    def finish(self, *, wait: float) -> bool:
        """Put everything on disk, give the service `wait` seconds to take it, and say whether it took all.

        For files the service has longer, as long as it goes on taking them.
        """
        self.recorder.stop()
        sent = self._sending is not None and self.outgoing.wait_until_empty(wait)
        if self.uploads is not None:
            sent = self.uploads.finish(patience=wait if sent else 0.0, longest=self.destination.upload_wait) and sent
        if self._staging is not None:
            self._staging.close()
        self._stop.set()
        if self._sending is not None:
            self._sending.join(STOP_S)
        self.outgoing.close()
        return sent

    def wait_for_imports(self) -> None:
        """Wait until the sending thread has what it needs."""
        if self._sending is not None:
            self._imported.wait(TIMEOUT_S)
        if self.uploads is not None:
            self.uploads.wait_for_imports(TIMEOUT_S)

    def abandon(self) -> None:
        """Leave everything to the parent, whose it is: this process is its forked child."""
        self.outgoing.abandon()

    def _send(self) -> None:
        # Imported by this thread: the HTTP library takes longer than a training should wait for its first line.
        from whence.tracking.sending import Sender

        try:
            with self._connect() as service:
                self._imported.set()  # only now: making a client imports, too
                Sender(service, self.outgoing, run=self._run, stop=self._stop, warn=self._warn).send()
        except WhenceError as exc:
            self._warn(f"nothing is sent: {exc}. What is logged stays in {self.outgoing.folder}")
        except Exception as exc:  # a mistake of ours must not look like a training that went well
            self._warn(
                f"sending has ended: {type(exc).__name__}: {exc}. What is logged stays in {self.outgoing.folder}"
            )
