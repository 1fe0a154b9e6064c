"""Asking the service, and what a hit is called."""

from __future__ import annotations

from typing import Any

import msgspec

from whence.service import Service

KINDS = {
    "note": "NOTE",
    "run": "RUN",
    "experiment": "EXPERIMENT",
    "dataset": "DATASET",
    "model": "MODEL",
    "artifact": "ARTIFACT",
}

PAGE = 100
"""Hits of one request: with all that is shown of each, within the service's budget."""

# Types differ in whether a name may be missing, so each has an alias of its own.
_NAMED = """__typename id
  ... on Run { run: name number experiment { name } } ... on Experiment { experimentName: name }
  ... on Dataset { namespace dataset: name } ... on Model { model: name } ... on Artifact { path }"""
_DOCUMENT = f"""query Search($text: String, $query: String, $kinds: [SearchKind!], $scope: LineageScope,
  $facets: [SearchFacet!], $orderBy: [SearchOrderBy!], $first: Int!, $after: String) {{
  search(text: $text, query: $query, kinds: $kinds, scope: $scope, facets: $facets, orderBy: $orderBy, first: $first,
      after: $after) {{
    totalCount {{ value exact }}
    edges {{
      score why
      highlights {{ field key fragments {{ text marks {{ start end }} }} }}
      node {{ {_NAMED} ... on Note {{ text createdAt on {{ {_NAMED} }} }} }}
    }}
    facets {{ buckets {{ value count }} other missing exact }}
    didYouMean
    completeness {{ complete reasons }}
    freshness {{ source lagSeconds }}
    pageInfo {{ endCursor hasNextPage }}
  }}
}}"""


class Found(msgspec.Struct):
    """The hits of some pages, and what the first page said beside them."""

    hits: list[dict[str, Any]]
    answer: dict[str, Any]

    @property
    def total(self) -> str:
        """How many there are, as a person says it."""
        counted = self.answer["totalCount"]
        return f"{'' if counted['exact'] else 'more than '}{counted['value']}"


def read_hits(service: Service, question: dict[str, Any], *, first: int) -> Found:
    """Return at most `first` hits. Raises `Problem`, `Unreachable`."""
    page = _read_page(service, question, first=first, after=None)
    found = Found(list(page["edges"]), page)
    while page["pageInfo"]["hasNextPage"] and len(found.hits) < first:
        rest = {**question, "facets": []}
        page = _read_page(service, rest, first=first - len(found.hits), after=page["pageInfo"]["endCursor"])
        found.hits += page["edges"]
    return found


def _read_page(service: Service, question: dict[str, Any], *, first: int, after: str | None) -> dict[str, Any]:
    found: dict[str, Any] = service.execute(_DOCUMENT, {**question, "first": min(first, PAGE), "after": after})[
        "search"
    ]
    return found


def find_name(node: dict[str, Any]) -> str:
    """Return what a person calls a node; a note by what it stands on."""
    match node["__typename"]:
        case "Note":
            return find_name(node["on"])
        case "Run":
            return str(node["run"] or f"{node['experiment']['name']} #{node['number']}")
        case "Experiment":
            return str(node["experimentName"])
        case "Dataset":
            return f"{node['namespace']}/{node['dataset']}"
        case "Model":
            return str(node["model"])
        case "Artifact":
            return str(node["path"])
        case other:
            return str(other)
