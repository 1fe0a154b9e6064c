"""What runs used and made, as their code says it: one version at a time, with the run's own writer and attempt."""

from __future__ import annotations

from typing import Any

import strawberry

from api.info import Info
from api.lineage.answers import load_edges, remember
from api.lineage.edges import LineageEdge
from api.lineage.enums import Role
from api.lineage.inputs import HELD_FROM, PRODUCER, RANGE, SUBSET
from api.lineage.payloads import WARNINGS
from api.mutating import TOKEN, OfRun, read_run_write, write
from api.nodes.inputs import NodeRefInput
from api.scalars import DateTime, JSONObject
from domain.errors import DomainError
from domain.lineage.claims import Claim
from domain.lineage.kinds import EdgeKind, Origin
from domain.references import RunRef
from store.lineage.recording import record_claims
from store.lineage.sources import declare_source
from store.transactions import Transaction


@strawberry.input(description="What a run used.")
class UseInput(OfRun):
    role: Role | None = strawberry.field(default=None, description="What it is to the run; left out, INPUT.")
    subset: str | None = strawberry.field(default=None, description=SUBSET)
    range: JSONObject | None = strawberry.field(default=None, description=RANGE)
    held_from: DateTime | None = strawberry.field(default=None, description=HELD_FROM)
    producer: str = strawberry.field(default="", description=PRODUCER)


@strawberry.type(description="What a run used was recorded.")
class UsePayload:
    edges: list[LineageEdge] = strawberry.field(
        description="The edges: two for VALIDATION, one for each version that was bound where none was named, none for "
        "a run's own file. At most 100, and those that were being written meanwhile."
    )
    warnings: list[str] = strawberry.field(description=WARNINGS)
    token: str = strawberry.field(description=TOKEN)


async def record_use(
    info: Info, given: UseInput, ref: NodeRefInput, *, field: str, source: bool = False
) -> dict[str, Any]:
    """Record that a run used something; return the fields of the payload. Failures name the input's own field."""
    workspace = info.context.workspace
    target = read_run_write(info, given)
    claim = Claim(
        kind=EdgeKind.USED,
        source=ref.to_domain(workspace, field),
        target=RunRef(target.run),
        role=given.role,
        subset=given.subset,
        range=given.range,
        held_from=given.held_from,
        origin=Origin.OBSERVED,
        producer=given.producer,
    )

    async def work(tx: Transaction) -> dict[str, Any]:
        try:
            recorded = await record_claims(tx, workspace, [claim], path=())
        except DomainError as exc:
            raise rename(exc, {"source": field, "target": "run"}) from exc
        if source:
            for key in {one.edge.source for one in recorded.edges}:
                await declare_source(tx, workspace, key, producer=given.producer)
        return remember(recorded)

    answer = await write(info, target.delivery, work, again={"edges": [], "warnings": []})
    return {
        "edges": await load_edges(info, answer.values["edges"]),
        "warnings": answer.values["warnings"],
        "token": str(answer.token),
    }


def rename(exc: DomainError, fields: dict[str, str]) -> DomainError:
    """Return a failure whose path begins with the field that the client knows."""
    if not exc.path or exc.path[0] not in fields:
        return exc
    return type(exc)(exc.message, path=[fields[exc.path[0]], *[part for part in exc.path[1:] if part != "run"]])
