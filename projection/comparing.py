"""Compare a generation with the record: digests by bucket, then entity by entity where those differ."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Collection

from domain.projections import Entity
from projection.buckets import find_bucket, make_check
from projection.judging import Comparison, settle
from projection.steps import read_states
from projection.targets import BUCKETS, BucketDigest, ProjectionTarget, State
from store.database import Database
from store.projections.snapshots import read_moment

PAGE = 500

Progress = Callable[[int], Awaitable[None]]


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
    last: Entity | None = None
    while True:
        async with read_moment(database) as conn:
            page = await target.fetch_entities(conn, last, limit=PAGE)
            states = await read_states(conn, target, dict.fromkeys(page, 0))
        if page:
            last = page[-1]
            asked = set(page)
            yield [state for state in states if state.entity in asked]
        if len(page) < PAGE:
            return


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
    async for page in target.list_found(generation, buckets=only, deep=deep):
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
