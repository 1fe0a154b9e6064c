"""Columns of points are checked for shape, and every refusal names its field and value."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import DomainError, InvalidInput, TooLarge
from domain.ids import RunID, make_uuid7
from domain.metrics import MAX_POINTS, MetricPoint, Summary
from domain.points import PointColumns, PointsRequest, SeriesInput
from store.metrics.folding import Places, fold_points
from tests.metrics.logging_points import as_summed
from tests.metrics.meaning import Meaning
from tests.store.making import DEFAULT


def of(**fields: Any) -> PointColumns:
    return PointColumns.from_series(
        [SeriesInput(key="ok", values=[1.0]), SeriesInput(**{"key": "k", "values": [1], **fields})]
    )


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"key": ""}, ("series", "1", "key")),
        ({"key": "a\0b"}, ("series", "1", "key")),
        ({"key": "a\ud800"}, ("series", "1", "key")),
        ({"key": "k" * 501}, ("series", "1", "key")),
        ({"values": ["x"]}, ("series", "1", "values")),
        ({"values": [None]}, ("series", "1", "values")),
        ({"values": [True]}, ("series", "1", "values")),
        ({"values": [[1.0], [2.0]]}, ("series", "1", "values")),
        ({"values": [[1.0], 2.0]}, ("series", "1", "values")),
        ({"steps": [1, 2]}, ("series", "1", "steps")),
        ({"steps": [2**63]}, ("series", "1", "steps")),
        ({"steps": [2**70]}, ("series", "1", "steps")),
        ({"steps": [1.5]}, ("series", "1", "steps")),
        ({"times": []}, ("series", "1", "timesMs")),
        ({"times": [-(2**63) - 1]}, ("series", "1", "timesMs")),
    ],
)
def test_a_wrong_column_is_refused_by_name(fields: dict[str, Any], path: tuple[str, ...]) -> None:
    with pytest.raises(DomainError) as refused:
        of(**fields)

    assert refused.value.path == path


def test_nothing_and_too_much_are_refused() -> None:
    with pytest.raises(InvalidInput):
        PointColumns.from_series([])
    with pytest.raises(InvalidInput):
        PointColumns.from_series([SeriesInput(key="k", values=[])])
    with pytest.raises(TooLarge):
        PointColumns.from_series([SeriesInput(key="k", values=np.zeros(MAX_POINTS + 1))])


@pytest.mark.parametrize(
    "fields",
    [{"keys": ["a", "a"]}, {"key_index": [0, 2]}, {"key_index": [-1, 0]}, {"key_index": [0]}, {"steps": [1]}],
)
def test_a_wrong_wide_form_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        PointColumns.from_wide(**{"keys": ["a", "b"], "key_index": [0, 1], "values": [1.0, 2.0], **fields})


def test_the_wide_form_is_the_same_as_series() -> None:
    wide = PointColumns.from_wide(keys=["a", "b"], key_index=[1, 0, 1], values=[1.0, 2.0, 3.0])

    assert (wide.keys, wide.key_index.tolist(), wide.values.tolist()) == (("a", "b"), [1, 0, 1], [1.0, 2.0, 3.0])
    assert wide.offsets is not None
    assert wide.offsets.tolist() == [1, 1, 2]


@pytest.mark.parametrize(
    ("writer", "sequence"), [(make_uuid7(), None), (None, 1), (make_uuid7(), -1), (make_uuid7(), 2**63)]
)
def test_a_writer_and_its_sequence_go_together(writer: Any, sequence: Any) -> None:
    with pytest.raises(InvalidInput):
        PointsRequest(
            workspace=DEFAULT, run=RunID(make_uuid7()), columns=of(values=[1]), writer=writer, sequence=sequence
        )


POINTS = st.lists(
    st.tuples(
        st.integers(-2, 3), st.integers(0, 2), st.sampled_from([float("nan"), float("inf"), -1.0, -0.0, 0.0, 2.5])
    ),
    min_size=1,
    max_size=30,
)


@given(POINTS, st.integers(0, 30))
def test_summaries_fold_to_the_same_whether_by_value_or_by_array(
    points: list[tuple[int, int, float]], cut: int
) -> None:
    meaning = Meaning()
    for step, time, value in points:
        meaning.log("k", step, time, value, 0)
    summed = [Summary.of(MetricPoint(step=step, time=time, value=value)) for step, time, value in points]
    left, right = summed[:cut], summed[cut:]
    halves = [_merge(half) for half in (left, right) if half]
    steps, times, values = (np.array(column) for column in zip(*points, strict=True))
    folds = fold_points(
        np.zeros(len(points), np.int64), Places(step=steps, time=times, value=values, rank=np.zeros(len(points), int))
    )

    assert as_summed(_merge(halves)) == meaning.summary("k")
    assert (len(folds), folds.count[0], folds.nans[0], folds.infinities[0]) == (1, *as_summed(_merge(halves))[:3])
    assert (folds.first.step[0], folds.first.time[0]) == as_summed(_merge(halves))[3][:2]
    assert (folds.last.step[0], folds.last.time[0]) == as_summed(_merge(halves))[4][:2]


def _merge(summaries: list[Summary]) -> Summary:
    merged = summaries[0]
    for one in summaries[1:]:
        merged = merged.merge(one)
    return merged


@pytest.mark.parametrize("key", ["", " ", "a\0b", "\ud800", "k" * 501])
def test_a_key_among_many_is_refused_with_its_place(key: str) -> None:
    with pytest.raises(DomainError) as refused:
        PointColumns.from_wide(keys=["é", "b", key, "d"], key_index=[0], values=[1.0])

    assert refused.value.path == ("keys", "2")
