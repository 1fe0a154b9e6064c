"""What resolvers are given: the services of the process, and one request's workspace, principal and loaders."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from api.principal import ANONYMOUS, Principal
from domain.ids import RunID, WorkspaceID
from store.metrics.settling import SettledConnection, read_settled

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection
    from starlette.requests import HTTPConnection

    from api.compiled.mutations import Outcome
    from api.compiled.plans import Plans
    from api.loaders import Loaders
    from api.settings import ServerSettings
    from artifacts.keeping import ArtifactStore
    from domain.projections import Freshness
    from lineage.graph import LineageGraph
    from projection.routing import Router, Wants
    from search.search_index import SearchIndex
    from store.database import Database
    from store.ingest.ingest import Ingest
    from store.keys import Keys
    from store.metrics.compactor import Compactor
    from store.numbers import Numbers
    from store.wakeups import Wakeups


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What lives as long as the process and is shared by every request."""

    database: Database
    keys: Keys
    numbers: Numbers
    ingest: Ingest
    compactor: Compactor
    wakeups: Wakeups
    settings: ServerSettings
    graph: Router[LineageGraph] | None = None
    """Where questions of lineage go; None: to the record."""
    artifacts: ArtifactStore | None = None
    """Where the bytes of artifacts lie; None: nowhere."""
    index: Router[SearchIndex] | None = None
    """Where questions of search go; None: to the record."""


@dataclass(slots=True, kw_only=True)
class Context:
    """One operation: `info.context` of every resolver."""

    services: Services
    workspace: WorkspaceID
    workspace_name: str
    principal: Principal = ANONYMOUS
    request: HTTPConnection | None = None
    request_id: str = ""
    reads_primary: bool = False
    wants: Wants | None = None
    """What the projections' answers must show; None: whatever they have."""
    graph_freshness: Freshness | None = None
    """How fresh the graph's last answer was; None where the record gave all."""
    plans: Plans | None = None
    """What was compiled for the document, where it is cached and the settings do not say otherwise."""
    outcome: Outcome | None = None
    """What the operation's mutation gave already: its resolver gives it, and is not called."""
    _loaders: Loaders | None = field(default=None, repr=False)

    @property
    def database(self) -> Database:
        return self.services.database

    def read(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """Give a connection for reading; the record itself once a token was sent or something written."""
        return self.database.read_primary() if self.reads_primary else self.database.read()

    def snapshot(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """Like `read`, all of it of one moment."""
        return self.database.snapshot(primary=self.reads_primary)

    def read_settled(self, runs: Collection[RunID] | None = None) -> AbstractAsyncContextManager[SettledConnection]:
        """Like `read`, for summaries of metrics: those of the runs (left out: of all) miss no acknowledged point."""
        return read_settled(self.database, self.workspace, runs, primary=self.reads_primary)

    @property
    def loaders(self) -> Loaders:
        """The loaders of this operation, made when first asked for."""
        if self._loaders is None:
            from api.loaders import Loaders  # imported late: loaders know the nouns, and each noun knows the context

            self._loaders = Loaders(self)
        return self._loaders

    def renewed(self) -> Context:
        """Return the same context with loaders that have seen nothing: for the next event of a subscription."""
        return replace(self, _loaders=None)

    def forget_loaded(self) -> None:
        """Drop what the loaders have seen: a subscription calls this before each of its events."""
        self._loaders = None
