"""The thread that turns what `log` took into requests on disk, so that the training only ever appends to a queue."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

from whence.spool.records import Request
from whence.tracking.columns import Row, make_series, make_wide
from whence.tracking.operations import Numbering
from whence.tracking.outgoing import Outgoing

GATHER_S = 0.25
"""How long the first row of a request waits for others."""
GATHER_BEHIND_S = 2.0
"""The same while requests wait to be sent: fewer and larger ones then."""
BEHIND = 4
MAX_ROWS = 20_000
"""Rows that wait for this thread at most; whoever logs the next one writes them to disk itself."""
POINTS_PER_REQUEST = 50_000
WIDE_KEYS = 64
"""From so many keys on, one row alone is sent in the wide form."""
SYNC_S = 1.0
LOOK_S = 1.0

Write = Callable[[Numbering], Request]
"""Anything but points: makes its request when its turn comes."""


class Recorder:
    """The queue between a training and its spool. `rows` is appended to by `log` itself, without a lock."""

    def __init__(self, outgoing: Outgoing, numbering: Numbering, *, warn: Callable[[str], None]) -> None:
        self.rows: deque[Row | Write] = deque()
        self._outgoing = outgoing
        self._numbering = numbering
        self._warn = warn
        self._writing = threading.Lock()
        self._wanted = threading.Event()
        self._hurried = threading.Event()
        self._stopping = False
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._record, name="whence-recorder", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Say that there is something where there was nothing."""
        self._wanted.set()

    def add(self, write: Write) -> None:
        """Queue anything but points, behind all that was logged before it."""
        self.rows.append(write)
        self._wanted.set()
        self._hurried.set()

    def flush(self) -> None:
        """Put everything that was logged so far on disk, in the calling thread."""
        with self._writing:
            taken: list[Row] = []
            points = 0
            for _ in range(len(self.rows)):
                item = self.rows.popleft()
                if not isinstance(item, tuple):
                    self._write_points(taken)
                    taken, points = [], 0
                    self._outgoing.add(item(self._numbering))
                    continue
                if taken and (points >= POINTS_PER_REQUEST or not _fits(item, taken[0])):
                    self._write_points(taken)
                    taken, points = [], 0
                taken.append(item)
                points += len(item[0])
            self._write_points(taken)

    def stop(self) -> None:
        """End the thread and put the rest on disk."""
        self._stopping = True
        self._wanted.set()
        self._hurried.set()
        if self._thread is not None:
            self._thread.join()
        self.flush()
        self._outgoing.sync()

    def _write_points(self, rows: list[Row]) -> None:
        if not rows:
            return
        points = sum(len(row[0]) for row in rows)
        if len(rows) == 1 and points >= WIDE_KEYS:
            fields = make_wide(rows[0])
        else:
            fields = {"series": make_series(rows)}
        self._outgoing.add(self._numbering.make_request("logMetrics", fields, points=points))

    def _record(self) -> None:
        synced = time.monotonic()
        while not self._stopping:
            self._wanted.wait(LOOK_S)  # a row that was appended while the queue was emptied may have woken nobody
            if not self.rows:
                continue
            self._hurried.wait(GATHER_BEHIND_S if self._outgoing.waiting > BEHIND else GATHER_S)
            self._hurried.clear()
            self._wanted.clear()
            try:
                self.flush()
            except Exception as exc:  # a mistake of ours must not end what comes after it
                self._warn(f"something that was logged could not be recorded: {type(exc).__name__}: {exc}")
            if time.monotonic() - synced > SYNC_S:
                self._outgoing.sync()
                synced = time.monotonic()


def _fits(row: Row, first: Row) -> bool:
    """Say whether a row may share a request: all have a step, or the service counts on for all series alike."""
    if row[1] is None or first[1] is None:
        return row[1] is first[1] and row[0].keys() == first[0].keys()
    return True
