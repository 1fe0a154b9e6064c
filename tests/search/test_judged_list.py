"""The judged list is about notes that are there, and its two measures are what their names say."""

from __future__ import annotations

import pytest

from demo.logs import read_notes
from tests.search.judged import measure_rank, measure_recall, read_judged


def test_thirty_different_questions_are_answered_by_notes_of_the_demo() -> None:
    judged = read_judged()
    paths = {note.path for note in read_notes()}

    assert len(judged) == len({one.question for one in judged}) == len({one.text for one in judged}) == 30
    assert all(one.notes and one.why for one in judged)
    assert frozenset().union(*(one.notes for one in judged)) <= paths


@pytest.mark.parametrize(
    ("found", "recall", "rank"),
    [(["a", "b"], 1.0, 1.0), (["x", "a"], 0.5, 0.5), (["x"] * 10 + ["a"], 0.0, 1 / 11), ([], 0.0, 0.0)],
)
def test_recall_and_reciprocal_rank(found: list[str], recall: float, rank: float) -> None:
    wanted = frozenset({"a", "b"})

    assert measure_recall(found, wanted) == recall
    assert measure_rank(found, wanted) == rank
