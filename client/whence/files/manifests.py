"""The manifest of a folder: its files by path, size and digest. The digest of these bytes is that of the folder."""

from __future__ import annotations

import msgspec

MEDIA_TYPE = "application/vnd.whence.manifest+json"


class Entry(msgspec.Struct, frozen=True):
    """One file: its path below the folder, with `/`; its size in bytes; its digest, `sha256:<hex>`."""

    path: str
    size: int
    digest: str


class Manifest(msgspec.Struct, frozen=True):
    """All files of a folder, by path."""

    files: list[Entry]
    format: str = "whence-manifest/1"

    def encode(self) -> bytes:
        """Return the bytes of the manifest: always the same for the same files."""
        return msgspec.json.encode(self, order="sorted")


def read_manifest(data: bytes) -> Manifest:
    """Return the manifest of some bytes. Raises `msgspec.DecodeError`."""
    return msgspec.json.decode(data, type=Manifest)
