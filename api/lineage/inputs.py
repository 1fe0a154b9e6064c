"""Facts of lineage as clients write them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import strawberry

from api.lineage.enums import AvailabilityState, EdgeKind, Origin, Role, WriteMode
from api.mutating import Keyed
from api.nodes.inputs import NodeRefInput
from api.scalars import DateTime, Int64, JSONObject
from domain.errors import DomainError, InvalidInput
from domain.ids import NodeKind, WorkspaceID
from domain.lineage.claims import MOST_CLAIMS, Claim, check_count
from domain.lineage.facts import Availability
from domain.references import parse_node_id

HELD_FROM = (
    "Since when it holds. Left out: the run's start for what it used, its end for what it made, else the later end's "
    "time."
)
SUBSET = "Which part of the version: `train`, `fold 3`. At most 500 characters."
PRODUCER = "Who says so: a tool, a job, a person. Edges of different producers are different edges."
RANGE = "Which range was used: offsets, snapshots, a window of event time, a `cutoff`. JSON, at most 64 KiB."
EVIDENCE = "What it rests on, such as a file and its sentence; at most 64 KiB."
ORIGIN = "How it is known; INFERRED is refused."


@strawberry.input(description="One edge to be recorded, in the direction data flows.")
class EdgeInput:
    kind: EdgeKind = strawberry.field(description="What it says. Kinds that only follow from others are refused.")
    source: NodeRefInput = strawberry.field(
        description="Where data flows from. A dataset without a version is bound by the time at which the run read it."
    )
    target: NodeRefInput = strawberry.field(
        description="Where data flows to. A dataset without a version becomes the version as left by the run."
    )
    role: Role | None = strawberry.field(
        default=None, description="Of USED and GENERATED. Left out: INPUT and OUTPUT, from an Evaluation REPORT."
    )
    subset: str | None = strawberry.field(default=None, description=SUBSET)
    held_from: DateTime | None = strawberry.field(default=None, description=HELD_FROM)
    held_to: DateTime | None = strawberry.field(
        default=None, description="When it ceased to hold; of DEPLOYED_AS only."
    )
    step: Int64 | None = strawberry.field(default=None, description="Step of the run; of GENERATED and CONTINUED_AS.")
    mode: WriteMode | None = strawberry.field(default=None, description="What the write did; of GENERATED only.")
    range: JSONObject | None = strawberry.field(default=None, description=f"Of USED only. {RANGE}")
    origin: Origin = strawberry.field(default=Origin.DECLARED, description=ORIGIN)
    producer: str = strawberry.field(default="", description=PRODUCER)
    path: str | None = strawberry.field(default=None, description="The file that was run; of RAN_CODE only.")
    entry_point: str | None = strawberry.field(default=None, description="Where it was entered; of RAN_CODE only.")
    evidence: str | None = strawberry.field(default=None, description=EVIDENCE)


@strawberry.input(description="Edges to be recorded: all of them or none.")
class RecordLineageInput(Keyed):
    edges: list[EdgeInput] = strawberry.field(description=f"At most {MOST_CLAIMS:,}.")


@strawberry.input(description="Edges to be taken back: all of them or none.")
class RetractLineageInput(Keyed):
    edges: list[strawberry.ID] = strawberry.field(description=f"Ids of edges, at most {MOST_CLAIMS:,}.")


@strawberry.input(description="A version at which lineage begins.")
class DeclareSourceInput(Keyed):
    node: NodeRefInput = strawberry.field(description="The version, or a run.")
    producer: str = strawberry.field(default="", description="Who says so.")
    declared: bool = strawberry.field(default=True, description="False takes the declaration back.")


@strawberry.input(description="Whether the bytes of a version are to be had.")
class AvailabilityInput:
    state: AvailabilityState = strawberry.field(description="Whether they are.")
    since: DateTime | None = strawberry.field(default=None, description="Since when.")
    reason: str | None = strawberry.field(default=None, description="Why; at most 64 KiB.")


@strawberry.input(description="What is known of a node; each fact only where it belongs, what is left out stays.")
class NodeFactsInput:
    digest: str | None = strawberry.field(
        default=None,
        description="Digest of the content. Of a file whose digest is known, another one is another version.",
    )
    location: str | None = strawberry.field(default=None, description="Of a dataset's version: where its files are.")
    size: Int64 | None = strawberry.field(default=None, description="Size in bytes.")
    media_type: str | None = strawberry.field(default=None, description="Of a file: its media type.")
    splits: list[str] | None = strawberry.field(
        default=None, description="Of a dataset's version: subsets that have nothing in common; at most 100."
    )
    stage: str | None = strawberry.field(default=None, description="Of a model's version: where it stands.")
    happened_at: DateTime | None = strawberry.field(default=None, description="Of a version: when it came to be.")
    owner: str | None = strawberry.field(default=None, description="Who answers for it.")
    description: str | None = strawberry.field(default=None, description="What it is; at most 64 KiB.")
    availability: AvailabilityInput | None = strawberry.field(
        default=None, description="Of a version: whether its bytes are to be had."
    )


@strawberry.input(description="A node, and what is known of it.")
class DescribeNodeInput(Keyed):
    node: NodeRefInput = strawberry.field(description="The node; a full name that nobody knows yet is made.")
    facts: NodeFactsInput = strawberry.field(description="What is known of it.")


def read_claims(given: Sequence[EdgeInput], workspace: WorkspaceID) -> list[Claim]:
    """Return the edges of an input. Raises with the path of the one that cannot be taken."""
    check_count(len(given), "edges")
    if not given:
        raise InvalidInput("there are no edges", path=["edges"])
    claims = []
    for place, one in enumerate(given):
        try:
            claims.append(read_claim(one, workspace))
        except DomainError as exc:
            raise exc.below("edges", str(place)) from exc
    return claims


def read_claim(given: EdgeInput, workspace: WorkspaceID) -> Claim:
    """Return one edge of an input. Raises `InvalidInput`, `NotFound`, `TooLarge` with the field's name."""
    return Claim(
        kind=given.kind,
        source=given.source.to_domain(workspace, "source"),
        target=given.target.to_domain(workspace, "target"),
        role=given.role,
        subset=given.subset,
        origin=given.origin,
        producer=given.producer,
        held_from=given.held_from,
        held_to=given.held_to,
        step=given.step,
        mode=given.mode,
        range=given.range,
        path=given.path,
        entry_point=given.entry_point,
        evidence=given.evidence,
    )


def read_edge_ids(given: Sequence[strawberry.ID], workspace: WorkspaceID) -> list[UUID]:
    """Return the uuids of edges by their global ids. Raises with the path of the one that is none."""
    check_count(len(given), "edges")
    return [parse_node_id(text, workspace, NodeKind.EDGE, "edges", str(place)) for place, text in enumerate(given)]


def read_node_facts(given: NodeFactsInput) -> dict[str, Any]:
    """Return what is said of a node, by column; null says nothing."""
    facts = {name: value for name, value in vars(given).items() if value is not None}
    if given.availability is not None:
        told = given.availability
        facts["availability"] = Availability(state=told.state, since=told.since, reason=told.reason)
    return facts
