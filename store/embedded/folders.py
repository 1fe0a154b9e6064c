"""The folder a user names: what lies where in it, and who may use it now."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from store.embedded.accounts import Account
from store.embedded.errors import EmbeddedPostgresError

LOCK = "whence.lock"
HARMLESS = frozenset({"lost+found", ".DS_Store"})  # what an empty volume or a file manager has
INCOMING = "initializing-"
SWEEP_ATTEMPTS, SWEEP_PAUSE_S = 50, 0.05
NOTE_LIMIT = 16_384  # bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where things lie in the folder."""

    folder: Path

    @property
    def lock(self) -> Path:
        """Marks the folder as ours, is locked while a service uses it, and says which one."""
        return self.folder / LOCK

    @property
    def data(self) -> Path:
        """Postgres's own data folder. It appears in one piece: initdb works under another name."""
        return self.folder / "data"

    @property
    def log(self) -> Path:
        return self.folder / "postgres.log"


class Claim:
    """The right to use the folder, held until `release` or the end of the process, however it ends."""

    def __init__(self, layout: Layout, descriptor: int) -> None:
        self.layout = layout
        self._descriptor = descriptor

    def fetch_socket_folder(self, cluster: str) -> Path | None:
        """Return the socket folder that the last holder noted, if that was for this very cluster and not for one
        that the folder is a copy of.
        """
        try:
            noted = json.loads(os.pread(self._descriptor, NOTE_LIMIT, 0))
            return Path(noted["socket_folder"]) if noted["cluster"] == cluster else None
        except (ValueError, KeyError, TypeError):
            return None

    def note(self, cluster: str, socket_folder: Path) -> None:
        """Write down who holds the folder and where its socket is."""
        noted = {"process": os.getpid(), "cluster": cluster, "socket_folder": str(socket_folder)}
        text = json.dumps(noted)
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, text.encode(), 0)

    def share_with(self, account: Account | None) -> None:
        """Let the account the data belong to use the folder without root, too."""
        if account is not None:
            os.fchown(self._descriptor, account.uid, account.gid)

    def release(self) -> None:
        # The file stays: removing it would let two services lock two files of one name.
        os.close(self._descriptor)


def claim(layout: Layout) -> Claim:
    """Make the folder if it is not there, and lock it. Raises `EmbeddedPostgresError`."""
    folder = layout.folder
    try:
        folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        _check_ours(layout)
        descriptor = os.open(layout.lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
    except OSError as exc:
        reason = f"it cannot be made or written ({exc.strerror}: {exc.filename})"
        raise EmbeddedPostgresError(folder, reason) from exc
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _sweep(layout)
    except BlockingIOError as exc:
        holder = _read_holder(descriptor)
        os.close(descriptor)
        raise EmbeddedPostgresError(folder, f"it is in use by another Whence service{holder}") from exc
    except OSError as exc:
        os.close(descriptor)
        raise EmbeddedPostgresError(folder, f"it cannot be locked or tidied: {exc}") from exc
    return Claim(layout, descriptor)


def _check_ours(layout: Layout) -> None:
    names = {entry.name for entry in os.scandir(layout.folder)} - HARMLESS
    # The lock file comes first into a new folder: without it nothing else there is ours.
    if names and LOCK not in names:
        listed = ", ".join(sorted(names)[:3]) + (", ..." if len(names) > 3 else "")
        reason = f"it is not empty and was not made by Whence (it has {listed}); name a new or an empty folder"
        raise EmbeddedPostgresError(layout.folder, reason)


def _read_holder(descriptor: int) -> str:
    try:
        return f" (process {int(json.loads(os.pread(descriptor, NOTE_LIMIT, 0))['process'])})"
    except (ValueError, KeyError, TypeError):
        return ""  # it has only just locked the folder


def _sweep(layout: Layout) -> None:
    """Remove clusters that were never finished; their initdb died with the service that started it.

    Its own child may outlive it for a moment and still write there, so that a removal can fail half way.
    """
    for left in layout.folder.glob(f"{INCOMING}*"):
        for _ in range(SWEEP_ATTEMPTS):
            shutil.rmtree(left, ignore_errors=True)
            if not left.exists():
                break
            time.sleep(SWEEP_PAUSE_S)
        else:
            shutil.rmtree(left)


def check_major(layout: Layout, *, major: int) -> None:
    """Refuse data of another major version of Postgres, or that is no cluster. Raises `EmbeddedPostgresError`."""
    try:
        found = (layout.data / "PG_VERSION").read_text().strip()
    except OSError as exc:
        raise EmbeddedPostgresError(layout.folder, f"{layout.data} is not the data of a Postgres ({exc})") from exc
    if found != str(major):
        reason = (
            f"its data was written by Postgres {found} and this is Postgres {major}; "
            f"dump it with the one and load it with the other, or name another folder"
        )
        raise EmbeddedPostgresError(layout.folder, reason)
