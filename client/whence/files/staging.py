"""Files that wait for their upload: copies beside the run's spool, named by digest, that nobody changes any more."""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

import msgspec

from whence.files.digests import CHUNK, Content, digest_bytes, list_files
from whence.files.manifests import Entry, Manifest
from whence.spool.folders import REJECTED

FOLDER = "files"
_DESTINATION = "destination.json"


class Destination(msgspec.Struct, frozen=True):
    """The service and workspace that staged files are meant for."""

    url: str
    workspace: str


class Staging:
    """The folder of files of one run that were not uploaded yet. While one of these is open, `whence sync` waits."""

    def __init__(self, run_folder: Path, destination: Destination) -> None:
        self.folder = run_folder / FOLDER
        self._destination = destination
        self._lock: int | None = None

    def stage(self, source: Path) -> Content:
        """Copy a file, or the files of a folder and its manifest, and return the content. Raises `OSError`."""
        self._open()
        if not source.is_dir():
            with source.open("rb", buffering=0) as file:
                return self._copy(file)
        entries = []
        for path in list_files(source):
            with path.open("rb", buffering=0) as file:
                content = self._copy(file)
            entries.append(Entry(path.relative_to(source).as_posix(), content.size, content.digest))
        manifest = Manifest(files=entries)
        content = self.stage_bytes(manifest.encode())
        return Content(content.digest, sum(entry.size for entry in entries), manifest)

    def stage_bytes(self, data: bytes) -> Content:
        """Keep some bytes as a file. Raises `OSError`."""
        self._open()
        return self._copy(BytesIO(data))

    def close(self) -> None:
        """Let go of the folder, and remove it where nothing waits in it."""
        if self._lock is not None:
            remove_if_empty(self.folder)
            os.close(self._lock)
            self._lock = None

    def _open(self) -> None:
        if self._lock is not None:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        place = self.folder / _DESTINATION
        if not place.exists():
            unnamed = place.with_name(f".{uuid4()}.part")
            unnamed.write_bytes(msgspec.json.encode(self._destination))
            unnamed.replace(place)
        self._lock = os.open(place, os.O_RDONLY)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:  # `whence sync` is at it: what it takes it sends, what it leaves we send
            return

    def _copy(self, source: BinaryIO | BytesIO) -> Content:
        hashed, size = hashlib.sha256(), 0
        unnamed = self.folder / f".{uuid4()}.part"
        try:
            with unnamed.open("xb", buffering=0) as copy:
                while chunk := source.read(CHUNK):
                    hashed.update(chunk)
                    size += len(chunk)
                    _write_all(copy, chunk)
            unnamed.replace(self.folder / hashed.hexdigest())
        finally:
            unnamed.unlink(missing_ok=True)
        return Content(f"sha256:{hashed.hexdigest()}", size)


def _write_all(file: BinaryIO, data: bytes) -> None:
    view = memoryview(data)
    while view:  # where there is room for a part of it, only the next write says why
        view = view[file.write(view) :]


def list_staged(folder: Path) -> list[Path]:
    """Return the whole files of a folder of staged ones."""
    return sorted(path for path in folder.glob("*") if len(path.name) == len(digest_bytes(b"")) - len("sha256:"))


def list_staging_folders(root: Path) -> Iterable[Path]:
    """Return the folders of staged files below a spool's root."""
    return sorted(place.parent for place in root.rglob(f"{FOLDER}/{_DESTINATION}"))


@contextmanager
def take_staged(folder: Path) -> Iterator[Destination | None]:
    """Give the destination of a folder that processes left behind, or None where one of them lives."""
    try:
        lock = os.open(folder / _DESTINATION, os.O_RDONLY)
    except FileNotFoundError:
        yield None
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield msgspec.json.decode((folder / _DESTINATION).read_bytes(), type=Destination)
        remove_if_empty(folder)
    except BlockingIOError:
        yield None
    finally:
        os.close(lock)


def set_aside(path: Path) -> Path:
    """Keep a staged file that the service refuses for good where a person can look at it. Raises `OSError`."""
    aside = path.parent.parent / REJECTED
    aside.mkdir(parents=True, exist_ok=True)
    return path.replace(aside / path.name)


def remove_if_empty(folder: Path) -> None:
    """Remove a folder of staged files, and the run's above it, where nothing waits there."""
    if list_staged(folder):
        return
    (folder / _DESTINATION).unlink(missing_ok=True)
    for empty in (folder, folder.parent, folder.parent.parent):
        try:
            empty.rmdir()
        except OSError:
            return
