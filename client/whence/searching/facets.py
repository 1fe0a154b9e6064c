"""Facets as they are written: `tag.track`, `param.batch_size`, `status`, `created:month`."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from whence.failures import BadInput

FIELDS = {
    "experiment": "EXPERIMENT",
    "status": "STATUS",
    "kind": "KIND",
    "createdBy": "CREATED_BY",
    "host": "HOST",
    "owner": "OWNER",
    "dataset": "DATASET",
    "commit": "COMMIT",
    "environment": "ENVIRONMENT",
}
DATES = {"created": "CREATED_AT", "started": "STARTED_AT", "ended": "ENDED_AT"}
INTERVALS = ("hour", "day", "week", "month", "quarter", "year")

_BY_FOLDED = {name.lower(): dimension for name, dimension in FIELDS.items()}
_KEYED = re.compile(r"(tag|param)\.(.+)", re.IGNORECASE | re.DOTALL)


class Facet(msgspec.Struct, frozen=True):
    """A dimension that hits are counted by, and what it is called."""

    title: str
    variables: dict[str, Any]


def parse_facet(text: str) -> Facet:
    """Read one facet. Raises `BadInput`."""
    given = text.strip()
    if found := _KEYED.fullmatch(given):
        return Facet(given, {"dimension": found[1].upper(), "key": found[2].strip("\"'")})
    name, _, interval = given.lower().replace("_", "").partition(":")
    if name in _BY_FOLDED and not interval:
        return Facet(given, {"dimension": _BY_FOLDED[name]})
    if name.removesuffix("at") in DATES and (interval or "month") in INTERVALS:
        variables = {"dimension": DATES[name.removesuffix("at")], "interval": (interval or "month").upper()}
        return Facet(given, variables)
    known = ", ".join(["tag.KEY", "param.KEY", *FIELDS, *(f"{date}:month" for date in DATES)])
    raise BadInput(f"{text!r} is no facet: it may be one of {known} (an interval is one of {', '.join(INTERVALS)})")
