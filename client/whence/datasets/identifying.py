"""From what a training has in its hand (an address, a path, a table in memory) to a dataset and its version."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from whence.datasets.frames import digest_frame
from whence.datasets.names import DEFAULT_NAMESPACE, name_path, split_uri
from whence.datasets.objects import can_ask, fetch_mark
from whence.files.digests import Content, digest_path
from whence.tracking.handles import Dataset

_FRAMES = "frames"
"""The namespace of tables and arrays in memory."""


def identify(
    data: Any,
    *,
    version: str | None,
    name: str | None,
    namespace: str | None,
    fingerprint: bool,
    warn: Callable[[str], None],
) -> Dataset:
    """Return the dataset that `data` is, with a version made from its content where none is given.

    What cannot be read, or told from its content, is unversioned; a warning says so.
    """
    if isinstance(data, Dataset):
        return data
    if name is None and not isinstance(data, (str, Path)):
        warn(f"data in memory has no name of its own: give use_dataset(<{type(data).__name__}>) a `name`")
    where, called = _name(data)
    where, called = namespace or where, name or called
    if version is not None or not fingerprint:
        return Dataset(where, called, version)
    try:
        found = _read(data)
    except Exception as exc:  # a disk, a store or somebody's table: no reason to end a training
        warn(f"dataset {called!r} cannot be read ({type(exc).__name__}: {exc}); it is unversioned")
        return Dataset(where, called)
    if found is None:
        warn(f"dataset {called!r} has no version: give one, or its origin can only be guessed")
        return Dataset(where, called)
    return Dataset(where, called, found[0], found[1], found[2])


def find_location(data: Any) -> str | None:
    """Return the address of data that has one."""
    path = _find_path(data)
    if path is not None:
        return path.absolute().as_uri()
    return data if isinstance(data, str) and "://" in data else None


def _name(data: Any) -> tuple[str, str]:
    if isinstance(data, Path):
        return name_path(data)
    if isinstance(data, str):
        if "://" in data:
            return split_uri(data)
        path = _find_path(data)
        return (DEFAULT_NAMESPACE, data) if path is None else name_path(path)
    return _FRAMES, data.__class__.__name__


def _find_path(data: Any) -> Path | None:
    """Return the path of what lies on this machine."""
    if isinstance(data, Path):
        return data.expanduser()
    if not isinstance(data, str):
        return None
    if data.startswith("file://"):
        return Path(data.removeprefix("file://"))
    path = Path(data).expanduser()
    return path if "://" not in data and path.exists() else None


def _read(data: Any) -> tuple[str, str | None, int] | None:
    """Return version, digest and size in bytes of the content. Raises whatever reading it does."""
    path = _find_path(data)
    content: Content | None
    if path is not None:
        content = digest_path(path)
    elif isinstance(data, str):
        mark = fetch_mark(data) if can_ask(data) else None
        return None if mark is None else (mark.version, None, mark.size)
    else:
        content = digest_frame(data)
    return None if content is None else (content.digest, content.digest, content.size)
