"""What the server says, kept in the folder within bounds."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import IO

from store.embedded.accounts import Account
from store.embedded.folders import Layout

LIMIT = 4_000_000  # bytes; a start that finds more begins a new log and keeps the old one
LINE = 400  # bytes that a line is reckoned at when reading from the end


def open_log(layout: Layout, account: Account | None) -> IO[bytes]:
    """Open the log for appending; it belongs to the account, which may one day start the server itself."""
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(layout.log, flags, 0o640)
    if os.fstat(descriptor).st_size > LIMIT:
        os.close(descriptor)
        layout.log.rename(layout.log.with_suffix(".log.old"))
        descriptor = os.open(layout.log, flags, 0o640)
    if account is not None:
        os.fchown(descriptor, account.uid, account.gid)
    return os.fdopen(descriptor, "ab")


def read_log(layout: Layout, *, limit: int) -> Sequence[str]:
    """Return the last lines of the log."""
    try:
        with layout.log.open("rb") as log:
            log.seek(max(0, log.seek(0, os.SEEK_END) - limit * LINE))
            return log.read().decode(errors="replace").splitlines()[-limit:]
    except OSError:
        return []
