"""Nodes as exports show them: an id that is theirs everywhere, a label that people know them by, what else is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from domain.ids import GlobalID, NodeKey, WorkspaceID
from domain.lineage.nodes import Evaluation, Purged
from domain.nodes import (
    ArtifactVersion,
    CodeRevision,
    Dataset,
    DatasetVersion,
    Deployment,
    DeploymentRevision,
    Environment,
    FeatureView,
    FeatureViewVersion,
    Model,
    ModelVersion,
)
from domain.runs import Run

_SHORT = 12
"""Digits of a digest or commit that are enough to be recognised by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A node in an export."""

    key: NodeKey
    id: str
    label: str
    deleted: bool = False
    attributes: Mapping[str, Any] = field(default_factory=dict)


def show_node(workspace: WorkspaceID, key: NodeKey, value: Any, name: Any = None) -> Shown:
    """Return a node as it is shown: `value` as the record has it, `name` the node of its name, if it has one.

    A node without a value (an Evaluation, or what the record lost) is shown by its kind.
    """
    deleted = isinstance(value, Purged) or getattr(value, "deleted_at", None) is not None
    return Shown(
        key=key,
        id=str(GlobalID(key.kind, workspace, key.uuid)),
        label=label_node(key, value, name),
        deleted=deleted,
        attributes=_attributes(value),
    )


def label_node(key: NodeKey, value: Any, name: Any = None) -> str:
    """Return what people know a node by, in one line."""
    match value:
        case DatasetVersion() | FeatureViewVersion() | ModelVersion() | DeploymentRevision():
            return f"{_label_name(name)} {value.name}".strip()
        case Dataset() | FeatureView() | Model() | Deployment():
            return _label_name(value)
        case Run():
            return value.name
        case ArtifactVersion():
            return value.uri
        case CodeRevision():
            return f"{value.repository}@{value.commit[:_SHORT]}{'+' if value.diff_digest else ''}"
        case Environment():
            known = value.image_digest or value.lock_digest or ""
            return f"{known.removeprefix('sha256:')[:_SHORT]} {value.hardware or ''}".strip()
        case Evaluation():
            return f"evaluation of {name.name}" if isinstance(name, Run) else "evaluation"
        case Purged():
            return f"purged {_label_kind(key)} {key.uuid}"
        case _:
            return _label_kind(key)


def _label_kind(key: NodeKey) -> str:
    return key.kind.name.lower().replace("_", " ")


def _label_name(name: Any) -> str:
    match name:
        case Dataset() | FeatureView():
            return f"{name.namespace}/{name.name}"
        case Model():
            return name.name if name.registry == "whence" else f"{name.registry}/{name.name}"
        case Deployment():
            return f"{name.environment} {name.endpoint}"
        case _:
            return ""


def _attributes(value: Any) -> dict[str, Any]:
    """Return what an export tells of a node beside its label."""
    found = {
        name: getattr(value, name, None)
        for name in ("digest", "location", "uri", "size", "commit", "diff_digest", "status", "started_at", "ended_at")
    }
    if isinstance(value, Run):
        found["run_kind"] = value.kind.value
    return {name: told for name, told in found.items() if told is not None}
