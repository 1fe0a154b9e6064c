"""Compare a generation with the record: digests by bucket, then entity by entity where those differ."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from hashlib import blake2b

from domain.projections import Entity
from projection.judging import Comparison, settle
from projection.steps import read_states
from projection.targets import BUCKETS, BucketDigest, Found, ProjectionTarget, State
from store.database import Database
from store.projections.snapshots import read_moment

PAGE = 500

Progress = Callable[[int], Awaitable[None]]


def make_check(entity: Entity, fence: int, content: int) -> int:
    """Return 32 bits that stand for an entity's state in the sum of its bucket: 2^21 of them add up in a double."""
    text = f"{entity.workspace.hex}{entity.key.uuid.hex}:{fence}:{content}"
    return int.from_bytes(blake2b(text.encode(), digest_size=4).digest())


def find_bucket(entity: Entity) -> int:
    """Return the bucket of an entity."""
    return entity.key.uuid.bytes[-1] % BUCKETS


async def compare(
    database: Database, target: ProjectionTarget, generation: int, *, deep: bool, progress: Progress
) -> Comparison:
    """Return the differences between a generation and the record. Writes go on meanwhile and count as none.

    Not `deep`, contents are what the projection noted of them when it wrote; `deep` computes them anew from what is
    stored.
    """
    comparison = Comparison()
    await target.refresh(generation)
    differing = await _find_differing_buckets(database, target, generation, comparison, progress=progress)
    buckets = range(BUCKETS) if deep else sorted(differing)
    candidates = await _find_candidates(database, target, generation, buckets, deep=deep)
    await settle(database, target, generation, candidates, comparison, deep=deep)
    return comparison


async def read_record(database: Database, target: ProjectionTarget) -> AsyncIterator[list[State]]:
    """Give the states of the whole record in pages, each page of one moment of its own."""
    place: str | None = None
    while True:
        async with read_moment(database) as conn:
            page = await take_page(target.list_entities(conn, place, limit=PAGE))
            states = await read_states(conn, target, dict.fromkeys(page, 0))
        if page:
            place = target.make_place(page[-1])
            asked = set(page)
            yield [state for state in states if state.entity in asked]
        if len(page) < PAGE:
            return


async def take_page(pages: AsyncIterator[list[Entity]]) -> list[Entity]:
    """Return the first page of a listing."""
    async for page in pages:
        return page
    return []


async def _find_differing_buckets(
    database: Database, target: ProjectionTarget, generation: int, comparison: Comparison, *, progress: Progress
) -> set[int]:
    ours: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    async for states in read_record(database, target):
        for state in states:
            if state.body is not None:
                bucket = ours[find_bucket(state.entity)]
                bucket[0] += 1
                bucket[1] += make_check(state.entity, state.fence, state.content)
        comparison.checked += len(states)
        await progress(comparison.checked)
    theirs = await target.fetch_digests(generation)
    return {
        number
        for number in ours.keys() | theirs.keys()
        if BucketDigest(*ours.get(number, (0, 0))) != theirs.get(number, BucketDigest())
    }


async def _find_candidates(
    database: Database, target: ProjectionTarget, generation: int, buckets: Collection[int], *, deep: bool
) -> list[Entity]:
    """Return the entities of those buckets that do not look alike on both sides."""
    if not buckets:
        return []
    only = None if len(buckets) == BUCKETS else frozenset(buckets)
    theirs: dict[Entity, tuple[int, int]] = {}
    async for page in _list_found(target, generation, only, deep=deep):
        theirs.update({one.entity: (one.fence, one.content) for one in page if not one.tombstone})
    candidates: list[Entity] = []
    async for states in read_record(database, target):
        for state in states:
            if only is not None and find_bucket(state.entity) not in only:
                continue
            expected = None if state.body is None else (state.fence, state.content)
            if theirs.pop(state.entity, None) != expected:
                candidates.append(state.entity)
    return [*candidates, *theirs]


async def _list_found(
    target: ProjectionTarget, generation: int, buckets: frozenset[int] | None, *, deep: bool
) -> AsyncIterator[Sequence[Found]]:
    for bucket in [None] if buckets is None else sorted(buckets):
        async for page in target.list_found(generation, bucket=bucket, deep=deep):
            yield page
