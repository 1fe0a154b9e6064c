"""Experiments by id, of many runs in one query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from api.batching import BatchLoader
from api.experiments.types import Experiment
from api.filters.inputs import read_experiment
from api.info import Info
from api.scalars import show
from domain import experiments
from domain.errors import DomainError, NotFound
from domain.ids import ExperimentID
from store.experiments import fetch_experiment_id, fetch_experiments


class ExperimentLoader(BatchLoader[ExperimentID, experiments.Experiment]):
    """Experiments by id."""

    async def fetch(
        self, conn: AsyncConnection, keys: Sequence[ExperimentID]
    ) -> Mapping[ExperimentID, experiments.Experiment]:
        return await fetch_experiments(conn, self.workspace, keys)

    def absent(self, key: ExperimentID) -> NotFound:
        return NotFound(f"no experiment {key} in this workspace")


async def load_experiment(info: Info, experiment: ExperimentID) -> Experiment:
    """Return an experiment as its GraphQL type. Raises `NotFound`."""
    return Experiment.of(await info.context.loaders.experiments.load(experiment), info.context.workspace)


def read_named(info: Info, text: str, *path: str) -> str | UUID:
    """Return the UUID of an experiment's global id, and a name as it is. Raises `NotFound` for another workspace's."""
    try:
        return read_experiment(text, info.context.workspace)
    except DomainError as exc:
        raise exc.below(*path) from exc


async def find_experiment(info: Info, text: str, *path: str) -> ExperimentID:
    """Return the experiment that a name or a global id means. Raises `NotFound`."""
    workspace = info.context.workspace
    found = read_named(info, text, *path)
    if isinstance(found, UUID):
        return ExperimentID(found)
    async with info.context.database.read_primary() as conn:
        known = await fetch_experiment_id(conn, workspace, found)
    if known is None:
        raise NotFound(f"no experiment {show(text)} in this workspace", path=path)
    return known
