"""Times: when it happened is told by clients, when it was recorded is ours; both to the millisecond on the wire."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TypeVar

from domain.errors import InvalidInput

T = TypeVar("T")

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def make_now() -> datetime:
    """Return the present moment, in UTC."""
    return datetime.now(UTC)


def parse_millis(millis: int) -> datetime:
    """Return the moment of milliseconds since 1970. Raises `InvalidInput` outside the years 1 to 9999."""
    try:
        return EPOCH + timedelta(milliseconds=millis)
    except OverflowError as exc:
        raise InvalidInput(f"{millis} ms is no time between the years 1 and 9999") from exc


def to_millis(moment: datetime) -> int:
    """Return whole milliseconds since 1970, cut (not rounded)."""
    return (moment - EPOCH) // timedelta(milliseconds=1)


def cut_to_millis(value: T) -> T:
    """Return a moment without what is finer than a millisecond, and any other value as it is."""
    if isinstance(value, datetime):
        return value - timedelta(microseconds=value.microsecond % 1000)
    return value
