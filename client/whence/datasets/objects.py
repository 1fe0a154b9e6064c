"""Versions of objects in a store such as S3, where the extra `whence[s3]` is installed: nothing is downloaded."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from whence.files.digests import digest_bytes
from whence.files.manifests import Entry, Manifest

SCHEMES = frozenset({"s3", "gs", "az", "abfs", "abfss"})
MAX_OBJECTS = 100_000


@dataclass(frozen=True)
class ObjectMark:
    """What the store says of an object, or of all below a prefix: its version, and their size in bytes."""

    version: str
    size: int


def can_ask(uri: str) -> bool:
    """Say whether a store can be asked about this URI here."""
    return urlsplit(uri).scheme in SCHEMES and importlib.util.find_spec("obstore") is not None


def fetch_mark(uri: str) -> ObjectMark | None:
    """Ask the store for the version id or the etag of an object, or those of all objects below a prefix.

    The credentials are those of the environment. None where there is nothing. Raises what the store's library does.
    """
    from obstore.store import from_url

    parts = urlsplit(uri)
    store = from_url(f"{parts.scheme}://{parts.netloc}")
    key = parts.path.strip("/")
    return _fetch_object(store, key) if key else _fetch_below(store, key)


def _fetch_object(store: Any, key: str) -> ObjectMark | None:
    import obstore

    try:
        found = obstore.head(store, key)
    except FileNotFoundError:
        return _fetch_below(store, f"{key}/")
    return ObjectMark(_read_version(found), int(found["size"]))


def _fetch_below(store: Any, prefix: str) -> ObjectMark | None:
    import obstore

    entries = []
    for page in obstore.list(store, prefix or None, chunk_size=1000):
        entries += [Entry(path=one["path"], size=one["size"], digest=_read_version(one)) for one in page]
        if len(entries) > MAX_OBJECTS:
            return None
    if not entries:
        return None
    manifest = Manifest(files=sorted(entries, key=lambda entry: entry.path))
    return ObjectMark(f"etags:{digest_bytes(manifest.encode())}", sum(entry.size for entry in entries))


def _read_version(found: Any) -> str:
    version = found.get("version")
    return f"version:{version}" if version else f"etag:{str(found.get('e_tag') or '').strip(chr(34))}"
