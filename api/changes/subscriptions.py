"""Subscriptions: runs that change, points that arrive, both resumable."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Annotated

import strawberry

from api.changes.pacing import Pace
from api.changes.points import cut_points, read_since
from api.changes.types import AppendedPoints, RunChanges
from api.experiments.loaders import find_experiment
from api.info import Info
from api.metrics.loaders import MOST_KEYS
from api.runs.loaders import load_run
from api.runs.types import Run
from domain.errors import InvalidInput, TooLarge
from domain.ids import ExperimentID, NodeKind, RunID
from domain.positions import Token, parse_token
from domain.references import parse_run_id
from store.changes import ChangesSince, fetch_changes
from store.metrics.appended import MOST_BEHIND, read_appended
from store.runs import fetch_runs

SINCE = "The cursor of the last message that was seen; left out, from now on."
BATCH = 1000


@strawberry.type
class ChangeSubscriptions:
    @strawberry.subscription(
        description="Runs of the workspace as they change, at most two messages a second. The first message says where "
        "it begins and may be empty."
    )
    async def run_changed(
        self,
        info: Info,
        experiment: Annotated[
            strawberry.ID | None, strawberry.argument(description="Only runs of this one, by name or global id.")
        ] = None,
        since: Annotated[str | None, strawberry.argument(description=SINCE)] = None,
    ) -> AsyncGenerator[RunChanges, None]:
        only = None if experiment is None else await find_experiment(info, experiment, "experiment")
        cursor = None if since is None else read_token(since)
        pace = Pace(info.context.services.wakeups)
        told: Token | None = None
        while True:
            pace.look()
            found, runs = await read_changes(info, cursor, only)
            cursor = found.cursor
            if runs or found.reset or told is None:
                info.context.forget_loaded()
                yield RunChanges(cursor=str(cursor), reset=found.reset, runs=runs)
                told = cursor
                pace.sent()
            if found.more:
                await pace.rest()
            else:
                await pace.wait()

    @strawberry.subscription(
        description="Points of a run as they arrive, at most two messages a second of at most 10,000 points. The first "
        f"message says where it begins and may be empty. Who falls about {MOST_BEHIND:,} points behind gets `reset`."
    )
    async def metric_appended(
        self,
        info: Info,
        run: Annotated[strawberry.ID, strawberry.argument(description="The run: its global id, or its bare UUID.")],
        keys: Annotated[
            list[str] | None, strawberry.argument(description=f"Only these series, at most {MOST_KEYS}.")
        ] = None,
        since: Annotated[str | None, strawberry.argument(description=SINCE)] = None,
    ) -> AsyncGenerator[AppendedPoints, None]:
        if keys is not None and len(keys) > MOST_KEYS:
            raise TooLarge(f"{len(keys)} keys, at most {MOST_KEYS} are taken", path=["keys"])
        target = RunID((await load_run(info, parse_run_id(run, info.context.workspace, "run"))).uuid)
        cursor = await read_since(info, target, since)
        pace = Pace(info.context.services.wakeups)
        begun = False
        while True:
            pace.look()
            async with info.context.database.snapshot() as conn:
                found = await read_appended(conn, info.context.workspace, target, names=keys, since=cursor)
            for message in cut_points(found, before=cursor):
                if message.series or message.reset or not begun:
                    await pace.rest()
                    yield message
                    begun = True
                    pace.sent()
            cursor = found.cursor
            await pace.wait()


def read_token(text: str) -> Token:
    """Read a resume cursor. Raises `InvalidInput`."""
    try:
        return parse_token(text)
    except InvalidInput as exc:
        raise InvalidInput(f"{text[:80]!r} is not a cursor", path=["since"]) from exc


async def read_changes(info: Info, cursor: Token | None, only: ExperimentID | None) -> tuple[ChangesSince, list[Run]]:
    """Return what changed after a cursor, and those runs of it that are meant."""
    workspace = info.context.workspace
    async with info.context.database.read() as conn:
        found = await fetch_changes(conn, workspace, cursor, limit=BATCH)
        ids = [RunID(change.key.uuid) for change in found.changes if change.key.kind is NodeKind.RUN]
        runs = await fetch_runs(conn, workspace, ids) if ids else {}
    meant = [runs[run] for run in ids if run in runs and only in (None, runs[run].experiment)]
    return found, [Run.of(run, workspace) for run in meant]
