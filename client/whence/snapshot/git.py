"""What git says of the code that runs: commit, branch, and what was changed and not committed."""

from __future__ import annotations

import subprocess
from pathlib import Path

import msgspec

from whence.files.digests import digest_bytes
from whence.snapshot.secrets import scrub_remote, scrub_text

MAX_DIFF = 1 << 20
"""Bytes of a diff that is kept; of a larger one only the digest is."""
_TIMEOUT_S = 10.0


class GitState(msgspec.Struct, frozen=True, omit_defaults=True):
    """A working tree: where it comes from, at which commit, and how it differs from that."""

    root: str
    """The top folder, on the machine of the run."""
    commit: str
    repository: str | None = None
    """Address of the remote, without user and password; None where there is none."""
    branch: str | None = None
    dirty: bool = False
    diff_digest: str | None = None
    """Of the whole uncommitted change, before secrets were taken out; None where nothing was changed."""
    diff_size: int = 0
    """Bytes of that change."""
    untracked: tuple[str, ...] = ()
    """Files that git does not know and does not ignore; their content is in no diff. At most 100."""
    published: bool = False
    """Whether a branch of a remote has the commit, as far as this clone knows."""


def read_git(folder: Path) -> tuple[GitState, bytes] | None:
    """Return the state of the working tree that holds a folder, and its diff without secrets (empty where it is larger
    than `MAX_DIFF`); None where there is no repository, no commit, or no git.
    """
    root = _ask(folder, "rev-parse", "--show-toplevel")
    commit = _ask(folder, "rev-parse", "HEAD")
    if root is None or commit is None:
        return None
    top = Path(root)
    diff = _run(top, "diff", "--no-color", "--no-ext-diff", "--binary", "HEAD") or b""
    untracked = (_ask(top, "ls-files", "--others", "--exclude-standard") or "").splitlines()
    state = GitState(
        root=root,
        commit=commit,
        repository=_find_remote(top),
        branch=_ask(top, "symbolic-ref", "--short", "-q", "HEAD"),
        dirty=bool(diff or untracked),
        diff_digest=digest_bytes(diff + "\n".join(untracked).encode()) if diff or untracked else None,
        diff_size=len(diff),
        untracked=tuple(untracked[:100]),
        published=bool(_ask(top, "branch", "-r", "--contains", commit, "--format=%(refname)")),
    )
    kept = scrub_text(diff.decode("utf-8", "replace")).encode() if len(diff) <= MAX_DIFF else b""
    return state, kept


def _find_remote(root: Path) -> str | None:
    names = (_ask(root, "remote") or "").split()
    if not names:
        return None
    name = "origin" if "origin" in names else names[0]
    address = _ask(root, "config", "--get", f"remote.{name}.url")
    return None if address is None else scrub_remote(address)


def _ask(folder: Path, *words: str) -> str | None:
    answer = _run(folder, *words)
    return None if answer is None else answer.decode("utf-8", "replace").strip() or None


def _run(folder: Path, *words: str) -> bytes | None:
    """Return what a command of git prints, or None where it fails. It changes nothing, not even the index."""
    command = ["git", "--no-optional-locks", "-C", str(folder), *words]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_TIMEOUT_S, check=False)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout if done.returncode == 0 else None
