"""The thread that sends a run's files: beside the metrics, so that a large model keeps no point waiting."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from whence.failures import WhenceError
from whence.files.staging import Staging, list_staged, remove_if_empty, set_aside

if TYPE_CHECKING:
    from whence.service import Service

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 15.0


class Uploads:
    """Files of one process that wait for the service, and those that earlier processes of the run left."""

    def __init__(self, staging: Staging, connect: Callable[[], Service], *, warn: Callable[[str], None]) -> None:
        self._staging = staging
        self._connect = connect
        self._warn = warn
        self._line: deque[Path] = deque()
        self._changed = threading.Condition()
        self._stopped = threading.Event()
        self._imported = threading.Event()
        self._thread: threading.Thread | None = None
        self._moved_at = time.monotonic()
        self.reason = ""
        """Why the next file has not been taken yet."""

    def add(self, digests: list[str]) -> None:
        """Send these staged files, in their order."""
        with self._changed:
            self._line.extend(self._staging.folder / digest.removeprefix("sha256:") for digest in digests)
            self._changed.notify_all()
            if self._thread is None:
                self._moved_at = time.monotonic()
                self._thread = threading.Thread(target=self._send, name="whence-uploader", daemon=True)
                self._thread.start()

    def add_left(self) -> None:
        """Send what earlier processes of the run left."""
        left = [path.name for path in list_staged(self._staging.folder)] if self._staging.folder.is_dir() else []
        if left:
            self.add(left)

    @property
    def waiting(self) -> int:
        return len(self._line)

    def finish(self, *, patience: float, longest: float) -> bool:
        """Wait for the service to take all, `longest` seconds at most, `patience` without progress; say if it did."""
        until = time.monotonic() + longest
        self._moved_at = time.monotonic()
        with self._changed:
            while self._line and time.monotonic() < min(until, self._moved_at + patience):
                self._changed.wait(0.1)
        self._stopped.set()
        return not self._line

    def wait_for_imports(self, timeout: float) -> None:
        """Wait until the thread has what it needs."""
        if self._thread is not None:
            self._imported.wait(timeout)

    def _send(self) -> None:
        try:
            self._send_all()
        except Exception as exc:  # a mistake of ours must not look like files that were sent
            self._imported.set()
            self._warn(f"no files are sent: {type(exc).__name__}: {exc}; they stay in {self._staging.folder}")

    def _send_all(self) -> None:
        from whence.files.uploading import may_pass, upload

        pause = FIRST_PAUSE_S
        with self._connect() as service:
            self._imported.set()
            while not self._stopped.is_set():
                path = self._wait_for_first()
                if path is None:
                    continue
                try:
                    if path.exists():
                        upload(service, f"sha256:{path.name}", path, progress=self._note)
                        path.unlink(missing_ok=True)
                except FileNotFoundError:  # another process has sent it
                    pass
                except WhenceError as exc:
                    if may_pass(exc):
                        self.reason = str(exc)
                        self._stopped.wait(pause)
                        pause = min(pause * 2, LONGEST_PAUSE_S)
                        continue
                    self._set_aside(path, exc)
                except OSError as exc:
                    self._warn(f"a file that waits for its upload cannot be read: {exc}")
                pause, self.reason = FIRST_PAUSE_S, ""
                self._settle_first()
        remove_if_empty(self._staging.folder)

    def _wait_for_first(self) -> Path | None:
        with self._changed:
            if not self._line:
                self._changed.wait(0.5)
            return self._line[0] if self._line else None

    def _settle_first(self) -> None:
        with self._changed:
            self._line.popleft()
            self._changed.notify_all()

    def _note(self, _: int) -> None:
        self._moved_at = time.monotonic()

    def _set_aside(self, path: Path, failure: WhenceError) -> None:
        """Keep a file that the service refuses for good where a person can look at it."""
        try:
            self._warn(f"a file was refused: {failure}; kept in {set_aside(path)}")
        except OSError as exc:
            self._warn(f"a file was refused: {failure}; and it cannot be kept: {exc}")
