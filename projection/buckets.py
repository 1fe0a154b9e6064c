"""Buckets: entities by the last byte of their uuid, and what stands for all of a bucket."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from hashlib import blake2b

from domain.projections import Entity
from projection.targets import BUCKETS, BucketDigest, Found

__all__ = ["BUCKETS", "digest_found", "find_bucket", "make_check"]


def make_check(entity: Entity, fence: int, content: int) -> int:
    """Return 32 bits that stand for an entity's state in the sum of its bucket: 2^21 of them add up in a double."""
    text = f"{entity.workspace.hex}{entity.key.uuid.hex}:{fence}:{content}"
    return int.from_bytes(blake2b(text.encode(), digest_size=4).digest())


def find_bucket(entity: Entity) -> int:
    """Return the bucket of an entity."""
    return entity.key.uuid.bytes[-1] % BUCKETS


def digest_found(found: Iterable[Found]) -> dict[int, BucketDigest]:
    """Return the digests of what was found, tombstones left out."""
    sums: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for one in found:
        if not one.tombstone:
            bucket = sums[find_bucket(one.entity)]
            bucket[0] += 1
            bucket[1] += make_check(one.entity, one.fence, one.content)
    return {number: BucketDigest(*both) for number, both in sums.items()}
