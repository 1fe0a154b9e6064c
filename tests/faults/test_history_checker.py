"""The checker of histories finds what it is there to find, and nothing else."""

from __future__ import annotations

from tests.faults.history import Act, Event, find_violations


def write(value: int, at: float, session: str = "a") -> Event:
    return Event(session=session, subject="x", act=Act.WRITE, began=at, ended=at + 0.5, value=value)


def read(value: int, at: float, promised: int, session: str = "a") -> Event:
    return Event(session=session, subject="x", act=Act.READ, began=at, ended=at + 0.5, value=value, promised=promised)


def test_a_right_history_has_no_violation() -> None:
    assert find_violations([write(1, 0), read(1, 1, 1), write(2, 2), read(2, 3, 2)]) == []


def test_a_missed_write_a_read_that_goes_back_and_a_write_from_nowhere_are_found() -> None:
    found = find_violations(
        [write(1, 0), write(2, 1), read(1, 2, 2), read(4, 3, 2), write(3, 4), read(2, 5, 2), read(3, 6, 3)]
    )

    assert found == [
        "a, x: a read with the token of write 2 saw 1",
        "a, x: a read saw 1 after 2 had been seen or written",
        "a, x: a read saw 4, 2 were begun",
        "a, x: a read saw 2 after 4 had been seen or written",
        "a, x: a read saw 3 after 4 had been seen or written",
    ]


def test_a_token_is_good_in_any_session_and_promises_no_more_than_its_write() -> None:
    right = find_violations([write(1, 0), write(2, 1), read(2, 2, 1, "b"), read(1, 3, 1, "b")])
    wrong = find_violations([write(1, 0), write(2, 1), read(1, 2, 2, "b")])

    assert right == []
    assert wrong == ["b, x: a read with the token of write 2 saw 1"]


def test_a_write_that_is_under_way_may_be_seen_before_it_is_acknowledged() -> None:
    under_way = Event(session="a", subject="x", act=Act.WRITE, began=1.0, ended=5.0, value=2)

    assert find_violations([write(1, 0), under_way, read(2, 2, 1, "b")]) == []
    assert find_violations([write(1, 0), read(2, 2, 1, "b")]) == []  # never acknowledged, the history ended before
    assert find_violations([write(1, 0), read(3, 2, 1, "b")]) == ["b, x: a read saw 3, 2 were begun"]
