"""Points of series, for charts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

import strawberry

from api.info import Info
from api.metrics.inputs import StepRange
from api.metrics.loaders import MOST_KEYS
from api.metrics.types import SeriesPoints
from api.reading import AtLeast, await_token
from api.runs.loaders import load_run
from domain.errors import InvalidInput, TooLarge
from domain.ids import RunID
from domain.metrics import Attempts, Duplicates
from domain.references import parse_run_id
from domain.texts import check_key
from store.metrics.prefixes import MOST_BEFORE, Prefix, fetch_prefixes
from store.metrics.reading import MIN_POINTS, SeriesQuery, read_series

MOST_POINTS = 1_000_000
DEFAULT_POINTS = 1000


@strawberry.type
class MetricQueries:
    @strawberry.field(
        description="Points of series of one run, as columns, by the order of the keys. A series that the run lacks "
        "has none. At most "
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
        *,
        at_least: AtLeast = None,
        with_prefix: Annotated[
            bool,
            strawberry.argument(
                description="Give before each series those of the runs that this one went on from (`CONTINUED_AS` "
                "with a step), each up to the step at which it was left, the earliest first; at most "
                f"{MOST_BEFORE} runs. Each counts towards the points in all."
            ),
        ] = False,
    ) -> list[SeriesPoints]:
        await await_token(info, at_least)
        workspace = info.context.workspace
        asked = check_asked(keys, points)
        found = RunID((await load_run(info, parse_run_id(run, workspace, "run"))).uuid)
        query = SeriesQuery(
            workspace=workspace,
            series=[(found, key) for key in asked],
            from_step=None if steps is None else steps.from_,
            to_step=None if steps is None else steps.to,
            points=points,
            attempts=attempts,
            duplicates=duplicates,
        )
        async with info.context.snapshot() as conn:
            queries = [query]
            if with_prefix:
                queries = [*_cut_to(query, await fetch_prefixes(conn, workspace, found)), query]
                check_total(points, len(queries) * len(asked))
            read = [await read_series(conn, one) for one in queries]
        return [SeriesPoints.of(data, workspace) for of_one_key in zip(*read, strict=True) for data in of_one_key]


def _cut_to(query: SeriesQuery, prefixes: Sequence[Prefix]) -> list[SeriesQuery]:
    """Return the same question of the runs before; a run that was left before the asked steps is passed over."""
    return [
        replace(
            query,
            series=[(prefix.run, key) for _, key in query.series],
            to_step=prefix.to_step if query.to_step is None else min(query.to_step, prefix.to_step),
        )
        for prefix in prefixes
        if query.from_step is None or query.from_step <= prefix.to_step
    ]


def check_asked(keys: list[str], points: int) -> list[str]:
    """Return the keys, each once. Raises `InvalidInput`, `TooLarge`."""
    if len(keys) > MOST_KEYS:
        raise TooLarge(f"{len(keys)} keys, at most {MOST_KEYS} are taken", path=["keys"])
    if points < MIN_POINTS:
        raise InvalidInput(f"points is {points}, an envelope has at least {MIN_POINTS}", path=["points"])
    asked = list(dict.fromkeys(check_key(key, "keys", str(index)) for index, key in enumerate(keys)))
    check_total(points, len(asked))
    return asked


def check_total(points: int, series: int) -> None:
    """Raise `TooLarge` where so many series may have more points than one answer gives."""
    if points * series > MOST_POINTS:
        raise TooLarge(
            f"{series} series of up to {points} points are more than {MOST_POINTS:,} points", path=["points"]
        )
