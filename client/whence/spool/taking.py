"""Taking over the files of processes that are gone: only with their lock, and never those of the living."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from whence.spool.folders import prune
from whence.spool.records import Header, Request, unpack_header, unpack_requests


@dataclass
class Left:
    """A file that somebody left: its requests, and where they go."""

    path: Path
    header: Header
    requests: list[Request]
    done: bool = False
    """Set when all of it was taken or set aside: then the file goes."""


@contextmanager
def take(path: Path) -> Iterator[Left | None]:
    """Give a left file while its lock is held, or None where it has an owner or is gone; delete it once it is done."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        yield None
        return
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield None
            return
        if not path.exists():  # whoever had the lock has just finished it
            yield None
            return
        data = file.read()
        header = unpack_header(data)
        if header is None:
            path.unlink()
            yield None
            return
        left = Left(path, header, list(unpack_requests(data)))
        yield left
        if left.done:
            path.unlink(missing_ok=True)
            prune(path.parent)
