"""Folders that `whence export` wrote: their lines, and the bytes of their files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from whence.files.uploading import upload
from whence.service import Service

LINES = "lines.jsonl"
FILES = "files"
_DIGEST = re.compile(r"[0-9a-f]{64}")


def find_lines(names: Sequence[str]) -> list[str]:
    """Return the files of lines that names mean: of a folder those in it."""
    return [str(Path(name) / LINES) if Path(name).is_dir() else name for name in names]


def send_files(service: Service, names: Sequence[str]) -> int:
    """Upload the bytes that lie in folders, and return how many files they are. Raises `Problem` for bytes that are
    not those of their name, `Unreachable`, `OSError`.
    """
    found = [
        path
        for name in names
        for path in sorted((Path(name) / FILES).glob("*"))
        if _DIGEST.fullmatch(path.name) and path.is_file()
    ]
    for path in found:
        upload(service, f"sha256:{path.name}", path)
    return len(found)
