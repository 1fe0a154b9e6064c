"""Times as they are written: RFC 3339, a day, `now`, or so long before now; all to what a filter compares with."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from domain.filters import Field, FieldLeaf, Filter, Or
from domain.predicates import Operator, Predicate
from search.language.literals import read_text
from search.language.mistakes import fail, show

if TYPE_CHECKING:
    from lark import Token

_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII)
_AGO = re.compile(r"-(\d{1,9})([smhdw])", re.ASCII | re.IGNORECASE)
_UNITS = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
_REST_OF_DAY = timedelta(days=1) - timedelta(milliseconds=1)
EXPECTED = ("2026-11-23T10:00:00Z", "2026-11-23", "-7d", "now")


@dataclass(frozen=True, slots=True)
class Span:
    """From the first to the last millisecond of what was written: a day, or one moment."""

    first: datetime
    last: datetime

    @property
    def is_moment(self) -> bool:
        return self.first == self.last


def read_span(token: Token, now: datetime) -> Span:
    """Return what a time means; a day is a day of UTC. Raises `InvalidQuery`."""
    text = read_text(token)
    try:
        if _DAY.fullmatch(text):
            day = datetime.combine(date.fromisoformat(text), time(tzinfo=UTC))
            return Span(day, day + _REST_OF_DAY)
        moment = _parse_moment(text, now)
    except ValueError as exc:
        raise fail(f"there is no time {show(text)}: {exc}", token, expected=EXPECTED) from exc
    except OverflowError as exc:
        raise fail(f"{show(text)} lies outside the years 1 to 9999", token, expected=EXPECTED) from exc
    if moment is None:
        told = f"expected a time such as {', '.join(EXPECTED[:-1])} or {EXPECTED[-1]}, found {show(token)}"
        raise fail(told, token, expected=EXPECTED)
    return Span(moment, moment)


def _parse_moment(text: str, now: datetime) -> datetime | None:
    if text.lower() == "now":
        return now
    if ago := _AGO.fullmatch(text):
        return now - int(ago[1]) * _UNITS[ago[2].lower()]
    if _INSTANT.fullmatch(text):
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    return None


def compare_spans(field: Field, operator: Operator, spans: Sequence[Span]) -> Filter:
    """Return what a comparison with days and moments means, in comparisons with moments."""

    def leaf(operator: Operator, *moments: datetime) -> FieldLeaf:
        return FieldLeaf(field, Predicate(operator, moments))

    if operator is Operator.BETWEEN:
        return leaf(operator, spans[0].first, spans[1].last)
    if all(span.is_moment for span in spans):
        return leaf(operator, *(span.first for span in spans))
    if operator is Operator.IN:
        days = [leaf(Operator.BETWEEN, span.first, span.last) for span in spans if not span.is_moment]
        moments = [span.first for span in spans if span.is_moment]
        return Or((*days, leaf(operator, *moments))) if moments else Or(tuple(days))
    return _COMPARE_DAY[operator](leaf, spans[0])


_COMPARE_DAY: dict[Operator, Callable[[Callable[..., FieldLeaf], Span], Filter]] = {
    Operator.EQ: lambda leaf, day: leaf(Operator.BETWEEN, day.first, day.last),
    Operator.NE: lambda leaf, day: Or((leaf(Operator.LT, day.first), leaf(Operator.GT, day.last))),
    Operator.LT: lambda leaf, day: leaf(Operator.LT, day.first),
    Operator.LTE: lambda leaf, day: leaf(Operator.LTE, day.last),
    Operator.GT: lambda leaf, day: leaf(Operator.GT, day.last),
    Operator.GTE: lambda leaf, day: leaf(Operator.GTE, day.first),
}
