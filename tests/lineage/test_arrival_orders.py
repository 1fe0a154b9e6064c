"""Facts in any order of arrival end in the same graph, with the same times."""

from __future__ import annotations

from uuid import uuid4

from hypothesis import given, settings

from store.database import Database
from tests.lineage.arrivals import World, tell_world, worlds
from tests.lineage.building import Lineage

EXAMPLES = 40 if settings.get_current_profile_name() == "ordinary" else 2_000


async def read(lineage: Lineage) -> set[tuple[str, str]]:
    """Return every edge that stands, each with the time that it holds from."""
    names = await lineage.names()
    return {
        (lineage.line(one, names), one.held.held_from.isoformat()) for one in await lineage.intervals() if one.is_open
    }


@settings(max_examples=EXAMPLES)
@given(drawn=worlds())
async def test_any_order_of_arrival_ends_in_the_same_graph(record: Database, drawn: tuple[World, list[int]]) -> None:
    world, order = drawn
    first = await tell_world(record, world, range(len(world.facts)), name=uuid4().hex)
    second = await tell_world(record, world, order, name=uuid4().hex)

    assert await read(second) == await read(first)
