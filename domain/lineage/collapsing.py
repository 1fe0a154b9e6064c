"""Answers made smaller: versions folded into their name, repeats of the same job into one run; counts stay true."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from uuid import UUID

from domain.ids import ExperimentID, NodeKey
from domain.lineage.kinds import EdgeKind
from domain.lineage.links import Link
from domain.lineage.roles import Role
from domain.runs import Run, RunKind


class Collapse(Enum):
    """What is folded together."""

    NAME = "NAME"
    JOB = "JOB"


@dataclass(slots=True)
class Group:
    """Nodes shown as one: `shown`, at the least of their distances."""

    shown: NodeKey
    depth: int
    members: list[NodeKey] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many nodes stand behind it."""
        return len(self.members)


@dataclass(frozen=True, slots=True)
class GroupLink:
    """Links of equal kind and role between the same two groups."""

    kind: EdgeKind
    role: Role | None
    source: NodeKey
    target: NodeKey
    links: tuple[Link, ...]

    @property
    def count(self) -> int:
        """How many links stand behind it."""
        return len(self.links)


def make_job(run: Run) -> tuple[ExperimentID, RunKind, UUID | str]:
    """Return what repeats of a run have in common: experiment, kind, and the run they are part of, else their name."""
    return run.experiment, run.kind, run.name if run.parent is None else run.parent


def collapse_nodes(depths: Mapping[NodeKey, int], folded: Mapping[NodeKey, NodeKey]) -> list[Group]:
    """Fold nodes; `folded` says what a node is shown as, one without an entry is shown as itself.

    By distance, then by uuid, which is the order of every answer.
    """
    groups: dict[NodeKey, Group] = {}
    for node, depth in sorted(depths.items(), key=lambda each: (each[1], each[0].uuid.int)):
        shown = folded.get(node, node)
        groups.setdefault(shown, Group(shown, depth)).members.append(node)
    return list(groups.values())


def collapse_links(links: Sequence[Link], folded: Mapping[NodeKey, NodeKey]) -> list[GroupLink]:
    """Fold links between what their ends are shown as; a link within one group stays, for a cycle of names is legal."""
    found: dict[tuple[EdgeKind, Role | None, NodeKey, NodeKey], list[Link]] = {}
    for link in links:
        source, target = folded.get(link.source, link.source), folded.get(link.target, link.target)
        found.setdefault((link.kind, link.role, source, target), []).append(link)
    return [GroupLink(kind, role, source, target, tuple(held)) for (kind, role, source, target), held in found.items()]


def choose_repeats(runs: Mapping[NodeKey, Run]) -> dict[NodeKey, NodeKey]:
    """Return, for each run, the newest repeat of its job among the runs: the one that all of them are shown as."""
    newest: dict[tuple[ExperimentID, RunKind, UUID | str], NodeKey] = {}
    for key, run in sorted(runs.items(), key=lambda each: (each[1].started_at, each[0].uuid.int)):
        newest[make_job(run)] = key
    return {key: newest[make_job(run)] for key, run in runs.items()}
