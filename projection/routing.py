"""Who answers a question: the projection while it can, else the record; the answer says which, and how fresh it is.

Code above asks a port and never which way it is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Generic, Protocol, TypeVar

import structlog

from domain.errors import NotYetProjected, Unavailable
from domain.ids import WorkspaceID
from domain.positions import Position, Token
from domain.projections import Freshness
from projection.breaker import Breaker
from projection.refreshing import SharedRefresh
from projection.settings import ProjectionSettings
from projection.waiting import ProjectionWaiting
from store.projections.tokens import TokenStanding

P = TypeVar("P")
P_co = TypeVar("P_co", covariant=True)
T = TypeVar("T")

log = structlog.get_logger()

RECORD = "record"


class Fallback(Enum):
    """What a caller wants where the projection does not show what it must."""

    RECORD = "RECORD"
    NONE = "NONE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wants:
    """What a request asks of whoever answers it."""

    workspace: WorkspaceID
    token: Token | None = None
    seconds: float = 2.0
    fallback: Fallback = Fallback.RECORD


@dataclass(frozen=True, slots=True)
class Answered(Generic[T]):
    """An answer, and how fresh it is."""

    value: T
    freshness: Freshness


class Serving(Protocol[P_co]):
    """The projection's side of a port."""

    name: str

    def open(self, generation: int, bookmark: str | None) -> P_co:
        """Return the adapter that asks this generation, after what the bookmark stands for."""

    async def refresh(self, generation: int) -> None:
        """Make what was written visible to questions that begin from now on."""

    async def probe(self) -> object:
        """Answer quickly if the server does. Raises `Unavailable`."""


class Router(Generic[P]):
    """One port with two adapters behind it."""

    def __init__(
        self,
        name: str,
        *,
        serving: Serving[P] | None,
        waiting: ProjectionWaiting,
        settings: ProjectionSettings,
    ) -> None:
        self.name = name
        self._serving = serving
        self._waiting = waiting
        self._settings = settings
        if serving is not None:
            self._breaker = Breaker(name, serving.probe)
            self._refreshing = SharedRefresh(serving.refresh)

    async def close(self) -> None:
        """End what goes on beside questions."""
        if self._serving is not None:
            await self._breaker.close()

    async def ask(
        self, question: Callable[[P], Awaitable[T]], wants: Wants, *, record: P, known: Position | None = None
    ) -> Answered[T]:
        """Ask the projection, or `record` where that is better; the answer never misses `wants.token` in silence.

        `known` is a position that the question names: the projection must have passed it. Raises `NotYetProjected` or
        `Unavailable` where the caller wants no answer of the record.
        """
        position = _greatest(None if wants.token is None else wants.token.position, known)
        if self._serving is None:
            standing = await self._waiting.fetch(self.name, wants.workspace, None)
            return await self._ask_record(question, record, standing)
        standing, reason = await self._find_standing(wants, position)
        if reason is None and standing is not None:
            answered = await self._ask_projection(question, standing, must_refresh=position is not None)
            if answered is not None:
                return answered
            reason = Unavailable(f"the {self.name} did not answer")
        if wants.fallback is Fallback.NONE and reason is not None:
            raise reason
        return await self._ask_record(question, record, standing)

    async def _find_standing(
        self, wants: Wants, position: Position | None
    ) -> tuple[TokenStanding | None, NotYetProjected | Unavailable | None]:
        """Return how the projection stands, and why it cannot be asked, if so."""
        if self._breaker.is_open:
            return await self._waiting.fetch(self.name, wants.workspace, position), Unavailable(
                f"the {self.name} is away"
            )
        standing = await self._waiting.wait(self.name, wants.workspace, position, seconds=wants.seconds)
        if standing is None or not standing.usable:
            return standing, NotYetProjected(f"the {self.name} is being built or verified")
        if position is not None and not standing.satisfied:
            return standing, NotYetProjected(
                f"the {self.name} does not show position {position} yet; it is at {standing.checkpoint}",
                path=["atLeast"],
            )
        if _measure_lag(standing) > self._settings.behind_seconds:
            return standing, NotYetProjected(f"the {self.name} is {_measure_lag(standing):.0f} s behind the record")
        return standing, None

    async def _ask_projection(
        self, question: Callable[[P], Awaitable[T]], standing: TokenStanding, *, must_refresh: bool
    ) -> Answered[T] | None:
        """Return the projection's answer, or None if its server is away or slow."""
        assert self._serving is not None  # noqa: S101  # only called where there is one
        assert standing.generation is not None  # noqa: S101  # a usable standing has one
        try:
            async with asyncio.timeout(self._settings.slow_seconds):
                if must_refresh:
                    await self._refreshing.cover((standing.generation, standing.checkpoint, standing.epoch))
                value = await question(self._serving.open(standing.generation, standing.bookmark))
        except (Unavailable, TimeoutError) as exc:
            self._breaker.failed()
            log.warning("projection_did_not_answer", projection=self.name, reason=str(exc) or "too slow")
            return None
        self._breaker.succeeded()
        return Answered(value, _make_freshness(self.name, standing))

    async def _ask_record(
        self, question: Callable[[P], Awaitable[T]], record: P, standing: TokenStanding | None
    ) -> Answered[T]:
        value = await question(record)
        if standing is None:
            position = await self._waiting.fetch_record_position()
            freshness = Freshness(source=RECORD, record_position=position, projection_position=None, lag_seconds=0.0)
        else:
            freshness = _make_freshness(RECORD, standing)
        return Answered(value, freshness)


def _greatest(*positions: Position | None) -> Position | None:
    return max((one for one in positions if one is not None), default=None)


def _measure_lag(standing: TokenStanding) -> float:
    """Return how long the oldest change that the projection has not taken has been in the record, in seconds."""
    if standing.unread_since is None:
        return 0.0
    return max(0.0, (datetime.now(UTC) - standing.unread_since).total_seconds())


def _make_freshness(source: str, standing: TokenStanding) -> Freshness:
    return Freshness(
        source=source,
        record_position=standing.record,
        projection_position=standing.checkpoint,
        lag_seconds=0.0 if source == RECORD else _measure_lag(standing),
    )
