"""Reading an answer of lineage from the service, page by page."""

from __future__ import annotations

from typing import Any

from whence.lineage.graphs import Graph, make_graph
from whence.service import Service

PAGE = 500
MOST = 2_000
"""Nodes, and links, that are drawn at most: nobody reads a larger picture."""

_DOCUMENT = """query LineageOf(
  $of: [NodeRef!]!, $direction: LineageDirection!, $maxDepth: Int!, $asOf: AsOf, $inferred: Boolean!,
  $page: Int!, $afterNode: String, $afterLink: String
) {
  lineage(of: $of, direction: $direction, maxDepth: $maxDepth, asOf: $asOf, inferred: $inferred) {
    start { id }
    nodes(first: $page, after: $afterNode) {
      edges { depth label node { __typename id } }
      pageInfo { endCursor hasNextPage }
    }
    links(first: $page, after: $afterLink) {
      nodes { kind role subset inferred source { id } target { id } }
      pageInfo { endCursor hasNextPage }
    }
    completeness { complete reasons explained cycle assumptions }
    freshness { source lagSeconds }
  }
}"""
_EXPORT = """query ExportLineage(
  $of: [NodeRef!]!, $direction: LineageDirection!, $maxDepth: Int!, $asOf: AsOf, $inferred: Boolean!
) {
  lineage(of: $of, direction: $direction, maxDepth: $maxDepth, asOf: $asOf, inferred: $inferred) { %s }
}"""

Question = dict[str, Any]


def read_answer(service: Service, question: Question) -> dict[str, Any]:
    """Return the answer with all its pages put together, up to `MOST`. Raises `Problem`, `Unreachable`."""
    variables = {**question, "page": PAGE}
    answer: dict[str, Any] = service.execute(_DOCUMENT, variables)["lineage"]
    edges, links = answer["nodes"]["edges"], answer["links"]["nodes"]
    page = answer
    while max(len(edges), len(links)) < MOST and _has_more(page):
        cursors = {
            "afterNode": page["nodes"]["pageInfo"]["endCursor"],
            "afterLink": page["links"]["pageInfo"]["endCursor"],
        }
        more = {name: cursor for name, cursor in cursors.items() if cursor is not None}
        variables = {**variables, **more}
        page = service.execute(_DOCUMENT, variables)["lineage"]
        edges += page["nodes"]["edges"]
        links += page["links"]["nodes"]
    answer["cutByUs"] = _has_more(page)
    return answer


def read_export(service: Service, question: Question, form: str) -> Any:
    """Return the answer in one of the forms that the service writes: `dot` or `provJson`."""
    return service.execute(_EXPORT % form, question)["lineage"][form]


def make_answer_graph(answer: dict[str, Any]) -> Graph:
    """Return the graph of an answer that was read."""
    return make_graph(answer["nodes"]["edges"], answer["links"]["nodes"])


def _has_more(page: dict[str, Any]) -> bool:
    return bool(page["nodes"]["pageInfo"]["hasNextPage"] or page["links"]["pageInfo"]["hasNextPage"])
