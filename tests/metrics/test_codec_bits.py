"""Columns come back bit for bit, and bytes that were tampered with are refused."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.metrics.codec import CorruptPoints, decode_floats, decode_ints, encode_floats, encode_ints
from store.metrics.segments import SegmentColumns, decode_segment, encode_segment

INT64 = st.integers(-(2**63), 2**63 - 1)
SPECIAL = [0x7FF8000000000001, 0x7FF0000000000001, -1, 0x7FF0000000000000, -(2**63), 0, 1, 0x3FF0000000000000]


@given(st.lists(INT64 | st.integers(-3, 3) | st.sampled_from([2**63 - 1, -(2**63)]), max_size=40))
def test_whole_numbers_of_any_size_come_back(numbers: list[int]) -> None:
    column = np.array(numbers, np.int64)

    assert decode_ints(encode_ints(column), len(column)).tolist() == numbers


@given(st.lists(INT64 | st.sampled_from(SPECIAL), max_size=40))
def test_every_bit_of_a_value_comes_back(patterns: list[int]) -> None:
    column = np.array(patterns, np.int64).view(np.float64)

    assert decode_floats(encode_floats(column), len(column)).view(np.int64).tolist() == patterns


@given(st.lists(st.floats(width=32, allow_nan=False), min_size=1, max_size=40))
def test_values_that_are_floats_take_half_and_come_back(numbers: list[float]) -> None:
    column = np.array(numbers, np.float64)

    found = decode_floats(encode_floats(column), len(column))

    assert found.view(np.int64).tolist() == column.view(np.int64).tolist()


def test_regular_steps_take_seventeen_bytes() -> None:
    assert len(encode_ints(np.arange(0, 1_000_000, 7))) == 17


def make_segment(points: int = 50) -> bytes:
    columns = SegmentColumns(
        keys=np.array([3, 9]),
        counts=np.array([points, 2]),
        steps=np.r_[np.arange(points) ** 2, 5, 1],
        times=np.arange(points + 2) * 7 % 50,
        values=np.random.default_rng(1).standard_normal(points + 2),
        contexts=np.empty(0, np.int64),
    )
    return encode_segment(columns).pack()


def test_a_segment_gives_only_the_asked_keys() -> None:
    found = decode_segment(make_segment(), np.array([4, 9]))

    assert (found.keys.tolist(), found.counts.tolist(), found.steps.tolist()) == ([9], [2], [5, 1])


@pytest.mark.parametrize("length", [0, 1, 20, 40, -1])
def test_a_cut_segment_is_refused(length: int) -> None:
    with pytest.raises(CorruptPoints):
        decode_segment(make_segment()[:length])


@given(st.data())
def test_a_changed_byte_is_refused_or_changes_only_numbers(data: st.DataObject) -> None:
    payload = bytearray(make_segment())
    at = data.draw(st.integers(0, len(payload) - 1))
    payload[at] ^= data.draw(st.integers(1, 255))

    try:
        found = decode_segment(bytes(payload))
    except CorruptPoints:
        return

    assert len(found.steps) == len(found.times) == len(found.values) == int(found.counts.sum())


@pytest.mark.parametrize("place", [1, 5], ids=["points", "series"])
def test_a_head_that_names_billions_takes_no_memory_for_them(place: int) -> None:
    payload = bytearray(make_segment())
    payload[place : place + 4] = (2**32 - 1).to_bytes(4, "little")
    tracemalloc.start()
    with pytest.raises(CorruptPoints):
        decode_segment(bytes(payload))
    taken = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert taken < 1 << 20
