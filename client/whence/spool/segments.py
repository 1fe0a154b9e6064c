"""The spool that a process writes: a row of files, each locked from before it has its name until it is gone."""

from __future__ import annotations

import fcntl
import os
import time
from collections import deque
from pathlib import Path

from whence.spool.folders import SUFFIX, prune
from whence.spool.records import Header, Request, pack, unpack_requests

SEGMENT_BYTES = 8 << 20
"""A file is left for the next one at this size, and deleted when all of it was taken."""


class Segment:
    """One file: written from its start to its end, read again only where memory did not keep what is in it."""

    def __init__(self, path: Path, header: Header) -> None:
        self.path = path
        unnamed = path.with_suffix(".new")
        self._file = unnamed.open("xb", buffering=0)
        fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self.size = self._file.write(pack(header))
        unnamed.rename(path)  # only now can others see it, and it is locked
        self.count = 0
        self.waiting = 0

    def append(self, record: bytes) -> None:
        """Write a record at the end. Raises `OSError`, and then nothing of it stays."""
        try:
            written = self._file.write(record)
            if written != len(record):
                raise OSError(f"only {written} of {len(record)} bytes were written")
        except OSError:
            self._file.truncate(self.size)
            self._file.seek(self.size)
            raise
        self.size += len(record)
        self.count += 1
        self.waiting += 1

    def sync(self) -> None:
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Let go of the file and its lock; what is in it waits for another process."""
        self._file.close()

    def delete(self) -> None:
        self.path.unlink(missing_ok=True)
        self._file.close()


class SpoolWriter:
    """The files of one process's writes to one run. Not safe for several threads: its user locks."""

    def __init__(self, folder: Path, header: Header) -> None:
        self._folder = folder
        self._header = header
        self._segments: deque[Segment] = deque()
        self._made = 0
        self._dirty = False

    @property
    def bytes_waiting(self) -> int:
        return sum(segment.size for segment in self._segments if segment.waiting)

    def append(self, request: Request) -> Segment:
        """Put a request on disk and return the file that it is in. Raises `OSError`."""
        if not self._segments or self._segments[-1].size >= SEGMENT_BYTES:
            self._open()
        segment = self._segments[-1]
        segment.append(pack(request))
        self._dirty = True
        return segment

    def sync(self) -> None:
        """Make what was appended survive a reboot. Raises `OSError`."""
        if self._dirty and self._segments:
            self._dirty = False
            self._segments[-1].sync()

    def settle(self, segment: Segment) -> None:
        """Note that one request of a file needs it no longer; the file goes with the last of them."""
        segment.waiting -= 1
        if segment.waiting == 0 and segment.size >= SEGMENT_BYTES:
            self._segments.remove(segment)
            segment.delete()

    def close(self) -> None:
        """Delete what was settled, leave the rest for whoever comes next."""
        while self._segments:
            segment = self._segments.popleft()
            if segment.waiting:
                segment.close()
            else:
                segment.delete()
        prune(self._folder)

    def abandon(self) -> None:
        """Close files that belong to another process: this one is its forked child."""
        while self._segments:
            self._segments.popleft().close()

    def _open(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        name = f"{time.time_ns() // 1_000_000:013d}-{self._header.writer}-{self._made:04d}{SUFFIX}"
        self._segments.append(Segment(self._folder / name, self._header))
        self._made += 1


def read_requests(path: Path) -> list[Request]:
    """Return the whole requests of a file."""
    return list(unpack_requests(path.read_bytes()))
