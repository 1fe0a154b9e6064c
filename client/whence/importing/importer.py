"""Imports a stream of lines: several requests at once, what a line needs before the line, bounded memory."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from threading import BoundedSemaphore, Lock
from uuid import UUID

from whence.importing.lines import Entry, FileLine, MetricsLine, NoteLine, RunLine, read_entry
from whence.importing.sending import Sent, send_entry
from whence.service import Service

Report = Callable[[Entry], None]
"""Told of each line that is done."""


@dataclass
class ImportResult:
    """What an import did. Points are counted again when the service says of a line that it has it already."""

    lines: int = 0
    runs_made: int = 0
    runs_known: int = 0
    points: int = 0
    seconds: float = 0.0

    def add(self, sent: Sent) -> None:
        self.lines += 1
        self.runs_made += sent.runs_made
        self.runs_known += sent.runs_known
        self.points += sent.points


@dataclass(frozen=True)
class RawLine:
    """A line as it was read, and where."""

    source: str
    number: int
    raw: bytes


def import_lines(
    service: Service, lines: Iterable[RawLine], *, connections: int = 4, report: Report = lambda _: None
) -> ImportResult:
    """Import the lines and return what was done; the first failure stops it, once the requests under way have ended.

    Lines that were sent before the failure stay. To import all of them again is safe and completes the rest.
    Raises `BadLine` naming the line and the field, `Unreachable` or `Problem`.
    """
    started = time.monotonic()
    importer = _Importer(service, connections, report)
    try:
        for line in lines:
            if line.raw.strip():
                importer.submit(read_entry(line.raw, source=line.source, number=line.number))
            if importer.failure is not None:
                break
    except BaseException:
        importer.stop()
        raise
    importer.close()
    if importer.failure is not None:
        raise importer.failure
    importer.result.seconds = time.monotonic() - started
    return importer.result


class _Importer:
    """A pool of senders. Lines are started in their order, so that what waits, waits for something already started."""

    def __init__(self, service: Service, connections: int, report: Report) -> None:
        self.result = ImportResult()
        self.failure: Exception | None = None
        self._service = service
        self._report = report
        self._pool = ThreadPoolExecutor(connections, thread_name_prefix="whence-import")
        self._room = BoundedSemaphore(2 * connections)
        self._places = 2 * connections
        self._under_way: dict[UUID, Future[None]] = {}
        self._lock = Lock()

    def submit(self, entry: Entry) -> None:
        """Start a line, as soon as there is room for it."""
        if not isinstance(entry.line, RunLine | MetricsLine | NoteLine | FileLine):
            self._drain()
            self._send(entry, None)
            return
        self._room.acquire()
        about = entry.line.id if isinstance(entry.line, RunLine) else entry.line.run
        needed = entry.line.parent if isinstance(entry.line, RunLine) else entry.line.run
        with self._lock:
            before = None if needed is None else self._under_way.get(needed)
            future = self._pool.submit(self._send, entry, before)
            self._under_way[about] = future
        future.add_done_callback(lambda done: self._finish(about, done))

    def close(self) -> None:
        """Wait until everything is sent, or, after a failure, what is under way."""
        self._pool.shutdown()

    def stop(self) -> None:
        """Drop what has not been started, and wait for what is under way."""
        self._pool.shutdown(cancel_futures=True)

    def _send(self, entry: Entry, before: Future[None] | None) -> None:
        if before is not None:
            wait((before,))
        if self.failure is not None:
            return
        try:
            sent = send_entry(self._service, entry)
        except Exception as exc:  # carried to the thread that reads, which raises it
            with self._lock:
                self.failure = self.failure or exc
            return
        with self._lock:
            self.result.add(sent)
            self._report(entry)

    def _finish(self, about: UUID, done: Future[None]) -> None:
        self._room.release()
        with self._lock:
            if self._under_way.get(about) is done:
                del self._under_way[about]

    def _drain(self) -> None:
        for _ in range(self._places):
            self._room.acquire()
        for _ in range(self._places):
            self._room.release()
