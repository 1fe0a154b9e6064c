"""Fetching files by digest: to where they belong only once they are whole and checked."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from whence.failures import BadInput, WhenceError
from whence.files.manifests import MEDIA_TYPE, read_manifest
from whence.service import Service

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
Progress = Callable[[int], None]


def download(service: Service, digest: str, target: Path, *, progress: Progress | None = None) -> None:
    """Fetch a file of the service, checked by its digest (`sha256:<hex>`), going on where an earlier try ended.

    Raises `Problem` (NOT_FOUND where the service has no such bytes), `Unreachable`, `OSError`, and `WhenceError` for
    bytes that are not those that were asked for; nothing of them stays.
    """
    if _DIGEST.fullmatch(digest) is None:
        raise WhenceError(f"{digest[:80]!r} is not the digest of a file that the service can have")
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f"{target.name}.part")
    hashed = hashlib.sha256()
    start = 0
    if partial.exists():
        data = partial.read_bytes()
        start = len(data)
        hashed.update(data)
    with partial.open("ab", buffering=0) as file:
        for piece in service.read(f"/artifacts/{digest}", start=start):
            file.write(piece)
            hashed.update(piece)
            if progress is not None:
                progress(len(piece))
    if f"sha256:{hashed.hexdigest()}" != digest:
        partial.unlink()
        raise WhenceError(f"{target.name}: the service sent other bytes than those of {digest}")
    partial.replace(target)


def download_artifact(
    service: Service, digest: str, media_type: str | None, target: Path, *, progress: Progress | None = None
) -> list[Path]:
    """Fetch a file, or all files of a folder by its manifest, and return where they lie. Raises like `download`."""
    if media_type != MEDIA_TYPE:
        download(service, digest, target, progress=progress)
        return [target]
    manifest = read_manifest(b"".join(service.read(f"/artifacts/{digest}")))
    found = []
    for entry in manifest.files:
        place = find_within(target, entry.path)
        download(service, entry.digest, place, progress=progress)
        found.append(place)
    return found


def find_within(folder: Path, path: str) -> Path:
    """Return the place of a run's path in a folder of this machine. Raises `BadInput` for one that leads out of it."""
    parts = PurePosixPath(path.lstrip("/")).parts
    if not parts or ".." in parts or "\0" in path:
        raise BadInput(f"{path[:80]!r} leads out of the folder that it is to be put in")
    return folder.joinpath(*parts)
