"""Roles: what an input or output is to a run, and on which of the run's two sides it therefore stands.

The Run takes what shapes its outputs; its Evaluation takes what is only measured on, and generates reports and
predictions. So a walk needs no rule of its own: upstream of a model lies its training data, not its test data.
"""

from __future__ import annotations

from enum import Enum, Flag, auto
from uuid import UUID, uuid5

from domain.errors import InvalidInput
from domain.ids import NodeKey, NodeKind, RunID
from domain.lineage.kinds import EdgeKind
from domain.runs import RunKind


class Role(Enum):
    """What a version is to a run. The value stands in the record: never change or reuse one."""

    INPUT = 1
    TRAIN = 2
    INITIALISE = 3
    TEACHER = 4
    MEMBER = 5
    VALIDATION = 6
    CANDIDATE = 7
    TEST = 8
    EVALUATE = 9
    BASELINE = 10
    OUTPUT = 32
    CHECKPOINT = 33
    SPLIT = 34
    PREDICTION = 35
    REPORT = 36
    LOG = 37


class Side(Flag):
    """The two sides of a run."""

    RUN = auto()
    EVALUATION = auto()
    BOTH = RUN | EVALUATION


INPUTS = {
    Role.INPUT: Side.RUN,
    Role.TRAIN: Side.RUN,
    Role.INITIALISE: Side.RUN,
    Role.TEACHER: Side.RUN,
    Role.MEMBER: Side.RUN,
    Role.VALIDATION: Side.BOTH,
    Role.CANDIDATE: Side.RUN,
    Role.TEST: Side.EVALUATION,
    Role.EVALUATE: Side.EVALUATION,
    Role.BASELINE: Side.EVALUATION,
}
"""Roles of what a run used, each with its side."""

OUTPUTS = {
    Role.OUTPUT: Side.RUN,
    Role.CHECKPOINT: Side.RUN,
    Role.SPLIT: Side.RUN,
    Role.PREDICTION: Side.EVALUATION,
    Role.REPORT: Side.EVALUATION,
    Role.LOG: Side.EVALUATION,
}
"""Roles of what a run generated, each with its side."""

ROLES = {EdgeKind.USED: INPUTS, EdgeKind.GENERATED: OUTPUTS}
"""The kinds of edges that have roles."""

_WHOLE = {RunKind.EVALUATE: Side.EVALUATION, RunKind.PREDICT: Side.RUN, RunKind.SELECT: Side.RUN}
_CHOICES = frozenset({Role.VALIDATION, Role.CANDIDATE})


def make_evaluation_id(run: RunID) -> UUID:
    """Return the uuid of a run's Evaluation: UUIDv5 of the run's and `evaluation`."""
    return uuid5(run, "evaluation")


def find_sides(kind: EdgeKind, role: Role, run_kind: RunKind) -> tuple[Side, ...]:
    """Return the sides of a run that an edge of this role stands on: two for `validation`, as a rule."""
    whole = _WHOLE.get(run_kind)
    side = ROLES[kind][role] if whole is None else whole
    return tuple(one for one in (Side.RUN, Side.EVALUATION) if one in side)


def make_side_key(run: RunID, side: Side) -> NodeKey:
    """Return the node of one side of a run."""
    if side is Side.RUN:
        return NodeKey(NodeKind.RUN, run)
    return NodeKey(NodeKind.EVALUATION, make_evaluation_id(run))


def choose_role(kind: EdgeKind, given: Role | None, *, from_evaluation: bool) -> Role | None:
    """Return the role of an edge, the default where none is given. Raises `InvalidInput` for one of another kind.

    `from_evaluation`: it leaves an Evaluation, by its end or since the run is one of kind EVALUATE.
    """
    roles = ROLES.get(kind)
    if roles is None:
        if given is not None:
            raise InvalidInput(f"an edge {kind.name} has no role, so not {given.name}", path=["role"])
        return None
    if given is None:
        if kind is EdgeKind.USED:
            return Role.INPUT
        return Role.REPORT if from_evaluation else Role.OUTPUT
    if given not in roles:
        known = ", ".join(one.name for one in roles)
        raise InvalidInput(f"{given.name} is no role of {kind.name}; it has {known}", path=["role"])
    return given


def is_of_choice(target: NodeKind, role: Role | None, run_kind: RunKind | None) -> bool:
    """Say whether an edge only chooses: it enters a Run as `validation` or `candidate`, or enters a select run."""
    if target is not NodeKind.RUN:
        return False
    return role in _CHOICES or run_kind is RunKind.SELECT
