"""Names of datasets as OpenLineage spells them: a namespace that is a place, and a name in it."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

DEFAULT_NAMESPACE = "whence"
"""Of data that is named by a word alone."""
_NAMED_USERS = frozenset({"abfs", "abfss", "wasb", "wasbs"})
"""Schemes where what stands before the @ is a container, not a person."""


def split_uri(uri: str) -> tuple[str, str]:
    """Return namespace and name of a URI: `s3://data/fineweb` is `fineweb` in `s3://data`. A password is dropped."""
    parts = urlsplit(uri)
    if parts.scheme == "file":
        return name_path(Path(parts.path))
    host = parts.netloc
    if parts.scheme not in _NAMED_USERS:
        host = host.rpartition("@")[2]
    name = parts.path.strip("/") or host
    return f"{parts.scheme}://{host}", f"{name}?{parts.query}" if parts.query else name


def name_path(path: Path) -> tuple[str, str]:
    """Return namespace and name of a file or folder on this machine."""
    return "file", path.expanduser().absolute().as_posix()
