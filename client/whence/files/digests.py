"""Digests of files and folders: SHA-256 of the bytes, or of the manifest that lists a folder."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from whence.files.manifests import Entry, Manifest

CHUNK = 1 << 20
_THREADS = 4
"""Hashing lets go of the interpreter, so that several files are read at once."""


@dataclass(frozen=True)
class Content:
    """What a file or a folder holds: its digest (`sha256:<hex>`), its size in bytes, and a folder's manifest."""

    digest: str
    size: int
    manifest: Manifest | None = None


def digest_bytes(data: bytes) -> str:
    """Return the digest of some bytes as the record spells it: `sha256:<hex>`."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def digest_file(path: Path) -> Content:
    """Read a file once and return its digest and size. Raises `OSError`."""
    hashed, size = hashlib.sha256(), 0
    with path.open("rb", buffering=0) as file:
        while chunk := file.read(CHUNK):
            hashed.update(chunk)
            size += len(chunk)
    return Content(f"sha256:{hashed.hexdigest()}", size)


def digest_path(path: Path) -> Content:
    """Return the content of a file, or of a folder: there the digest is that of its manifest. Raises `OSError`."""
    if not path.is_dir():
        return digest_file(path)
    files = list_files(path)
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="whence-digest") as pool:
        contents = list(pool.map(digest_file, files))
    entries = [
        Entry(path=file.relative_to(path).as_posix(), size=content.size, digest=content.digest)
        for file, content in zip(files, contents, strict=True)
    ]
    manifest = Manifest(files=entries)
    return Content(digest_bytes(manifest.encode()), sum(entry.size for entry in entries), manifest)


def list_files(folder: Path) -> list[Path]:
    """Return the files below a folder by name; links to folders are not followed, what is no file is left out."""
    return sorted(_walk(folder), key=lambda path: path.relative_to(folder).as_posix())


def _walk(folder: Path) -> Iterator[Path]:
    for root, _, names in os.walk(folder):
        for name in names:
            path = Path(root, name)
            if path.is_file():
                yield path
