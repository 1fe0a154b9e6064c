"""Reading runs from the service, a page at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from whence.run_table.columns import Column, write_selection
from whence.service import Service

PAGE = 200
"""Runs of one request, small enough for the service's budget with a hundred columns."""

_DOCUMENT = """query Runs($query: String, $where: Filter, $orderBy: [RunOrder!], $first: Int!, $after: String) {
  runs(query: $query, where: $where, orderBy: $orderBy, first: $first, after: $after) {
    nodes { %s } pageInfo { endCursor hasNextPage }
  }
}"""
_COUNT = """query CountRuns($query: String, $where: Filter) {
  runs(query: $query, where: $where, first: 0) { totalCount { value exact } }
}"""


def read_runs(
    service: Service,
    *,
    question: dict[str, Any],
    orders: Sequence[dict[str, Any]],
    columns: Sequence[Column],
    first: int,
) -> Iterator[dict[str, Any]]:
    """Give at most `first` runs of the question (`query` and `where`), in order. Raises `Problem`, `Unreachable`."""
    document = _DOCUMENT % (write_selection(columns) or "uuid")
    after = None
    while first > 0:
        page = {"orderBy": list(orders), "first": min(first, PAGE), "after": after}
        runs = service.execute(document, {**question, **page})["runs"]
        yield from runs["nodes"]
        first -= PAGE
        after = runs["pageInfo"]["endCursor"]
        if not runs["pageInfo"]["hasNextPage"]:
            return


def count_runs(service: Service, *, question: dict[str, Any]) -> str:
    """Return how many runs there are, as a person says it."""
    total = service.execute(_COUNT, question)["runs"]["totalCount"]
    return f"{'' if total['exact'] else 'more than '}{total['value']}"
