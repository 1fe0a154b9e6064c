"""Has a model seen its test data? Each pair of training data and test data is compared, and graded.

The rules stand in docs/lineage.md. What is compared is what the record says; nothing to compare is never `EXCLUDED`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias

from domain.ids import NodeKey, NodeKind
from domain.lineage.kinds import EdgeKind
from domain.lineage.links import Link
from domain.lineage.roles import Role
from domain.lineage.traces import Trace, allow_default
from domain.lineage.training_data import (
    Use,
    evaluation_of,
    find_same_bytes,
    find_test_data,
    find_training_data,
    uses_of,
)
from domain.runs import RunKind


class Grade(Enum):
    """How sure it is."""

    PROVEN = "PROVEN"
    POSSIBLE = "POSSIBLE"
    EXCLUDED = "EXCLUDED"


class LeakKind(Enum):
    """What gave it away."""

    SAME_VERSION = "SAME_VERSION"
    SAME_BYTES = "SAME_BYTES"
    COMMON_ANCESTOR = "COMMON_ANCESTOR"
    CHOICE = "CHOICE"


Digests: TypeAlias = Mapping[NodeKey, str]
Splits: TypeAlias = Mapping[NodeKey, Collection[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One pair, or one choice, with its grade. `path` leads from the common data down to the model."""

    grade: Grade
    kind: LeakKind
    test: Use
    train: Use | None = None
    path: tuple[Link, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Leakage:
    """The findings, the gravest first, and how many versions were compared on either side."""

    findings: list[Finding]
    train: int
    test: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the rules look at: links, digests of versions that are large enough to tell, and the splits they list."""

    trace: Trace
    digests: Digests = field(default_factory=dict)
    splits: Splits = field(default_factory=dict)


_ORDER = list(Grade)


def find_leakage(evidence: Evidence, model: NodeKey) -> Leakage:
    """Compare all that a model was trained on with all that it was tested on."""
    train = find_training_data(evidence.trace, model)
    test = find_test_data(evidence.trace, model)
    findings = [*_find_choices(evidence.trace, model, test)]
    for one in train:
        for other in test:
            found = _compare(evidence, model, one, other)
            if found is not None:
                findings.append(found)
    findings.sort(key=lambda each: (_ORDER.index(each.grade), each.kind.value, each.test.version.uuid.int))
    return Leakage(findings, len({use.version for use in train}), len({use.version for use in test}))


def _compare(evidence: Evidence, model: NodeKey, train: Use, test: Use) -> Finding | None:
    kind = _find_sameness(evidence, train, test)
    if kind is not None:
        grade, reason = _grade_same(evidence, train, test)
        path = _lead(evidence.trace, train.version, model)
        return Finding(grade=grade, kind=kind, train=train, test=test, path=path, reason=reason)
    return _find_common_ancestor(evidence.trace, model, train, test)


def _find_sameness(evidence: Evidence, train: Use, test: Use) -> LeakKind | None:
    if train.version == test.version:
        return LeakKind.SAME_VERSION
    digest = evidence.digests.get(train.version)
    same = digest is not None and digest == evidence.digests.get(test.version)
    return LeakKind.SAME_BYTES if same else None


def _grade_same(evidence: Evidence, train: Use, test: Use) -> tuple[Grade, str]:
    if train.subset == test.subset:
        if _is_one_run(train, test):
            return Grade.POSSIBLE, "one run trained on it and validated on it, as cross-validation does"
        what = "the same data" if train.subset is None else f"the same part of it, `{train.subset}`,"
        return Grade.PROVEN, f"{what} was trained on and tested on"
    if train.subset is None or test.subset is None:
        return Grade.POSSIBLE, "one use names a part of it and the other does not"
    listed = {*evidence.splits.get(train.version, ()), *evidence.splits.get(test.version, ())}
    if {train.subset, test.subset} <= listed:
        return Grade.EXCLUDED, f"`{train.subset}` and `{test.subset}` are listed as its splits"
    return Grade.POSSIBLE, f"`{train.subset}` and `{test.subset}` are not listed as its splits, so they may overlap"


def _is_one_run(train: Use, test: Use) -> bool:
    return test.role is Role.VALIDATION and test.run == evaluation_of(train.run)


def _find_common_ancestor(trace: Trace, model: NodeKey, train: Use, test: Use) -> Finding | None:
    above_train, above_test = (trace.walk_up([use.version]) for use in (train, test))
    common = [node for node in above_train if node in above_test and _is_data(trace, node)]
    if not common:
        return None
    nearest = min(common, key=lambda node: (above_train[node] + above_test[node], node.uuid.int))
    path = _lead(trace, nearest, model)
    split = next(
        (run for run in _find_splits(trace, above_train, above_test) if _keeps_apart(trace, run, train, test)), None
    )
    if split is not None:
        reason = "a run split them, and neither reaches the other but through what it made of it"
        return Finding(
            grade=Grade.EXCLUDED, kind=LeakKind.COMMON_ANCESTOR, train=train, test=test, path=path, reason=reason
        )
    reason = "both go back to the same data, and nothing says that they have no part of it in common"
    return Finding(
        grade=Grade.POSSIBLE, kind=LeakKind.COMMON_ANCESTOR, train=train, test=test, path=path, reason=reason
    )


def _find_splits(
    trace: Trace, above_train: Mapping[NodeKey, int], above_test: Mapping[NodeKey, int]
) -> Iterator[NodeKey]:
    """Yield the runs that have outputs of role `split` above both."""
    runs = [node for node in above_train if node.kind is NodeKind.RUN and node in above_test]
    for run in sorted(runs, key=lambda node: node.uuid.int):
        outputs = _split_outputs(trace, run)
        if outputs & above_train.keys() and outputs & above_test.keys():
            yield run


def _split_outputs(trace: Trace, run: NodeKey) -> set[NodeKey]:
    return {link.target for link in trace.outputs(run, EdgeKind.GENERATED) if link.role is Role.SPLIT}


def _keeps_apart(trace: Trace, run: NodeKey, train: Use, test: Use) -> bool:
    """Say whether neither side reaches the other, or an ancestor of it, except through the outputs of the split."""
    outputs = _split_outputs(trace, run)
    return all(
        not any(_is_data(trace, node) and node in trace.walk_up([other.version]) for node in reached)
        for use, other in ((train, test), (test, train))
        for reached in [trace.walk_up([use.version], walls=outputs)]
    )


def _is_data(trace: Trace, node: NodeKey) -> bool:
    """Say whether a version is data: models are passed, they are no common ancestor themselves."""
    if node.kind is NodeKind.ARTIFACT_VERSION:
        return not _is_model_file(trace, node)
    return node.kind in (NodeKind.DATASET_VERSION, NodeKind.FEATURE_VIEW_VERSION)


_AS_MODEL = frozenset({Role.INITIALISE, Role.TEACHER, Role.MEMBER, Role.CANDIDATE, Role.EVALUATE})
_MAKES_MODELS = frozenset({RunKind.TRAIN, RunKind.MERGE, RunKind.SELECT})


def _is_model_file(trace: Trace, node: NodeKey) -> bool:
    """Say whether a file is a model: registered, used as one, or made by a run that makes models."""
    if trace.outputs(node, EdgeKind.REGISTERED_AS):
        return True
    if any(link.role in _AS_MODEL for link in trace.outputs(node, EdgeKind.USED)):
        return True
    return any(
        link.role is Role.CHECKPOINT or (link.role is Role.OUTPUT and trace.run_kinds.get(link.source) in _MAKES_MODELS)
        for link in trace.inputs(node, EdgeKind.GENERATED)
    )


def _find_choices(trace: Trace, model: NodeKey, test: Collection[Use]) -> Iterator[Finding]:
    """Yield what chose the model with its test data."""
    bytes_ = find_same_bytes(trace, model)
    above = trace.walk_up(bytes_)
    seen: set[NodeKey] = set()
    for use in _test_inputs_of_selects(trace, above):
        seen.add(use.version)
        yield _choice(trace, use, model, "a run that chose among candidates used it as test data")
    made_of = trace.walk_up(bytes_, allow=lambda link: allow_default(link) and not link.choice)
    for use in test:
        if use.role is Role.TEST and use.version in above and use.version not in made_of and use.version not in seen:
            seen.add(use.version)
            yield _choice(trace, use, model, "test data stopped, tuned or chose it")


def _test_inputs_of_selects(trace: Trace, above: Collection[NodeKey]) -> list[Use]:
    selects = sorted((node for node in above if trace.is_of_kind(node, RunKind.SELECT)), key=lambda node: node.uuid.int)
    return [use for select in selects for use in uses_of(trace, select) if use.role is Role.TEST]


def _choice(trace: Trace, use: Use, model: NodeKey, reason: str) -> Finding:
    path = _lead(trace, use.version, model)
    return Finding(grade=Grade.PROVEN, kind=LeakKind.CHOICE, test=use, path=path, reason=reason)


def _lead(trace: Trace, start: NodeKey, model: NodeKey) -> tuple[Link, ...]:
    """Return a shortest way from some data down to the model, or to another name of its bytes."""
    return tuple(trace.find_path(start, {model}) or trace.find_path(start, find_same_bytes(trace, model)))
