"""Lines about lineage: what runs used and made, names in the registry, deployments, and any other edge."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec

from whence.importing.series import Int64, Moment, Text

Ref = Annotated[dict[str, Any], msgspec.Meta(min_length=1, max_length=1)]
"""A reference as the schema's `NodeRef` has it: `{"uri": ...}`, `{"dataset": {...}}`, `{"model": {...}}`."""


class TaggedLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", rename="camel"):
    """What all lines share: `kind` says which of them it is, no unknown field is passed over."""


class UseLine(TaggedLine, frozen=True, tag="use", omit_defaults=True):
    run: UUID
    node: Ref
    role: Text | None = None
    subset: Text | None = None
    range: dict[str, Any] | None = None
    held_from: Moment | None = None


class GenerateLine(TaggedLine, frozen=True, tag="generate", omit_defaults=True):
    run: UUID
    node: Ref
    role: Text | None = None
    subset: Text | None = None
    mode: Text | None = None
    step: Int64 | None = None
    held_from: Moment | None = None


class EdgeLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel", omit_defaults=True):
    """One edge of a `lineage` line, as the schema's `LineageEdgeInput` has it."""

    kind: Text
    source: Ref
    target: Ref
    role: Text | None = None
    subset: Text | None = None
    origin: Text | None = None
    producer: Text | None = None
    held_from: Moment | None = None
    held_to: Moment | None = None
    step: Int64 | None = None
    mode: Text | None = None
    range: dict[str, Any] | None = None
    path: Text | None = None
    entry_point: Text | None = None
    evidence: Text | None = None


class EdgesLine(TaggedLine, frozen=True, tag="lineage"):
    edges: Annotated[list[EdgeLine], msgspec.Meta(min_length=1, max_length=1000)]


class DescribeLine(TaggedLine, frozen=True, tag="describe"):
    node: Ref
    facts: dict[str, Any]


class SourceLine(TaggedLine, frozen=True, tag="source"):
    node: Ref


class RegisterLine(TaggedLine, frozen=True, tag="register", omit_defaults=True):
    name: Text
    version: Text
    artifact: Ref
    registry: Text | None = None
    at: Moment | None = None


class AliasLine(TaggedLine, frozen=True, tag="alias", omit_defaults=True):
    name: Text
    alias: Text
    version: Text | None
    registry: Text | None = None
    at: Moment | None = None


class DeployLine(TaggedLine, frozen=True, tag="deploy", omit_defaults=True):
    environment: Text
    endpoint: Text
    revision: Text
    serves: Annotated[list[Ref], msgspec.Meta(min_length=1)]
    at: Moment | None = None


class UndeployLine(TaggedLine, frozen=True, tag="undeploy", omit_defaults=True):
    environment: Text
    endpoint: Text
    revision: Text
    at: Moment | None = None


LineageLines = (
    UseLine
    | GenerateLine
    | EdgesLine
    | DescribeLine
    | SourceLine
    | RegisterLine
    | AliasLine
    | DeployLine
    | UndeployLine
)
