"""The checker of histories finds what it is there to find."""

from __future__ import annotations

from tests.faults.history import find_violations
from tests.faults.load import Event


def write(value: int, at: float) -> Event:
    return Event(1, "write", at, at + 0.5, value)


def read(value: int, at: float, token_value: int) -> Event:
    return Event(1, "read", at, at + 0.5, value, token_value)


def test_a_right_history_has_no_violation() -> None:
    assert find_violations([write(1, 0), read(1, 1, 1), write(2, 2), read(2, 3, 2)]) == []


def test_a_missed_write_a_read_that_goes_back_and_a_doubled_write_are_found() -> None:
    found = find_violations([write(1, 0), write(2, 1), read(1, 2, 2), read(3, 3, 2), read(2, 4, 2)])

    assert found == [
        "client 1: a read with the token of write 2 saw 1",
        "client 1: a read saw 3, 2 were written",
        "client 1: a read saw 2 after one had seen 3",
    ]
