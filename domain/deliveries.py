"""How a mutation is known again when it is sent twice: by its client's key, or by writer and sequence in a run."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

from domain.errors import InvalidInput
from domain.ids import RunID, make_uuid7
from domain.texts import check_key

INT64_MAX = (1 << 63) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One sending of a mutation. `digest` is that of its body: the same name with another body is refused."""

    operation: str
    digest: bytes
    client_key: str | None = None
    run: RunID | None = None
    writer: UUID | None = None
    sequence: int | None = None

    def __post_init__(self) -> None:
        if self.client_key is not None:
            check_key(self.client_key, "clientKey")
        if (self.writer is None) != (self.sequence is None):
            raise InvalidInput("`writer` and `sequence` are given together or not at all", path=["sequence"])
        if self.writer is not None and self.run is None:
            raise InvalidInput("`writer` and `sequence` need the run that they are counted in", path=["run"])
        if self.sequence is not None and not 0 <= self.sequence <= INT64_MAX:
            raise InvalidInput(f"{self.sequence} is no sequence: they count from 0", path=["sequence"])

    @property
    def is_known_again(self) -> bool:
        """Say whether a second sending can be told from another mutation."""
        return self.client_key is not None or self.writer is not None

    def make_id(self, place: int = 0) -> UUID:
        """Return the id of the `place`-th thing that this mutation makes: the same each time it is sent."""
        if self.run is None or self.writer is None:
            return make_uuid7()
        return uuid5(self.run, f"{self.writer}/{self.sequence}/{place}")


def digest_body(body: Any) -> bytes:
    """Return the digest of a body of plain values, whatever the order of its keys."""
    return hashlib.sha256(json.dumps(body, sort_keys=True, default=str).encode("ascii")).digest()
