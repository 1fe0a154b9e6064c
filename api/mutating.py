"""What all mutations share: known again when they are sent twice, one transaction each, a token in the answer."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import MISSING, dataclass, fields, is_dataclass, replace
from enum import Enum
from functools import cache
from types import NoneType
from typing import Any, TypeVar
from uuid import UUID

import msgspec
import strawberry

from api.info import Info
from api.nodes.inputs import NodeRefInput
from api.scalars import Int64
from domain.deliveries import Delivery
from domain.errors import DomainError, InvalidInput
from domain.ids import AttemptID, NodeKey, NodeKind, RunID, parse_uuid
from domain.references import IDRef, NodeRef, RunRef, parse_run_id
from store.once import Answer, write_once
from store.received import MAX_GAPS
from store.references import resolve
from store.transactions import Transaction

CLIENT_KEY = (
    "Makes a retry safe for 30 days: the same key with the same body gets the first answer, with another body "
    "CONFLICT. 1 to 500 characters."
)
WHICH_RUN = "The run: its global id, or its bare UUID."
TOKEN = "Give it as `atLeast` and the answer shows this write."  # noqa: S105

NO_DIGEST = b""
"""Of a mutation that nobody could tell from another of the same body."""

SINGLETONS = (NoneType, bool, Enum, type(strawberry.UNSET))

T = TypeVar("T")
Work = Callable[[Transaction], Awaitable[dict[str, Any]]]


@strawberry.input(description="What every mutation takes.")
class Keyed:
    client_key: str | None = strawberry.field(default=None, description=CLIENT_KEY)


@strawberry.input(description="What comes from an attempt of a run.")
class Attempted:
    attempt: strawberry.ID | None = strawberry.field(
        default=None, description="UUID of the attempt that this comes from; left out, the current one."
    )


@strawberry.input(description="What every mutation takes that may be about a run.")
class Delivered(Keyed, Attempted):
    writer: strawberry.ID | None = strawberry.field(
        default=None,
        description="A random UUID that each writing process makes for itself; with `sequence` it makes the write "
        "happen exactly once in its run, for ever.",
    )
    sequence: Int64 | None = strawberry.field(
        default=None,
        description="Number of this write among those of the writer in the run, counted from 0. They may come in any "
        f"order, with at most {MAX_GAPS:,} gaps at a time.",
    )


@strawberry.input(description="What every mutation that names a run takes.")
class OfRun(Delivered):
    run: strawberry.ID = strawberry.field(description=WHICH_RUN)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunWrite:
    """The parts of an input that say which run is written, by which attempt, and how it is known again."""

    run: RunID
    attempt: AttemptID | None
    delivery: Delivery


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectWrite:
    """The same of an input that may be about any node."""

    key: NodeKey
    attempt: AttemptID | None
    delivery: Delivery


def read_delivery(info: Info, body: Keyed, run: RunID | None = None) -> Delivery:
    """Return how a mutation is known again. Raises `InvalidInput`."""
    delivered = body if isinstance(body, Delivered) else Delivered()
    return Delivery(
        operation=info.field_name,
        digest=digest_input(body) if body.client_key is not None or delivered.writer is not None else NO_DIGEST,
        client_key=body.client_key,
        run=run,
        writer=read_uuid(delivered.writer, "writer"),
        sequence=delivered.sequence,
    )


def read_run_write(info: Info, body: OfRun) -> RunWrite:
    """Return which run an input means. Raises `InvalidInput`, `NotFound`."""
    run = parse_run_id(body.run, info.context.workspace, "run")
    return RunWrite(run=run, attempt=read_attempt(body), delivery=read_delivery(info, body, run))


async def find_subject(info: Info, body: Delivered, ref: NodeRefInput) -> SubjectWrite:
    """Return the node that an input is about. Raises `InvalidInput`, `NotFound`, `Conflict`."""
    workspace = info.context.workspace
    read = ref.to_domain(workspace, "on")
    key = known_key(read)
    if key is None:
        async with info.context.database.read_primary() as conn:
            key = await below(("on",), resolve(conn, workspace, read))
    run = RunID(key.uuid) if key.kind is NodeKind.RUN else None
    return SubjectWrite(key=key, attempt=read_attempt(body), delivery=read_delivery(info, body, run))


def known_key(ref: NodeRef) -> NodeKey | None:
    """Return the node of a reference that says it all by itself."""
    match ref:
        case RunRef():
            return NodeKey(NodeKind.RUN, ref.run)
        case IDRef():
            return ref.id.key
        case _:
            return None


async def below(path: tuple[str, ...], work: Awaitable[T]) -> T:
    """Await some work; its failures are seen from the field `path`."""
    try:
        return await work
    except DomainError as exc:
        raise exc.below(*path) from exc


def read_attempt(body: Attempted) -> AttemptID | None:
    """Return the attempt that an input names. Raises `InvalidInput`."""
    found = read_uuid(body.attempt, "attempt")
    return None if found is None else AttemptID(found)


def read_uuid(text: str | None, *path: str) -> UUID | None:
    """Read an optional UUID. Raises `InvalidInput` with its path."""
    if text is None:
        return None
    try:
        return parse_uuid(text)
    except InvalidInput as exc:
        raise exc.below(*path) from exc


_encoder = msgspec.msgpack.Encoder(enc_hook=repr, order="deterministic")


def digest_input(body: Keyed) -> bytes:
    """Return the digest of an input as it was given, but for its client key. NaN and 1 are not 1.0 and null.

    What has its default is left out: a field that is added later must not turn repeats into conflicts.
    """
    return hashlib.sha256(_encoder.encode(_say(replace(body, client_key=None)))).digest()


def _say(value: Any) -> Any:
    """Return an input as a mapping of what it says, and lists of inputs as lists of them."""
    kind: Any = type(value)
    if kind is list:
        first: Any = type(value[0]) if value else kind
        return value if _find_defaults(first) is None else [_say(item) for item in value]
    defaults = _find_defaults(kind)
    if defaults is None:
        return value
    return {name: _say(held) for name, held in vars(value).items() if held is not defaults[name]}


@cache
def _find_defaults(kind: Any) -> dict[str, Any] | None:
    """Return the default of each field where that is one and the same object: null, a flag, a choice.

    None for a class that is no input.
    """
    if not is_dataclass(kind):
        return None
    defaults = {field.name: field.default for field in fields(kind)}
    return {name: given if isinstance(given, SINGLETONS) else MISSING for name, given in defaults.items()}


async def write(
    info: Info,
    delivery: Delivery,
    work: Work,
    *,
    again: dict[str, Any] | None = None,
    creates_run: bool = False,
    claims_compaction: bool = False,
    opens_run: bool = False,
) -> Answer:
    """Do the work of a mutation once, in one transaction; what is loaded afterwards is read from the record itself."""
    context = info.context
    answer = await write_once(
        context.database,
        context.workspace,
        delivery,
        work,
        again=again,
        creates_run=creates_run,
        claims_compaction=claims_compaction,
        opens_run=opens_run,
    )
    show_writes(info)
    return answer


def show_writes(info: Info) -> None:
    """Let what is loaded from here on see what was written just now."""
    info.context.reads_primary = True
    info.context.forget_loaded()
