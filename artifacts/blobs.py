"""Bytes by workspace and digest, in whatever store `obstore` speaks to."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from domain.errors import Unavailable
from domain.ids import WorkspaceID

if TYPE_CHECKING:
    from obstore.store import ObjectStore

CHUNK = 1 << 20
_PAGE = 1000
_ALGORITHM = "sha256"


@dataclass(frozen=True, slots=True)
class Blob:
    """Bytes that the store has: their digest, their size, and when they were put there."""

    digest: str
    size: int
    stored_at: datetime


class BlobStore:
    """Keeps whole files, each once, at `<workspace>/sha256/<first two digits>/<digest>`. All methods may raise
    `Unavailable`, and are cheap but for those that move bytes.
    """

    def __init__(self, open_store: Callable[[], ObjectStore], *, folder: Path | None = None) -> None:
        """`folder` is where a local store lies: files of this machine are then moved, not copied."""
        self._open_store = open_store
        self._folder = folder

    @classmethod
    def open(cls, url: str | None, folder: Path) -> BlobStore:
        """Return the store at an address, or a folder of this machine, which is made."""
        if url is None:
            folder.mkdir(parents=True, exist_ok=True)
            return cls(lambda: _open_folder(folder), folder=folder)
        from obstore.store import from_url

        store = from_url(url)
        return cls(lambda: store)

    @cached_property
    def _store(self) -> ObjectStore:
        return self._open_store()

    async def find(self, workspace: WorkspaceID, digest: str) -> Blob | None:
        """Return what is known of some bytes, or None where the store has them not."""
        import obstore

        with _store_errors():
            try:
                found = await obstore.head_async(self._store, _key(workspace, digest))
            except FileNotFoundError:
                return None
            return Blob(digest, found["size"], found["last_modified"])

    async def take(self, workspace: WorkspaceID, digest: str, file: Path) -> None:
        """Take over a file of this machine whose digest was checked; it is gone afterwards."""
        import obstore

        key = _key(workspace, digest)
        if self._folder is not None:
            await asyncio.to_thread(_move, file, self._folder / key)
            return
        with _store_errors():
            await obstore.put_async(self._store, key, file)
        await asyncio.to_thread(file.unlink, missing_ok=True)

    async def read(
        self, workspace: WorkspaceID, digest: str, *, start: int = 0, end: int | None = None
    ) -> AsyncIterator[bytes]:
        """Give the bytes from `start` to before `end`, in pieces of about a megabyte. Raises `FileNotFoundError`."""
        key = _key(workspace, digest)
        if self._folder is not None:
            async for piece in _read_file(self._folder / key, start=start, end=end):
                yield piece
            return
        import obstore

        span: dict[str, Any] = {}
        if end is not None:
            span = {"options": {"range": (start, end)}}
        elif start:
            span = {"options": {"range": {"offset": start}}}
        with _store_errors():
            found = await obstore.get_async(self._store, key, **span)
            async for piece in found.stream(min_chunk_size=CHUNK):
                yield bytes(piece)

    async def read_whole(self, workspace: WorkspaceID, digest: str) -> bytes:
        """Return all bytes of something small. Raises `FileNotFoundError`."""
        return b"".join([piece async for piece in self.read(workspace, digest)])

    async def list(self, workspace: WorkspaceID) -> AsyncIterator[list[Blob]]:
        """Give everything that the store has of a workspace, in pages."""
        import obstore

        with _store_errors():
            async for page in obstore.list(self._store, f"{workspace}/{_ALGORITHM}", chunk_size=_PAGE):
                yield [
                    Blob(f"{_ALGORITHM}:{one['path'].rpartition('/')[2]}", one["size"], one["last_modified"])
                    for one in page
                ]

    async def delete(self, workspace: WorkspaceID, digests: Collection[str]) -> None:
        """Delete bytes for good; those that are gone already are no matter."""
        import obstore

        for digest in digests:
            with _store_errors():
                try:
                    await obstore.delete_async(self._store, _key(workspace, digest))
                except FileNotFoundError:
                    continue


def _open_folder(folder: Path) -> ObjectStore:
    """Return the store of a folder. `obstore` takes 50 ms and 4 MB, which a service without artifacts need not pay."""
    from obstore.store import LocalStore

    return LocalStore(folder)


def _key(workspace: WorkspaceID, digest: str) -> str:
    value = digest.removeprefix(f"{_ALGORITHM}:")
    return f"{workspace}/{_ALGORITHM}/{value[:2]}/{value}"


async def _read_file(path: Path, *, start: int, end: int | None) -> AsyncIterator[bytes]:
    """Give the bytes of a file of this machine: several times faster than `obstore` does."""
    try:
        file = await asyncio.to_thread(path.open, "rb", buffering=0)
        with file:
            file.seek(start)
            left = None if end is None else end - start
            while left is None or left > 0:
                piece = await asyncio.to_thread(file.read, CHUNK if left is None else min(CHUNK, left))
                if not piece:
                    return
                left = None if left is None else left - len(piece)
                yield piece
    except FileNotFoundError:
        raise
    except OSError as exc:
        raise Unavailable(f"the store of artifacts did not answer: {type(exc).__name__}") from exc


def _move(file: Path, target: Path) -> None:
    """Move a file to its place for good: after this it survives a loss of power."""
    target.parent.mkdir(parents=True, exist_ok=True)
    os.replace(file, target)  # noqa: PTH105  # the folder is synced next, by the same name
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextmanager
def _store_errors() -> Iterator[None]:
    from obstore.exceptions import BaseError

    try:
        yield
    except FileNotFoundError:
        raise
    except (BaseError, OSError) as exc:
        raise Unavailable(f"the store of artifacts did not answer: {type(exc).__name__}") from exc
