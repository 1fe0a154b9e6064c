"""The services of one process: opened before the first request, closed after the last."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeVar

from api.background import Background, Work, repeat
from api.context import Services
from api.projections.figures import ProjectionFigures
from api.settings import Settings
from api.transport.observation import Figures
from api.ways import Ways, open_ways
from artifacts.keeping import ArtifactStore
from domain.ids import RunID, WorkspaceID
from domain.projections import ProjectionName
from projection.hosting import list_lines, prepare_projections
from projection.routing import Router, Serving
from projection.waiting import ProjectionWaiting
from store.database import Database
from store.ingest.ingest import Ingest
from store.keys import Keys
from store.lifecycle import sweep_lost_runs
from store.metrics.compactor import Compactor
from store.metrics.settler import Settler
from store.numbers import Numbers
from store.once import forget_client_keys
from store.purging import finish_purges
from store.received import forget_digests
from store.search.vocabulary import learn_words
from store.upkeep import sample_position, trim_outbox
from store.wakeups import Wakeups

P = TypeVar("P")

SWEEP_S = 5.0
LEARN_S = 2.0
SAMPLE_S = 60.0
PURGE_S = 300.0
FORGET_S = 3600.0
DIGESTS_S = 86_400.0
FIGURES_S = 5.0


@asynccontextmanager
async def open_services(settings: Settings, *, url: str, figures: Figures) -> AsyncIterator[Services]:
    """Give the services of the record at `url`, with their background tasks running."""
    read_url = settings.database.read_url
    database = Database.connect(
        url,
        None if read_url is None else read_url.get_secret_value(),
        pool_size=settings.database.pool_size,
    )
    keys = Keys(database)
    compactor = Compactor(database)
    settler = Settler(database)
    wakeups = Wakeups(database)

    def written(workspace: WorkspaceID, run: RunID) -> None:
        compactor.written(workspace, run)
        settler.wake()

    ingest = Ingest(database, keys, settings.ingest, written=written)
    figures.waiting_points.set_function(lambda: ingest.waiting_points)
    async with closing(database), open_ways(settings) as ways:
        await prepare_projections(database, ways.targets)
        background = Background(
            list_background(database, compactor, settler, wakeups)
            | list_projecting(database, wakeups, settings, ways, figures),
            on_crash=lambda name: figures.crashes.labels(name).inc(),
        )
        graph = make_router(ProjectionName.GRAPH, ways.graph, database, wakeups, settings)
        index = make_router(ProjectionName.INDEX, ways.index, database, wakeups, settings)
        try:
            await ingest.start()
            await background.start()
            yield Services(
                database=database,
                keys=keys,
                numbers=Numbers(database),
                ingest=ingest,
                compactor=compactor,
                wakeups=wakeups,
                settings=settings.server,
                graph=graph,
                artifacts=ArtifactStore.open(settings.artifacts, settings.server.data),
                index=index,
            )
        finally:
            for router in (graph, index):
                if router is not None:
                    await router.close()
            await background.stop()
            await ingest.stop()


@asynccontextmanager
async def closing(database: Database) -> AsyncIterator[None]:
    """Close a database at the end."""
    try:
        yield
    finally:
        await database.close()


def make_router(
    name: ProjectionName, serving: Serving[P] | None, database: Database, wakeups: Wakeups, settings: Settings
) -> Router[P] | None:
    """Return what questions of a port go through; None where the settings name no server for it."""
    if serving is None:
        return None
    waiting = ProjectionWaiting(database, wakeups)
    return Router(name.value, serving=serving, waiting=waiting, settings=settings.projection)


def list_projecting(
    database: Database, wakeups: Wakeups, settings: Settings, ways: Ways, figures: Figures
) -> dict[str, Work]:
    """Return what follows the record in this process, and the look at how all projections stand."""
    shown = ProjectionFigures(figures.registry)
    works: dict[str, Work] = {"projection_figures": repeat(lambda: shown.look(database), seconds=FIGURES_S)}
    if settings.projection.in_server == "on":
        works |= list_lines(database, wakeups, ways.targets, settings.projection)
    return works


def list_background(database: Database, compactor: Compactor, settler: Settler, wakeups: Wakeups) -> dict[str, Work]:
    """Return what goes on beside requests, by name."""
    return {
        "compaction": compactor.run,
        "late_summaries": settler.run,
        "wakeups": wakeups.run,
        "lost_runs": repeat(lambda: sweep_lost_runs(database), seconds=SWEEP_S),
        "words_in_use": repeat(lambda: learn_words(database), seconds=LEARN_S),
        "position_samples": repeat(lambda: sample_position(database), seconds=SAMPLE_S),
        "unfinished_purges": repeat(lambda: finish_purges(database), seconds=PURGE_S),
        "old_client_keys": repeat(lambda: forget_client_keys(database), seconds=FORGET_S),
        "old_digests": repeat(lambda: forget_digests(database), seconds=DIGESTS_S),
        "old_outbox_rows": repeat(lambda: trim_outbox(database), seconds=FORGET_S),
    }
