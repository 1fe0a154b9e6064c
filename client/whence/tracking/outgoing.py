"""The line of requests between the one that makes them and the one that sends them: on disk, and partly in memory."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path

from whence.spool.records import Header, Request
from whence.spool.rejecting import set_aside
from whence.spool.segments import Segment, SpoolWriter, read_requests

MEMORY_BYTES = 32 << 20
"""Bodies that are kept in memory beside the disk; those behind them are read again when their turn comes."""
UNSPOOLED_BYTES = 64 << 20
"""Bodies that wait in memory alone while the disk takes nothing; beyond it they are lost, and that is said."""


class _Entry:
    """A request in line, or its place on disk."""

    __slots__ = ("number", "request", "segment", "size")

    def __init__(self, request: Request, segment: Segment | None) -> None:
        self.request: Request | None = request
        self.segment = segment
        self.number = -1 if segment is None else segment.count - 1
        self.size = sum(map(len, request.bodies))


class Outgoing:
    """Requests in the order in which they were made. One thread adds, one sends."""

    def __init__(self, folder: Path, header: Header, *, warn: Callable[[str], None]) -> None:
        self.folder = folder
        self._header = header
        self._warn = warn
        self._spool = SpoolWriter(folder, header)
        self._line: deque[_Entry] = deque()
        self._in_memory = 0
        self._unspooled = 0
        self._changed = threading.Condition()
        self.refused = 0
        self.lost = 0
        self.reason = ""
        """Why the next request has not been taken yet."""

    def add(self, request: Request) -> None:
        """Put a request on disk and at the end of the line. Never raises and never waits for the service."""
        with self._changed:
            try:
                segment = self._spool.append(request)
            except OSError as exc:
                self._warn(f"the spool in {self.folder} takes nothing: {exc.strerror or exc}")
                segment = None
            entry = _Entry(request, segment)
            if segment is None:
                if self._unspooled + entry.size > UNSPOOLED_BYTES:
                    self.lost += 1
                    self._warn("neither the service nor the disk takes what is logged: some of it is lost")
                    return
                self._unspooled += entry.size
            elif self._in_memory + entry.size > MEMORY_BYTES:
                entry.request = None
            else:
                self._in_memory += entry.size
            self._line.append(entry)
            self._changed.notify_all()

    def sync(self) -> None:
        """Make what was added survive a reboot, as far as the disk lets us."""
        with self._changed:
            try:
                self._spool.sync()
            except OSError as exc:
                self._warn(f"the spool in {self.folder} cannot be synced: {exc.strerror or exc}")

    def wait_for_first(self, timeout: float) -> Request | None:
        """Return the request that is next, once there is one; it stays in line until it is settled."""
        with self._changed:
            if not self._line:
                self._changed.wait(timeout)
            return self._read_first() if self._line else None

    def settle_first(self) -> None:
        """Take the next request out of the line: the service has it, or it was set aside."""
        with self._changed:
            entry = self._line.popleft()
            if entry.segment is None:
                self._unspooled -= entry.size
            else:
                self._spool.settle(entry.segment)
                self._in_memory -= entry.size if entry.request is not None else 0
            self._changed.notify_all()

    def refuse_first(self, request: Request, reason: str) -> None:
        """Set the next request aside for a person to look at."""
        self.refused += 1
        try:
            path = set_aside(self.folder, request, writer=self._header.writer, reason=reason)
            self._warn(f"{request.operation} was refused: {reason}; kept in {path}")
        except OSError as exc:
            self._warn(f"{request.operation} was refused: {reason}; and it cannot be kept: {exc}")
        self.settle_first()

    def wait_until_empty(self, timeout: float) -> bool:
        """Say whether everything was settled in time."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._line, timeout)

    @property
    def waiting(self) -> int:
        return len(self._line)

    def close(self) -> None:
        """Leave what waits on disk to the next process, and delete what was settled."""
        with self._changed:
            self._spool.close()

    def abandon(self) -> None:
        """Forget a line that belongs to another process: this one is its forked child."""
        self._changed = threading.Condition()
        self._line.clear()
        self._spool.abandon()

    def _read_first(self) -> Request | None:
        """Return the first request, reading those of its file again where memory had no room for them."""
        first = self._line[0]
        if first.request is None and first.segment is not None:
            held = read_requests(first.segment.path)
            for entry in self._line:
                if entry.segment is not first.segment:
                    break
                if entry.request is None:
                    entry.request = held[entry.number]
                    self._in_memory += entry.size
        return first.request
