"""On which side of a run an edge stands, which roles and ends a kind has, and what is only a choice."""

from __future__ import annotations

import pytest

from domain.errors import InvalidInput
from domain.ids import NodeKind
from domain.lineage.kinds import ENDS, EdgeKind, check_ends
from domain.lineage.roles import INPUTS, OUTPUTS, Role, Side, choose_role, find_sides, is_of_choice
from domain.runs import RunKind

RUN, MEASURED = (Side.RUN,), (Side.EVALUATION,)

IN_A_TRAINING = {
    "INPUT": RUN,
    "TRAIN": RUN,
    "INITIALISE": RUN,
    "TEACHER": RUN,
    "MEMBER": RUN,
    "VALIDATION": (Side.RUN, Side.EVALUATION),
    "CANDIDATE": RUN,
    "TEST": MEASURED,
    "EVALUATE": MEASURED,
    "BASELINE": MEASURED,
    "OUTPUT": RUN,
    "CHECKPOINT": RUN,
    "SPLIT": RUN,
    "PREDICTION": MEASURED,
    "REPORT": MEASURED,
    "LOG": MEASURED,
}


def kind_of(role: Role) -> EdgeKind:
    return EdgeKind.USED if role in INPUTS else EdgeKind.GENERATED


@pytest.mark.parametrize("role", Role)
def test_a_role_has_its_side_and_some_kinds_of_runs_have_only_one(role: Role) -> None:
    assert find_sides(kind_of(role), role, RunKind.TRAIN) == IN_A_TRAINING[role.name]
    assert find_sides(kind_of(role), role, RunKind.EVALUATE) == MEASURED
    assert find_sides(kind_of(role), role, RunKind.PREDICT) == RUN
    assert find_sides(kind_of(role), role, RunKind.SELECT) == RUN


def test_what_has_no_role_gets_the_default_of_its_kind() -> None:
    assert choose_role(EdgeKind.USED, None, from_evaluation=False) is Role.INPUT
    assert choose_role(EdgeKind.GENERATED, None, from_evaluation=False) is Role.OUTPUT
    assert choose_role(EdgeKind.GENERATED, None, from_evaluation=True) is Role.REPORT
    assert choose_role(EdgeKind.DERIVED, None, from_evaluation=False) is None


@pytest.mark.parametrize(
    ("kind", "role"),
    [(EdgeKind.DERIVED, Role.INPUT), (EdgeKind.USED, Role.OUTPUT), (EdgeKind.GENERATED, Role.TRAIN)],
)
def test_a_role_of_another_kind_is_refused(kind: EdgeKind, role: Role) -> None:
    with pytest.raises(InvalidInput, match=role.name) as caught:
        choose_role(kind, role, from_evaluation=False)

    assert caught.value.path == ("role",)


def test_a_choice_enters_a_run_to_choose_or_enters_a_select_run() -> None:
    chosen = {role for role in INPUTS if is_of_choice(NodeKind.RUN, role, RunKind.TRAIN)}

    assert chosen == {Role.VALIDATION, Role.CANDIDATE}
    assert all(is_of_choice(NodeKind.RUN, role, RunKind.SELECT) for role in INPUTS)
    assert not any(is_of_choice(NodeKind.EVALUATION, role, RunKind.TRAIN) for role in INPUTS)
    assert not any(is_of_choice(NodeKind.MODEL_VERSION, role, RunKind.TRAIN) for role in OUTPUTS)


def test_every_kind_joins_the_nodes_that_it_may_and_no_others() -> None:
    assert ENDS.keys() == set(EdgeKind)
    check_ends(EdgeKind.USED, NodeKind.DATASET_VERSION, NodeKind.RUN)
    with pytest.raises(InvalidInput, match="wrong way round"):
        check_ends(EdgeKind.USED, NodeKind.RUN, NodeKind.DATASET_VERSION)
    with pytest.raises(InvalidInput, match="the target of USED is a EVALUATION or RUN, not a MODEL") as caught:
        check_ends(EdgeKind.USED, NodeKind.MODEL_VERSION, NodeKind.MODEL)
    assert caught.value.path == ("target",)
