"""Uploads under way: a file grows by pieces, may be gone on with after any failure, and is checked when it is whole."""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from artifacts.blobs import CHUNK, BlobStore
from domain.errors import Conflict, InvalidInput, TooLarge, Unavailable
from domain.ids import WorkspaceID

_OPEN = 1000
"""Hashes of unfinished uploads that are remembered; of others the file is read again."""


@dataclass
class _Partial:
    """An upload that this process saw: bytes that are on disk, and the hash of them so far."""

    size: int
    hashed: hashlib._Hash


class Uploads:
    """Files that are not whole yet, in a folder of this machine. The name of an upload is the digest it will have."""

    def __init__(self, folder: Path, blobs: BlobStore, *, max_file: int) -> None:
        self._folder = folder
        self._blobs = blobs
        self._max_file = max_file
        self._known: dict[Path, _Partial] = {}
        self._busy: set[Path] = set()

    def find_offset(self, workspace: WorkspaceID, digest: str) -> int:
        """Return how many bytes of an upload are here."""
        try:
            return self._place(workspace, digest).stat().st_size
        except FileNotFoundError:
            return 0

    async def append(
        self, workspace: WorkspaceID, digest: str, pieces: AsyncIterator[bytes], *, offset: int, length: int
    ) -> int:
        """Write pieces of a file of `length` bytes from `offset` on, and return how many bytes are here then.

        What arrived before a failure stays. A whole file is checked against its digest and handed to the store.
        Raises `Conflict` where the upload stands elsewhere or another request writes it, `InvalidInput` where the
        digest is another one (nothing of it stays), `TooLarge`.
        """
        if not 0 <= length <= self._max_file:
            raise TooLarge(f"a file of {length} bytes is larger than {self._max_file}", path=["Upload-Length"])
        place = self._place(workspace, digest)
        if place in self._busy:
            raise Conflict("another request writes this upload", path=["Upload-Offset"])
        self._busy.add(place)
        try:
            partial = await asyncio.to_thread(self._open, place)
            if offset != partial.size:
                raise Conflict(f"the upload stands at {partial.size}, not at {offset}", path=["Upload-Offset"])
            try:
                await self._write(place, partial, pieces, length=length)
            except OSError as exc:
                raise Unavailable(f"the upload cannot be written: {exc.strerror or exc}") from exc
            if partial.size == length:
                await self._finish(workspace, digest, place, partial)
            return partial.size
        finally:
            self._busy.discard(place)

    async def _write(self, place: Path, partial: _Partial, pieces: AsyncIterator[bytes], *, length: int) -> None:
        with place.open("ab", buffering=0) as file:
            _lock(file, partial)
            left = length - partial.size
            held = bytearray()
            writing = _Writing(file, partial)
            try:
                async for piece in pieces:
                    left -= len(piece)
                    if left < 0:
                        raise InvalidInput("more bytes than Upload-Length says", path=["Upload-Length"])
                    held += piece
                    if len(held) >= CHUNK:
                        await writing.add(held)
                        held = bytearray()
            finally:  # a connection that breaks leaves what came before it
                await writing.finish(held)
            if partial.size == length:
                await asyncio.to_thread(os.fsync, file.fileno())

    async def _finish(self, workspace: WorkspaceID, digest: str, place: Path, partial: _Partial) -> None:
        self._known.pop(place, None)
        found = f"sha256:{partial.hashed.hexdigest()}"
        if found != digest:
            await asyncio.to_thread(place.unlink, missing_ok=True)
            raise InvalidInput(f"these bytes have the digest {found}, not {digest}", path=["digest"])
        await self._blobs.take(workspace, digest, place)

    def _open(self, place: Path) -> _Partial:
        """Return how far an upload is; hashes what another process, or this one before a restart, has written."""
        size = place.stat().st_size if place.exists() else 0
        known = self._known.get(place)
        if known is not None and known.size == size:
            return known
        place.parent.mkdir(parents=True, exist_ok=True)
        hashed = hashlib.sha256()
        if size:
            with place.open("rb", buffering=0) as file:
                while piece := file.read(CHUNK):
                    hashed.update(piece)
        if len(self._known) >= _OPEN:
            self._known.clear()
        partial = self._known[place] = _Partial(size, hashed)
        return partial

    def _place(self, workspace: WorkspaceID, digest: str) -> Path:
        return self._folder / str(workspace) / f"{digest.removeprefix('sha256:')}.part"


class _Writing:
    """Writes and hashes one piece in a thread while the next one arrives."""

    def __init__(self, file: BinaryIO, partial: _Partial) -> None:
        self._file = file
        self._partial = partial
        self._under_way: asyncio.Future[None] | None = None

    async def add(self, held: bytearray) -> None:
        """Begin to write a piece once the one before it is written. Raises `OSError` of that one."""
        await self._settle()
        self._under_way = asyncio.ensure_future(asyncio.to_thread(_add, self._file, self._partial, held))

    async def finish(self, held: bytearray) -> None:
        """Write the last piece, and return when all is written. Raises `OSError`."""
        await self._settle()
        _add(self._file, self._partial, held)

    async def _settle(self) -> None:
        under_way = self._under_way
        if under_way is not None:
            # A request that is cancelled here still waits for the thread before it closes the file.
            await asyncio.wait([under_way])
            self._under_way = None
            under_way.result()


def _lock(file: BinaryIO, partial: _Partial) -> None:
    """Keep other processes of this data folder out. Raises `Conflict` where one writes, or has written, the file."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Conflict("another process writes this upload", path=["Upload-Offset"]) from None
    if os.fstat(file.fileno()).st_size != partial.size:
        raise Conflict("another process has gone on with this upload", path=["Upload-Offset"])


def _add(file: BinaryIO, partial: _Partial, held: bytearray) -> None:
    if held:
        file.write(held)
        partial.hashed.update(held)
        partial.size += len(held)
