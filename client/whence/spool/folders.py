"""Where spools lie: a folder for each service and workspace, in it one for each run."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

SUFFIX = ".spool"
REJECTED = "rejected"


def find_run_folder(root: Path, *, url: str, workspace: str, run: str) -> Path:
    """Return the folder of one run's spools; nothing is made."""
    service = hashlib.sha256(f"{url}\0{workspace}".encode()).hexdigest()[:12]
    return root / service / run


def list_files(folder: Path) -> list[Path]:
    """Return the spool files below a folder; within a run, those that were begun first come first."""
    return sorted(folder.rglob(f"*{SUFFIX}"), key=lambda path: (path.parent, path.name))


def list_run_folders(root: Path) -> Iterator[Path]:
    """Yield the folders of runs that hold spool files, of every service."""
    seen = {path.parent for path in list_files(root)}
    yield from sorted(seen)


def list_rejected(root: Path) -> list[Path]:
    """Return the files of requests, and those to be uploaded, that the service refused for good."""
    return sorted(root.rglob(f"{REJECTED}/*"))


def prune(folder: Path) -> None:
    """Remove a run's folder, and its service's, if nothing is left in them."""
    for empty in (folder, folder.parent):
        try:
            empty.rmdir()
        except OSError:
            return
