"""What a model was trained on and what it was tested on, as the record says: never a guess.

Of a model means of its bytes: what it was registered as or from, and what has the same content.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from domain.ids import NodeKey, NodeKind, RunID
from domain.lineage.edges import WHENCE
from domain.lineage.kinds import EdgeKind
from domain.lineage.links import Link
from domain.lineage.roles import Role, make_evaluation_id
from domain.lineage.traces import Trace
from domain.runs import RunKind

T = TypeVar("T")

SAME_BYTES = (EdgeKind.REGISTERED_AS, EdgeKind.SAME_CONTENT)
TRAINING = frozenset({Role.TRAIN, Role.INPUT})
PASSED_ON = frozenset({Role.INITIALISE, Role.TEACHER, Role.MEMBER})
NAMED = frozenset({NodeKind.DATASET_VERSION, NodeKind.FEATURE_VIEW_VERSION})
"""Kinds that are data whatever their role says."""
FILES = frozenset({NodeKind.ARTIFACT_VERSION})
"""Kinds that are data where their role says so: a file of predictions to learn from, not a checkpoint."""
_DATA_ROLES = frozenset({Role.TRAIN, Role.VALIDATION, Role.TEST})
_NEVER_TEST = frozenset({Role.BASELINE, Role.EVALUATE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """Data that a run used: as what, which part of it, and in which run."""

    version: NodeKey
    role: Role
    subset: str | None
    run: NodeKey


def find_same_bytes(trace: Trace, model: NodeKey) -> set[NodeKey]:
    """Return the model, what it was registered as or from, and what has the same content, both ways."""
    found: set[NodeKey] = set()
    waiting = [model]
    while waiting:
        node = waiting.pop()
        if node in found:
            continue
        found.add(node)
        waiting += [link.source for link in trace.inputs(node, *SAME_BYTES)]
        waiting += [link.target for link in trace.outputs(node, *SAME_BYTES)]
    return found


def find_producers(trace: Trace, versions: Iterable[NodeKey]) -> list[NodeKey]:
    """Return the runs and Evaluations that generated the versions."""
    return _unique(link.source for version in versions for link in trace.inputs(version, EdgeKind.GENERATED))


def find_training_runs(trace: Trace, model: NodeKey) -> list[NodeKey]:
    """Return the runs that made the bytes of a model, and those whose models it goes back to, the nearest first."""
    found: list[NodeKey] = []
    seen_versions: set[NodeKey] = set()
    waiting = [model]
    while waiting:
        bytes_ = find_same_bytes(trace, waiting.pop(0)) - seen_versions
        seen_versions |= bytes_
        for run in find_producers(trace, sorted(bytes_, key=_order)):
            waiting += _pass_run(trace, run, found)
    return found


def find_training_data(trace: Trace, model: NodeKey) -> list[Use]:
    """Return the data that a model was trained on: by its producers, and by those of the models it goes back to."""
    return _unique(
        use for run in find_training_runs(trace, model) for use in uses_of(trace, run) if use.role in TRAINING
    )


def find_choices(trace: Trace, model: NodeKey) -> list[Use]:
    """Return the data that chose: validation of the runs that made it, and whatever select runs among them used."""
    return _unique(
        use
        for run in find_training_runs(trace, model)
        for use in uses_of(trace, run)
        if use.role is Role.VALIDATION or trace.is_of_kind(run, RunKind.SELECT)
    )


def find_test_data(trace: Trace, model: NodeKey) -> list[Use]:
    """Return the data that a model was measured on: by its producers, and by the runs that measured it or used it."""
    bytes_ = find_same_bytes(trace, model)
    sides = [evaluation_of(run) for run in find_producers(trace, bytes_) if run.kind is NodeKind.RUN]
    for version in sorted(bytes_, key=_order):
        for link in trace.outputs(version, EdgeKind.USED):
            if link.target.kind is NodeKind.EVALUATION and link.role is not Role.BASELINE:
                sides.append(link.target)
            elif link.target.kind is NodeKind.RUN and link.role is Role.INPUT:
                sides.append(evaluation_of(link.target))
    return _unique(use for side in _unique(sides) for use in uses_of(trace, side) if use.role not in _NEVER_TEST)


def uses_of(trace: Trace, side: NodeKey) -> list[Use]:
    """Return the data that one side of a run used, models left out.

    That points were measured on some data makes it test data, unless somebody said what it is: a training's validation
    data is measured on, and is no test data.
    """
    links = sorted(trace.inputs(side, EdgeKind.USED), key=lambda each: each.id)
    said = {(link.source, link.subset) for link in links if not is_concluded(link)}
    return [
        Use(version=link.source, role=link.role, subset=link.subset, run=side)
        for link in links
        if link.role is not None and _is_data(link) and not (is_concluded(link) and (link.source, link.subset) in said)
    ]


def is_concluded(link: Link) -> bool:
    """Say whether only the service says so, from what points were measured on."""
    return all(each.edge.producer == WHENCE for each in link.intervals)


def _is_data(link: Link) -> bool:
    return link.source.kind in NAMED or (link.source.kind in FILES and link.role in _DATA_ROLES)


def _pass_run(trace: Trace, run: NodeKey, found: list[NodeKey]) -> list[NodeKey]:
    """Add a run and those that it continued; return the models that they go back to."""
    models: list[NodeKey] = []
    waiting = [run]
    while waiting:
        run = waiting.pop(0)
        if run in found:
            continue
        found.append(run)
        waiting += [link.source for link in trace.inputs(run, EdgeKind.CONTINUED_AS)]
        models += [link.source for link in trace.inputs(run, EdgeKind.USED) if link.role in PASSED_ON]
        if trace.is_of_kind(run, RunKind.SELECT):
            models += _find_winners(trace, run)
    return models


def _find_winners(trace: Trace, select: NodeKey) -> list[NodeKey]:
    """Return the candidates that are joined to what a select run generated."""
    candidates = {link.source for link in trace.inputs(select, EdgeKind.USED) if link.role is Role.CANDIDATE}
    chosen = [link.target for link in trace.outputs(select, EdgeKind.GENERATED)]
    joined = (link.source for version in chosen for link in trace.inputs(version, EdgeKind.DERIVED))
    registered = (link.source for version in chosen for link in trace.inputs(version, EdgeKind.REGISTERED_AS))
    return [each for each in _unique((*joined, *registered)) if each in candidates]


def evaluation_of(run: NodeKey) -> NodeKey:
    """Return the measuring side of a run."""
    return NodeKey(NodeKind.EVALUATION, make_evaluation_id(RunID(run.uuid)))


def _order(node: NodeKey) -> tuple[int, int]:
    return node.kind.value, node.uuid.int


def _unique(values: Iterable[T]) -> list[T]:
    return list(dict.fromkeys(values))
