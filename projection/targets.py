"""The port of what follows the record: a store that takes whole states, fenced, in generations."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy.ext.asyncio import AsyncConnection

from domain.ids import NodeKind
from domain.projections import Entity
from store.outbox import Changed

BUCKETS = 256
"""An entity's bucket is the last byte of its uuid, which is random in every version of UUID that we make."""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """One entity as a projection shows it, of one moment of the record.

    `fence` says which of two states of an entity is the newer; `content` is a digest of all that is written beside it;
    `body` is what the target made and writes, None for a tombstone.
    """

    entity: Entity
    fence: int
    content: int
    body: Any


@dataclass(frozen=True, slots=True)
class Refusal:
    """A state that no waiting would help, and why."""

    entity: Entity
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What became of a write: what was refused; and for Neo4j, the bookmark that shows the rest."""

    refused: tuple[Refusal, ...] = ()
    bookmark: str | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """What a target keeps of the record that it follows. Of two the one with the greater `order` stays."""

    nonce: int
    order: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One entity as a target has it: `content` as stored, or computed anew from what is stored. Tombstones too."""

    entity: Entity
    fence: int
    content: int
    tombstone: bool = False


@dataclass(frozen=True, slots=True)
class BucketDigest:
    """How many entities that are no tombstones a bucket has, and the sum of their checks (`make_check`)."""

    count: int = 0
    check: int = 0


class ProjectionTarget(Protocol):
    """What the loop, rebuild, verify and repair need of a projection's own store.

    Every method that talks to the store raises `Unavailable` for whatever waiting may help: away, full, too busy,
    blocked. A write of an older state than the stored one is no failure: it is left as it is.
    """

    name: str
    kinds: frozenset[NodeKind]
    """Which entities it shows at all."""
    wants: Changed
    """Changes of these kinds are work for it."""
    hot: Changed
    """Changes of nothing but these may wait a few seconds."""
    rewritten: frozenset[NodeKind]
    """Kinds that repair erases and writes again, since no fence can be raised above what is found."""

    async def fetch_states(self, conn: AsyncConnection, entities: Sequence[Entity]) -> list[State]:
        """Return the states of those entities that the record has, and of whatever else shows them.

        The connection sees one moment. What is not in the record is left out.
        """

    async def fetch_entities(self, conn: AsyncConnection, after: Entity | None, *, limit: int) -> list[Entity]:
        """Return the next entities of the record in an order of its own, behind one of them; fewer are the last."""

    async def count_entities(self, conn: AsyncConnection) -> int:
        """Return about how many entities the record has."""

    async def read_mark(self) -> Mark | None:
        """Return the mark that is kept here."""

    async def write_mark(self, mark: Mark) -> None:
        """Keep a mark, unless one of greater order is kept. Durable once this returns."""

    async def prepare(self, generation: int) -> bool:
        """Make an empty generation ready to be written; one that is ready stays as it is. Say whether there was none,
        or not all of it: of one that was written, something is lost then.
        """

    async def write(self, states: Sequence[State], generations: Sequence[int]) -> Written:
        """Write states whole into each generation, in which each is fenced. Durable once this returns."""

    async def refresh(self, generation: int) -> None:
        """Make what was written visible to queries that begin from now on."""

    async def serve(self, generation: int) -> None:
        """Let names that lead to the serving generation lead to this one, in one step."""

    async def drop(self, generation: int) -> None:
        """Remove a generation with all it holds; one that is not there is no failure."""

    async def fetch_digests(self, generation: int) -> dict[int, BucketDigest]:
        """Return the digests of all buckets that have anything, from what is stored beside the content."""

    def list_found(self, generation: int, *, buckets: frozenset[int] | None, deep: bool) -> AsyncIterator[list[Found]]:
        """Give what some buckets have (None: all) in pages; `deep`: with the content computed anew."""

    async def fetch_found(self, generation: int, entities: Sequence[Entity], *, deep: bool) -> list[Found]:
        """Return what there is of some entities."""

    async def erase(self, generation: int, entities: Sequence[Entity]) -> None:
        """Remove what cannot be fenced (relationships of a graph), to be written again; others stay as they are."""
