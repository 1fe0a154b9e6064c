"""Points of series, for charts."""

from __future__ import annotations

from typing import Annotated

import strawberry

from api.info import Info
from api.metrics.inputs import StepRange
from api.metrics.loaders import MOST_KEYS
from api.metrics.types import SeriesPoints
from api.runs.loaders import load_run
from domain.errors import InvalidInput, TooLarge
from domain.ids import RunID
from domain.metrics import Attempts, Duplicates
from domain.references import parse_run_id
from domain.texts import check_key
from store.metrics.reading import MIN_POINTS, SeriesQuery, read_series

MOST_POINTS = 1_000_000
DEFAULT_POINTS = 1000


@strawberry.type
class MetricQueries:
    @strawberry.field(
        description="Points of series of one run, as columns. A series that the run lacks has none. At most "
        f"{MOST_POINTS:,} points in all."
    )
    async def metric_series(
        self,
        info: Info,
        run: Annotated[strawberry.ID, strawberry.argument(description="The run: its global id, or its bare UUID.")],
        keys: Annotated[list[str], strawberry.argument(description=f"Keys of the series, at most {MOST_KEYS}.")],
        steps: Annotated[StepRange | None, strawberry.argument(description="Only these steps; without it all.")] = None,
        points: Annotated[
            int,
            strawberry.argument(
                description="Bounds each series: one with more points is reduced to an envelope that keeps its lowest "
                f"and highest values. {MIN_POINTS} to {MOST_POINTS:,}."
            ),
        ] = DEFAULT_POINTS,
        attempts: Annotated[
            Attempts, strawberry.argument(description="Whether superseded points are given too.")
        ] = Attempts.CURRENT,
        duplicates: Annotated[
            Duplicates, strawberry.argument(description="What to give where a step has several points.")
        ] = Duplicates.ALL,
    ) -> list[SeriesPoints]:
        asked = check_asked(keys, points)
        found = await load_run(info, parse_run_id(run, info.context.workspace, "run"))
        query = SeriesQuery(
            workspace=info.context.workspace,
            series=[(RunID(found.uuid), key) for key in asked],
            from_step=None if steps is None else steps.from_,
            to_step=None if steps is None else steps.to,
            points=points,
            attempts=attempts,
            duplicates=duplicates,
        )
        async with info.context.database.snapshot() as conn:
            return [SeriesPoints.of(data) for data in await read_series(conn, query)]


def check_asked(keys: list[str], points: int) -> list[str]:
    """Return the keys, each once. Raises `InvalidInput`, `TooLarge`."""
    if len(keys) > MOST_KEYS:
        raise TooLarge(f"{len(keys)} keys, at most {MOST_KEYS} are taken", path=["keys"])
    if points < MIN_POINTS:
        raise InvalidInput(f"points is {points}, an envelope has at least {MIN_POINTS}", path=["points"])
    asked = list(dict.fromkeys(check_key(key, "keys", str(index)) for index, key in enumerate(keys)))
    if points * len(asked) > MOST_POINTS:
        raise TooLarge(
            f"{len(asked)} series of up to {points} points are more than {MOST_POINTS:,} points", path=["points"]
        )
    return asked
