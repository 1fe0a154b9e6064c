"""The account the server runs under: Postgres refuses to run as root."""

from __future__ import annotations

import os
import pwd
from dataclasses import dataclass
from pathlib import Path

from store.embedded.errors import EmbeddedPostgresError


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An unprivileged account that root lets the server run under."""

    uid: int
    gid: int
    name: str

    def own(self, path: Path) -> None:
        """Give one file or folder (not what is below it) to the account."""
        os.chown(path, self.uid, self.gid)

    def may_enter(self, folder: Path) -> bool:
        """Say whether the account can reach what is in the folder, by the mode bits of it and all above."""
        return all(self._may_pass(each.stat()) for each in (folder, *folder.parents))

    def _may_pass(self, found: os.stat_result) -> bool:
        if found.st_uid == self.uid:
            return bool(found.st_mode & 0o100)
        return bool(found.st_mode & (0o010 if found.st_gid == self.gid else 0o001))


def choose_account(folder: Path, data: Path, *, name: str) -> Account | None:
    """Return the account to run under, or None to run under one's own. Raises `EmbeddedPostgresError`.

    Root runs an existing cluster under whoever owns it, and a new one under the account `name`.
    """
    owner = data.stat().st_uid if data.is_dir() else None
    if os.geteuid() != 0:
        if owner not in (None, os.geteuid()):
            raise EmbeddedPostgresError(folder, f"its data belongs to the account {_account_name(owner)}")
        return None
    try:
        entry = pwd.getpwuid(owner) if owner else pwd.getpwnam(name)
    except KeyError as exc:
        wanted = f"number {owner}, which owns the data," if owner else f"`{name}`"
        reason = f"Postgres does not run as root and there is no account {wanted} to run it under"
        raise EmbeddedPostgresError(folder, reason) from exc
    return Account(uid=entry.pw_uid, gid=entry.pw_gid, name=entry.pw_name)


def _account_name(uid: int | None) -> str:
    try:
        return pwd.getpwuid(uid or 0).pw_name
    except KeyError:
        return f"number {uid}"
