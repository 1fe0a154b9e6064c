"""The manifest of a folder, as clients write it: its files by path, size and digest."""

from __future__ import annotations

import msgspec

MEDIA_TYPE = "application/vnd.whence.manifest+json"
MAX_BYTES = 64 << 20
"""Largest manifest that is read: about 500,000 files."""


class Entry(msgspec.Struct, frozen=True):
    """One file of a folder: its path below it, its size in bytes, its digest."""

    path: str
    size: int
    digest: str


class Manifest(msgspec.Struct, frozen=True):
    """All files of a folder."""

    files: list[Entry]

    def find(self, path: str) -> Entry | None:
        """Return the file at a path, if there is one."""
        return next((entry for entry in self.files if entry.path == path), None)


def read_manifest(data: bytes) -> Manifest | None:
    """Return the manifest that bytes are, or None where they are none."""
    try:
        return msgspec.json.decode(data, type=Manifest)
    except msgspec.DecodeError:
        return None
