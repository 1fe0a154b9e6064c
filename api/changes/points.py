"""New points of a run as messages of a bounded size."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from api.changes.types import AppendedPoints, AppendedSeries
from api.info import Info
from domain.errors import InvalidInput
from domain.ids import RunID
from store.metrics.appended import AppendCursor, Appended, fetch_cursor, parse_append_cursor

MOST_POINTS = 10_000


async def read_since(info: Info, run: RunID, since: str | None) -> AppendCursor:
    """Return where a subscription begins: at its cursor, else at the newest points. Raises `InvalidInput`."""
    if since is not None:
        try:
            return parse_append_cursor(since)
        except InvalidInput as exc:
            raise InvalidInput(f"{since[:80]!r} is not a cursor", path=["since"]) from exc
    async with info.context.database.snapshot() as conn:
        return await fetch_cursor(conn, info.context.workspace, run)


def cut_points(found: Appended, *, before: AppendCursor) -> Iterator[AppendedPoints]:
    """Give new points as messages; only the last one moves the cursor, so a burst that was cut may come again.

    After a reset no points are given: the reader takes the whole series anew.
    """
    if found.reset:
        yield AppendedPoints(cursor=str(found.cursor), reset=True, series=[])
        return
    message: list[AppendedSeries] = []
    room = MOST_POINTS
    for key, columns in found.series.items():
        taken = 0
        while taken < len(columns.steps):
            size = min(room, len(columns.steps) - taken)
            message.append(_take(key, columns, slice(taken, taken + size)))
            taken, room = taken + size, room - size
            if room == 0:
                yield AppendedPoints(cursor=str(before), reset=False, series=message)
                message, room = [], MOST_POINTS
    yield AppendedPoints(cursor=str(found.cursor), reset=False, series=message)


def _take(key: str, columns: Any, part: slice) -> AppendedSeries:
    steps, values, times = columns.steps[part], columns.values[part], columns.times[part]
    return AppendedSeries(key=key, steps=cast("Any", steps), values=cast("Any", values), times_ms=cast("Any", times))
