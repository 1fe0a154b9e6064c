"""Fetching files by digest: to where they belong only once they are whole and checked."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from whence.failures import BadInput, WhenceError
from whence.files.digests import CHUNK
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
    hashed, start = _hash_begun(partial)
    with partial.open("ab", buffering=0) as file, ThreadPoolExecutor(1, thread_name_prefix="whence-download") as pool:
        writing: Future[None] | None = None
        for piece in _gather(service.read(f"/artifacts/{digest}", start=start), progress):
            if writing is not None:
                writing.result()
            writing = pool.submit(_add, file, hashed, piece)
        if writing is not None:
            writing.result()
    if f"sha256:{hashed.hexdigest()}" != digest:
        partial.unlink()
        raise WhenceError(f"{target.name}: the service sent other bytes than those of {digest}")
    partial.replace(target)


def _hash_begun(partial: Path) -> tuple[hashlib._Hash, int]:
    """Return the hash, and the size, of what an earlier try has fetched."""
    hashed, size = hashlib.sha256(), 0
    if partial.exists():
        with partial.open("rb", buffering=0) as file:
            while piece := file.read(CHUNK):
                hashed.update(piece)
                size += len(piece)
    return hashed, size


def _gather(pieces: Iterator[bytes], progress: Progress | None) -> Iterator[bytearray]:
    """Give what comes in pieces of a megabyte, the last one smaller; what came before a failure is given, too."""
    held = bytearray()
    try:
        for piece in pieces:
            held += piece
            if progress is not None:
                progress(len(piece))
            if len(held) >= CHUNK:
                yield held
                held = bytearray()
    except WhenceError:
        yield held
        raise
    yield held


def _add(file: BinaryIO, hashed: hashlib._Hash, piece: bytearray) -> None:
    """Write and hash a piece: both let go of the interpreter, so that the next one is received meanwhile."""
    view = memoryview(piece)
    while view:  # a disk that is nearly full takes a part, and only the next write says why
        view = view[file.write(view) :]
    hashed.update(piece)


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
