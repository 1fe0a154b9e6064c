"""What a metric's value rests on: measured on, trained on and selected on apart, each null where nobody declared it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TypeVar

from domain.ids import NodeKey, NodeKind
from domain.lineage.kinds import EdgeKind
from domain.lineage.roles import Role
from domain.lineage.traces import Trace
from domain.lineage.training_data import (
    TRAINING,
    Use,
    evaluation_of,
    find_choices,
    find_training_data,
    uses_of,
)
from domain.metrics import MetricContext
from domain.runs import RunKind

T = TypeVar("T")


class Part(Enum):
    """A part of an explanation that may be missing."""

    MEASURED_ON = "MEASURED_ON"
    TRAINED_ON = "TRAINED_ON"
    SELECTED_ON = "SELECTED_ON"
    CODE = "CODE"
    ENVIRONMENT = "ENVIRONMENT"


_MEASURED = frozenset({Role.TEST, Role.VALIDATION})


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What a value rests on. Data that nobody declared is None, never a guess."""

    measured_on: tuple[NodeKey, str | None] | None
    trained_on: list[Use] | None
    selected_on: list[Use] | None
    code: list[NodeKey]
    environments: list[NodeKey]
    parents: list[NodeKey]

    @property
    def not_declared(self) -> list[Part]:
        """Which parts are missing since nobody declared them."""
        missing = {
            Part.MEASURED_ON: self.measured_on is None,
            Part.TRAINED_ON: self.trained_on is None,
            Part.SELECTED_ON: self.selected_on is None,
            Part.CODE: not self.code,
            Part.ENVIRONMENT: not self.environments,
        }
        return [part for part, is_missing in missing.items() if is_missing]


def explain(trace: Trace, run: NodeKey, context: MetricContext) -> Explanation:
    """Explain a value that a run measured; `context` is what its point said of itself."""
    models = find_measured_models(trace, run, context)
    trained = [use for model in models for use in find_training_data(trace, model)]
    chosen = [use for model in models for use in find_choices(trace, model)]
    trained += [use for use in _own_uses(trace, run) if use.role in TRAINING]
    chosen += [use for use in _own_uses(trace, run) if use.role is Role.VALIDATION]
    return Explanation(
        measured_on=_find_measured(trace, run, context),
        trained_on=_unique(trained) or None,
        selected_on=_unique(chosen) or None,
        code=[link.source for link in trace.inputs(run, EdgeKind.RAN_CODE)],
        environments=[link.source for link in trace.inputs(run, EdgeKind.RAN_IN)],
        parents=_unique(link.source for link in trace.inputs(run, EdgeKind.CALLED, EdgeKind.CONTINUED_AS)),
    )


def find_measured_models(trace: Trace, run: NodeKey, context: MetricContext) -> list[NodeKey]:
    """Return the model that a value is of: as its point says, else what the run measured, else what the run made."""
    if context.of is not None:
        return [context.of]
    measured = [link.source for link in trace.inputs(evaluation_of(run), EdgeKind.USED) if link.role is Role.EVALUATE]
    if measured:
        return _unique(measured)
    made = [link.target for link in trace.outputs(run, EdgeKind.GENERATED) if link.role is Role.OUTPUT]
    return [] if trace.is_of_kind(run, RunKind.EVALUATE) else _unique(made)


def find_roots(trace: Trace, starts: Iterable[NodeKey]) -> list[NodeKey]:
    """Return where the chain begins: versions, and runs with inputs on neither side, that nothing leads into."""
    above = trace.walk_up(starts)
    beginnings = frozenset({NodeKind.CODE_REVISION, NodeKind.ENVIRONMENT, NodeKind.EVALUATION})
    found = [node for node in above if node.kind not in beginnings and not _leads_from(trace, node)]
    return sorted(found, key=lambda node: (-above[node], node.uuid.int))


def _leads_from(trace: Trace, node: NodeKey) -> bool:
    without = frozenset({EdgeKind.RAN_CODE, EdgeKind.RAN_IN, EdgeKind.CALLED})
    if any(link.kind not in without for link in trace.inputs(node)):
        return True
    return node.kind is NodeKind.RUN and bool(trace.inputs(evaluation_of(node), EdgeKind.USED))


def _find_measured(trace: Trace, run: NodeKey, context: MetricContext) -> tuple[NodeKey, str | None] | None:
    """Return the data that the point names; of an evaluating run without a word, the only data that it measured on."""
    if context.on is not None:
        return context.on, context.subset
    if not trace.is_of_kind(run, RunKind.EVALUATE):
        return None
    measured = [use for use in uses_of(trace, evaluation_of(run)) if use.role in _MEASURED]
    return (measured[0].version, measured[0].subset) if len(measured) == 1 else None


def _own_uses(trace: Trace, run: NodeKey) -> Sequence[Use]:
    return () if trace.is_of_kind(run, RunKind.EVALUATE) else uses_of(trace, run)


def _unique(values: Iterable[T]) -> list[T]:
    return list(dict.fromkeys(values))
