"""Writes what happens as import lines (docs/reference/import-format.md), in the order in which it happens."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

from examples.digits.days import Days, tell

EXPERIMENT = "digits"
NAMESPACE = "digits"
"""The namespace of the datasets that these scripts make."""

Line = dict[str, Any]
Ref = dict[str, Any]


class Journal:
    """A file of import lines. Ids of runs come from their names, so that the same story has the same ids."""

    def __init__(self, path: Path, days: Days) -> None:
        self.days = days
        self._file = path.open("w", encoding="utf-8")

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def write(self, kind: str, **fields: Any) -> None:
        """Write one line; fields without a value are left out."""
        line = {"kind": kind} | {name: value for name, value in fields.items() if value not in (None, {}, [])}
        self._file.write(json.dumps(line, ensure_ascii=False) + "\n")

    def describe(self, node: Ref, **facts: Any) -> None:
        """Write what is known of something."""
        self.write("describe", node=node, facts={name: value for name, value in facts.items() if value is not None})

    def now(self) -> str:
        """Return the time of the story."""
        return tell(self.days.now())

    def make_id(self, name: str) -> str:
        """Return the id of the run of that name: a UUIDv7 of today, its random bits from the name."""
        milliseconds = int((self.days.since.timestamp() + self.days.number * 86_400) * 1000)
        digest = int.from_bytes(hashlib.sha256(f"{EXPERIMENT}/{name}".encode()).digest()[:10], "big")
        random_a, random_b = digest & 0xFFF, digest >> 12 & (1 << 62) - 1
        return str(UUID(int=milliseconds << 80 | 7 << 76 | random_a << 64 | 2 << 62 | random_b))


def dataset(name: str, version: str | None = None, *, namespace: str = NAMESPACE) -> Ref:
    """Return a reference to a dataset, or to a version of it."""
    said = {"namespace": namespace, "name": name, "version": version}
    return {"dataset": {key: value for key, value in said.items() if value is not None}}


def model(name: str, *, version: str | None = None, alias: str | None = None) -> Ref:
    """Return a reference to a version of a registered model."""
    said: Mapping[str, str | None] = {"name": name, "version": version, "alias": alias}
    return {"model": {key: value for key, value in said.items() if value is not None}}


def digest_bytes(raw: bytes) -> str:
    """Return the digest of some bytes as the record spells it."""
    return f"sha256:{hashlib.sha256(raw).hexdigest()}"
