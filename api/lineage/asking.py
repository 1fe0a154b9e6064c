"""From arguments to questions: references are resolved, times become positions, and everything is checked."""

from __future__ import annotations

import asyncio
import base64
import binascii
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import strawberry
from sqlalchemy.ext.asyncio import AsyncConnection

from api.info import Info
from api.mutating import below
from api.nodes.inputs import NodeRefInput
from api.reading import await_token
from api.scalars import DateTime
from domain.errors import InvalidInput, NotYetProjected, TooLarge
from domain.ids import NodeKey, NodeKind
from domain.lineage.questions import NOW, AsOf
from domain.positions import Position
from domain.references import parse_run_id
from domain.runs import Run
from projection.routing import Fallback
from store.edge_reads import fetch_border, fetch_position
from store.nodes import fetch_nodes
from store.references_as_of import resolve_as_of

MOST_STARTS = 100
LOOK_S = 0.05
_POSITION = struct.Struct(">q")

OF = f"What is asked about: one or several nodes, at most {MOST_STARTS}."
AS_OF = "As it was, and as was known, at some time; left out, now."


@strawberry.input(
    name="AsOf",
    description="A moment. `at` or `atRun` says when it was so in the world, `asKnownAt` or `asKnownAtPosition` what "
    "had been recorded by then; at most one of each pair. Names, owners and availability are always those of now.",
)
class AsOfInput:
    at: DateTime | None = strawberry.field(
        default=None,
        description="Keep what held from then or before. Deployments, names and aliases are those of then.",
    )
    at_run: strawberry.ID | None = strawberry.field(
        default=None, description="The end of this run; while it is running, now."
    )
    as_known_at: DateTime | None = strawberry.field(
        default=None, description="What had been recorded at that time, to the minute."
    )
    as_known_at_position: str | None = strawberry.field(
        default=None, description="What had been recorded at a position that an answer gave."
    )


@dataclass(frozen=True, slots=True)
class Moment:
    """When a question is about, where the record stood when it was asked, and when that was."""

    as_of: AsOf
    border: Position
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def at(self) -> datetime:
        """The time at which something is live or not."""
        return self.as_of.at or self.now


async def read_moment(
    info: Info, given: AsOfInput | None, at_least: str | None, wait_ms: int, fallback: Fallback
) -> Moment:
    """Return the moment that is asked about, pinned to what is known. Raises `InvalidInput`, `NotYetProjected`."""
    await await_token(info, at_least, wait_ms=wait_ms, fallback=fallback)
    asked = given or AsOfInput()
    if asked.at is not None and asked.at_run is not None:
        raise InvalidInput("give `at` or `atRun`, not both", path=["asOf", "atRun"])
    if asked.as_known_at is not None and asked.as_known_at_position is not None:
        raise InvalidInput("give `asKnownAt` or `asKnownAtPosition`, not both", path=["asOf", "asKnownAtPosition"])
    at = asked.at if asked.at_run is None else await _read_end(info, asked.at_run)
    known, border = await _read_known(info, asked, wait_ms)
    # Without a word about what was known, everything that is committed counts, also above the border: the token's
    # own write must be seen while an older transaction is still open.
    return Moment(AsOf(at=at, known=known), border)


async def resolve_starts(info: Info, refs: Sequence[NodeRefInput], name: str, as_of: AsOf = NOW) -> list[NodeKey]:
    """Return the nodes that references name. Raises `InvalidInput`, `TooLarge`, `NotFound`, `Conflict`."""
    if not refs:
        raise InvalidInput("name at least one node", path=[name])
    if len(refs) > MOST_STARTS:
        raise TooLarge(f"{len(refs)} nodes, at most {MOST_STARTS} are taken", path=[name])
    async with info.context.read() as conn:
        return list(
            dict.fromkeys(
                [await _resolve(info, conn, ref, as_of, name, str(number)) for number, ref in enumerate(refs)]
            )
        )


async def resolve_start(info: Info, ref: NodeRefInput, name: str, as_of: AsOf = NOW) -> NodeKey:
    """Return the node that a reference names."""
    async with info.context.read() as conn:
        return await _resolve(info, conn, ref, as_of, name)


def write_position(position: Position) -> str:
    """Return a position as clients hold it."""
    return base64.urlsafe_b64encode(_POSITION.pack(position)).decode("ascii").rstrip("=")


def parse_position(text: str, *path: str) -> Position:
    """Read a position. Raises `InvalidInput`."""
    try:
        (number,) = _POSITION.unpack(base64.b64decode(text.encode("ascii") + b"=", altchars=b"-_", validate=True))
    except (ValueError, binascii.Error, struct.error) as exc:
        raise InvalidInput(f"{text[:80]!r} is not a position", path=path) from exc
    return Position(number)


async def _resolve(info: Info, conn: AsyncConnection, ref: NodeRefInput, as_of: AsOf, *path: str) -> NodeKey:
    workspace = info.context.workspace
    return await below(path, resolve_as_of(conn, workspace, ref.to_domain(workspace, *path), as_of))


async def _read_end(info: Info, given: str) -> datetime | None:
    run = parse_run_id(given, info.context.workspace, "asOf", "atRun")
    key = NodeKey(NodeKind.RUN, run)
    async with info.context.read() as conn:
        found: Any = (await fetch_nodes(conn, info.context.workspace, [key])).get(key)
    if not isinstance(found, Run):
        raise InvalidInput(f"no run {run} in this workspace", path=["asOf", "atRun"])
    return found.ended_at


async def _read_known(info: Info, asked: AsOfInput, wait_ms: int) -> tuple[Position | None, Position]:
    """Return the position that is asked about, once nothing can slip below it any more, and the border now."""
    async with info.context.read() as conn:
        border = await fetch_border(conn)
        if asked.as_known_at is not None:
            return await fetch_position(conn, asked.as_known_at), border
    if asked.as_known_at_position is None:
        return None, border
    known = parse_position(asked.as_known_at_position, "asOf", "asKnownAtPosition")
    ends = asyncio.get_running_loop().time() + wait_ms / 1000
    while known > border:
        if asyncio.get_running_loop().time() >= ends:
            raise NotYetProjected("writes below that position are not finished", path=["asOf", "asKnownAtPosition"])
        await asyncio.sleep(LOOK_S)
        async with info.context.read() as conn:
            border = await fetch_border(conn)
    return known, border
