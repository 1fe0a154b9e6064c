"""The service as an object: its runs, its lineage, its search, each by one typed method."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Literal
from uuid import UUID

from whence.reading.runs import SELECTION, FoundRun, FoundRuns, read_run
from whence.run_table.columns import parse_order
from whence.service import Service
from whence.settings import Settings, read_settings
from whence.tracking.handles import Artifact, Dataset, ModelVersion

PAGE = 100
_RUNS = f"""query FindRuns($query: String, $where: Filter, $orderBy: [RunOrder!], $first: Int!, $after: String) {{
  runs(query: $query, where: $where, orderBy: $orderBy, first: $first, after: $after) {{
    nodes {{ {SELECTION} }} pageInfo {{ endCursor hasNextPage }}
  }}
}}"""
_RUN = f"query OneRun($id: ID!) {{ run(id: $id) {{ {SELECTION} }} }}"
_LINEAGE = """query WalkLineage(
  $of: [NodeRef!]!, $direction: LineageDirection!, $maxDepth: Int!, $first: Int!, $asOf: AsOf
) {
  lineage(of: $of, direction: $direction, maxDepth: $maxDepth, asOf: $asOf) {
    nodes(first: $first) { edges { depth label node { __typename id } } pageInfo { hasNextPage } }
    completeness { complete reasons assumptions }
  }
}"""
_IMPACT = """query AskImpact($of: [NodeRef!]!, $first: Int!) {
  impact(of: $of) {
    nodes(first: $first) { edges { depth label influence live node { __typename id } } pageInfo { hasNextPage } }
    completeness { complete reasons assumptions }
  }
}"""
_SEARCH = """query FindText($text: String, $query: String, $kinds: [SearchKind!], $first: Int!) {
  search(text: $text, query: $query, kinds: $kinds, first: $first) {
    edges { score why node { __typename id } highlights { fragments { text } } } didYouMean
  }
}"""

Thing = str | UUID | Path | Mapping[str, Any] | Dataset | Artifact | ModelVersion | FoundRun
"""Whatever names a node: what a run gave back, a run, `model:gpt2@champion`, `dataset:s3://a/b@1`, an address."""


@dataclass(frozen=True)
class Related:
    """A node that a walk reached. `kind` is its type in the schema, `label` what people call it."""

    id: str
    """Global id."""
    kind: str
    label: str
    depth: int
    """Links of the shortest way."""
    influence: str | None = None
    """Of `impact`: WEIGHTS, SELECTION or MEASUREMENT."""
    live: bool | None = None
    """Of `impact`: whether it is served now."""


class Walk(Sequence[Related]):
    """Nodes by distance, and how complete that is."""

    def __init__(self, nodes: list[Related], *, complete: bool, reasons: Sequence[str]) -> None:
        self._nodes = nodes
        self.complete = complete
        """False where something is missing."""
        self.reasons = list(reasons)
        """Why, and what was assumed."""

    def __getitem__(self, place: Any) -> Any:
        return self._nodes[place]

    def __len__(self) -> int:
        return len(self._nodes)

    def __iter__(self) -> Iterator[Related]:
        return iter(self._nodes)


@dataclass(frozen=True)
class Hit:
    """Something that search found: its type and global id, how well it fits, where the words stand."""

    id: str
    kind: str
    score: float
    why: list[str]
    fragments: list[str]


class Client:
    """A workspace of a service. Every method may raise `Problem`, and `Unreachable` where nothing answers."""

    def __init__(self, settings: Settings | None = None) -> None:
        said = settings or read_settings()
        self._service = Service(said.url, workspace=said.workspace, token=said.token, patience=0)

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the connections back."""
        self._service.close()

    def execute(self, document: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run any GraphQL operation and return its data."""
        return self._service.execute(document, variables)

    def run(self, id: str | UUID) -> FoundRun:
        """Return one run, by UUID or global id."""
        return read_run(self._service.execute(_RUN, {"id": str(id)})["run"], self._service)

    def runs(
        self,
        query: str | None = None,
        *,
        where: Mapping[str, Any] | None = None,
        experiment: str | None = None,
        order: str | Sequence[str] = (),
        first: int = 1000,
    ) -> FoundRuns:
        """Return at most `first` runs, the newest first unless `order` says otherwise.

        `query` is in the query language, such as `last(val_loss) < 3.28 and tag.team = nlp`; `where` the same as the
        schema's `Filter`; `order` such as `min(val_loss)` or `created desc`.
        """
        orders = [order] if isinstance(order, str) else order
        wheres = [dict(where)] if where is not None else []
        if experiment is not None:
            wheres.append({"experiment": {"eq": experiment}})
        asked: dict[str, Any] = {
            "query": query,
            "where": {"and": wheres} if wheres else None,
            "orderBy": [parse_order(text)[1] for text in orders] or None,
        }
        return FoundRuns([read_run(node, self._service) for node in self._read(asked, first)])

    def lineage(
        self,
        of: Thing,
        *,
        direction: Literal["upstream", "downstream"] = "upstream",
        depth: int = 20,
        at: str | None = None,
        first: int = 500,
    ) -> Walk:
        """Return whence something came, or what came of it; `at` (RFC 3339): as it was then."""
        variables = {
            "of": [_refer(of)],
            "direction": direction.upper(),
            "maxDepth": depth,
            "first": first,
            "asOf": None if at is None else {"at": at},
        }
        return _read_walk(self._service.execute(_LINEAGE, variables)["lineage"])

    def impact(self, of: Thing, *, first: int = 500) -> Walk:
        """Return what breaks if something is bad, what is live first."""
        return _read_walk(self._service.execute(_IMPACT, {"of": [_refer(of)], "first": first})["impact"])

    def search(
        self, text: str | None = None, *, query: str | None = None, kinds: Sequence[str] | None = None, first: int = 20
    ) -> list[Hit]:
        """Return what has these words, and fulfils the query, the best first. `kinds` such as `["RUN", "NOTE"]`."""
        variables = {"text": text, "query": query, "kinds": None if kinds is None else list(kinds), "first": first}
        found = self._service.execute(_SEARCH, variables)["search"]["edges"]
        return [
            Hit(
                edge["node"]["id"],
                edge["node"]["__typename"],
                edge["score"],
                edge["why"],
                [fragment["text"] for one in edge["highlights"] for fragment in one["fragments"]],
            )
            for edge in found
        ]

    def _read(self, asked: dict[str, Any], first: int) -> Iterator[dict[str, Any]]:
        after = None
        while first > 0:
            page = self._service.execute(_RUNS, asked | {"first": min(first, PAGE), "after": after})["runs"]
            yield from page["nodes"]
            first -= PAGE
            after = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"]:
                return


def runs(query: str | None = None, **options: Any) -> FoundRuns:
    """Return runs of the service and workspace that the environment names; see `Client.runs`."""
    return Client().runs(query, **options)


def _refer(thing: Thing) -> dict[str, Any]:
    from whence.lineage.references import parse_reference
    from whence.tracking.handles import find_reference

    if isinstance(thing, FoundRun):
        return {"run": thing.id}
    if isinstance(thing, UUID):
        return {"run": str(thing)}
    if isinstance(thing, str):
        return parse_reference(thing)
    return find_reference(thing)


def _read_walk(answer: dict[str, Any]) -> Walk:
    nodes = [
        Related(
            edge["node"]["id"],
            edge["node"]["__typename"],
            edge["label"],
            edge["depth"],
            edge.get("influence"),
            edge.get("live"),
        )
        for edge in answer["nodes"]["edges"]
    ]
    said = answer["completeness"]
    cut = bool(answer["nodes"]["pageInfo"]["hasNextPage"])
    reasons = [*said["reasons"], *said["assumptions"], *(["more than `first` nodes"] if cut else [])]
    return Walk(nodes, complete=said["complete"] and not cut, reasons=reasons)
