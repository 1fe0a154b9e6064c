"""Makes a new, empty cluster: all of it or nothing."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from store.embedded.accounts import Account
from store.embedded.binaries import Binaries
from store.embedded.configuration import SUPERUSER
from store.embedded.errors import EmbeddedPostgresError
from store.embedded.folders import INCOMING, Layout
from store.embedded.launching import launch

# The same order of text on every platform, whatever the machine's locales are.
COLLATION = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C")


def make_cluster(layout: Layout, binaries: Binaries, account: Account | None) -> None:
    """Make a cluster (0.6 s) and move it to its place. Raises `EmbeddedPostgresError`, and then leaves nothing."""
    incoming: Path | None = None
    try:
        incoming = Path(tempfile.mkdtemp(prefix=INCOMING, dir=layout.folder))
        if account is not None:
            account.own(incoming)
        _run_initdb(layout, incoming, binaries, account)
        incoming.rename(layout.data)
        _sync(layout.folder)
    except OSError as exc:
        raise EmbeddedPostgresError(layout.folder, f"a cluster could not be made there: {exc}") from exc
    finally:
        if incoming is not None:
            shutil.rmtree(incoming, ignore_errors=True)


def _run_initdb(layout: Layout, incoming: Path, binaries: Binaries, account: Account | None) -> None:
    with tempfile.TemporaryFile() as output, reachable(incoming, account) as (path, keep):
        program = [str(binaries.initdb), "-D", path, "-U", SUPERUSER, "-E", "UTF8", "-A", "trust", *COLLATION]
        # SIGKILL at our death: what is half made the next start removes.
        launched = launch(program, account=account, death_signal=signal.SIGKILL, output=output, keep=keep)
        if launched.wait() != 0:
            output.seek(0)
            said = [line.strip() for line in output.read().decode(errors="replace").splitlines()]
            raise EmbeddedPostgresError(layout.folder, f"initdb failed: {_reason(said)}")


def _reason(said: list[str]) -> str:
    telling = [line for line in said if "error:" in line or "FATAL:" in line or "PANIC:" in line]
    return "; ".join(telling or said[-3:])


@contextmanager
def reachable(data: Path, account: Account | None) -> Iterator[tuple[str, list[int]]]:
    """Give a path by which the account reaches the folder, and descriptors that must stay open for it.

    Where folders above are closed to the account (`/root`, say) the path goes through a descriptor that the program
    inherits; opening their modes for it would be no business of ours. Raises `EmbeddedPostgresError` off Linux.
    """
    if account is None or account.may_enter(data.parent):
        yield str(data), []
        return
    if sys.platform != "linux":
        raise EmbeddedPostgresError(
            data.parent, f"Postgres runs under the account {account.name}, which cannot enter it; name another folder"
        )
    descriptor = os.open(data, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        yield f"/proc/self/fd/{descriptor}", [descriptor]
    finally:
        os.close(descriptor)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
