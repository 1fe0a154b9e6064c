"""Pages of the run table: any filter, any order, by keyset."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from domain.errors import InvalidInput
from domain.experiments import Lifecycle
from domain.filters import EVERYTHING, Filter, normalise
from domain.ids import RunID, WorkspaceID
from domain.orders import Order, check_orders
from store.run_table.cursors import Place, check_place, digest_question, read_cursor, refuse_cursor, write_cursor
from store.run_table.fragments import Statement, fetch_rows
from store.run_table.gathering import Gathering
from store.run_table.lanes import make_lane
from store.run_table.leads import FEW, SOME, find_lead
from store.run_table.lookups import fetch_lookups
from store.run_table.questions import Question
from store.run_table.walks import is_plain, select_hits, select_step

PAGE_LIMIT = 1000
"""Runs of one page."""

STEPS = 1000
"""Runs that a walk looks at before it is judged: 1-10 ms."""

STEPS_LIMIT = 20_000
"""Runs that a second, longer walk may look at, if the first one promises that it will do: up to 100 ms."""


@dataclass(frozen=True, slots=True)
class RunPage:
    """Ids of runs in the order asked for, the cursor of each, and whether more follow."""

    ids: list[RunID]
    cursors: list[str]
    has_next: bool


async def fetch_run_page(
    conn: AsyncConnection,
    workspace: WorkspaceID,
    where: Filter = EVERYTHING,
    orders: Sequence[Order] = (),
    *,
    first: int,
    after: str | None = None,
    lifecycle: Lifecycle = Lifecycle.PRESENT,
    steps: int = STEPS,
) -> RunPage:
    """Return the first runs behind `after` that fulfil a filter; the newest first where no order is given.

    Two to four statements as a rule; `steps` is how many rows of an index are looked at before all hits are gathered,
    and changes the cost only. Raises `InvalidInput` for a cursor that is broken or of another question,
    `TooLarge` for a filter or an order beyond its limits.
    """
    if not 1 <= first <= PAGE_LIMIT:
        raise InvalidInput(f"first is {first}; it must be between 1 and {PAGE_LIMIT}", path=["first"])
    where, orders = normalise(where), check_orders(orders)
    digest = digest_question(workspace, where, orders, lifecycle)
    place = None if after is None else read_cursor(after, digest)
    lookups = await fetch_lookups(conn, workspace, where, orders)
    question = Question(where=where, orders=orders, lifecycle=lifecycle, lookups=lookups)
    if place is not None and after is not None:
        _check_place(question, place, after)
    places = await _fetch_places(conn, question, place, limit=first + 1, steps=steps)
    shown = places[:first]
    cursors = [write_cursor(digest, found) for found in shown]
    return RunPage([RunID(found.run) for found in shown], cursors, len(places) > first)


def _check_place(question: Question, place: Place, text: str) -> None:
    if place.stretch >= question.stretches:
        raise refuse_cursor(text)
    check_place(text, place, make_lane(question, "runs", place.stretch, question.begin(), table="runs").kinds)


async def _fetch_places(
    conn: AsyncConnection, question: Question, after: Place | None, *, limit: int, steps: int
) -> list[Place]:
    """Gather where few runs can be hits; else walk stretch after stretch, and gather where that finds too few."""
    places: list[Place] = []
    start = question.first_stretch if after is None else after.stretch
    lead = None if is_plain(question, start) else await find_lead(conn, question.where, question.lookups, limit=FEW)
    if lead is not None or not question.is_indexed:
        return await _gather(conn, question, lead, after, limit=limit)
    for stretch in range(start, question.stretches):
        here = after if stretch == start else None
        found, is_all = await _walk(conn, question, stretch, here, limit=limit - len(places), steps=steps)
        places += found
        if len(places) == limit:
            break
        if not is_all:
            last = places[-1] if places else after
            lead = await find_lead(conn, question.where, question.lookups, limit=SOME)
            return places + await _gather(conn, question, lead, last, limit=limit - len(places))
    return places


async def _walk(
    conn: AsyncConnection, question: Question, stretch: int, after: Place | None, *, limit: int, steps: int
) -> tuple[list[Place], bool]:
    """Return hits of one stretch, and whether they are all it has, or as many as were asked for."""
    plain = is_plain(question, stretch)
    steps = limit if plain else steps * max(1, limit // 250)
    places = await _fetch(conn, stretch, select_hits(question, stretch, after, steps=steps, limit=limit))
    if plain or len(places) == limit:
        return places, True
    step = await _fetch(conn, stretch, select_step(question, stretch, after, number=steps))
    if not step:
        return places, True
    left = limit - len(places)
    more = 2 * steps * left // max(len(places), 1)
    if steps + more <= STEPS_LIMIT:
        places += await _fetch(conn, stretch, select_hits(question, stretch, step[0], steps=more, limit=left))
    return places, len(places) == limit


async def _gather(
    conn: AsyncConnection, question: Question, lead: Filter | None, after: Place | None, *, limit: int
) -> list[Place]:
    gathering = Gathering(question, lead)
    return [gathering.read(row) for row in await fetch_rows(conn, *gathering.select(after, limit=limit))]


async def _fetch(conn: AsyncConnection, stretch: int, statement: Statement) -> list[Place]:
    return [Place(stretch, tuple(row[1:]), row[0]) for row in await fetch_rows(conn, *statement)]
