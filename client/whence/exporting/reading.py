"""Reading all of an experiment that an export holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from whence.failures import WhenceError
from whence.service import Service

PAGE = 20
_BELOW = 200
"""Notes, and files, of a run that come with it; the others are asked for."""
POINTS = 1_000_000
_LEAST_POINTS = 4
"""What the service takes as a bound of a series."""
_KEYS_AT_ONCE = 50
_PREFIXES = (None, "system/", "rank/")
"""Of series: those of neither of the last two, and those."""

_EXPERIMENT = "query ExportedExperiment($name: String!) { experiment(name: $name) { name description } }"
_RUNS = """query ExportedRuns($where: Filter!, $first: Int!, $after: String, $below: Int!) {
  runs(where: $where, orderBy: [{field: NUMBER}], first: $first, after: $after) {
    nodes {
      uuid number name description kind status createdBy host startedAt endedAt parent { uuid }
      params { key type text value } tags { key value }
      notes(first: $below) { ...Notes }
      artifacts(first: $below) { ...Files }
    }
    pageInfo { endCursor hasNextPage }
  }
}"""
_REST = """query ExportedRest($run: ID!, $below: Int!, $notes: String, $files: String) {
  run(id: $run) {
    notes(first: $below, after: $notes) { ...Notes }
    artifacts(first: $below, after: $files) { ...Files }
  }
}"""
_BELOW_RUNS = """
fragment Notes on NoteConnection { nodes { text createdBy createdAt } pageInfo { endCursor hasNextPage } }
fragment Files on ArtifactConnection {
  nodes { path name size mediaType digest uri step aliases downloadPath } pageInfo { endCursor hasNextPage }
}"""
_SERIES = """query ExportedKeys($run: ID!, $prefix: String, $after: String) {
  run(id: $run) { series(prefix: $prefix, first: 1000, after: $after) {
    nodes { key count goal unit } pageInfo { endCursor hasNextPage }
  } }
}"""
_POINTS = """query ExportedPoints($run: ID!, $keys: [String!]!, $points: Int!) {
  metricSeries(run: $run, keys: $keys, points: $points) { key exact steps values timesMs }
}"""
_LINEAGE = """query ExportedLineage(
  $of: [NodeRef!]!, $direction: LineageDirection!, $depth: Int!, $afterNode: String, $afterLink: String
) {
  lineage(of: $of, direction: $direction, maxDepth: $depth, stopAt: [RUN], inferred: false) {
    nodes(first: 500, after: $afterNode) { edges { node { ...Known } } pageInfo { endCursor hasNextPage } }
    links(first: 500, after: $afterLink) {
      nodes { kind source { id } target { id } edges {
        kind role subset origin producer heldFrom heldTo step mode range path entryPoint evidence
      } }
      pageInfo { endCursor hasNextPage }
    }
    completeness { complete reasons }
  }
}
fragment Known on Node { __typename id
  ... on Run { uuid }
  ... on Evaluation { run { uuid } }
  ... on DatasetVersion { name digest location size splits ...Told availability { ...Had } dataset { namespace name } }
  ... on ArtifactVersion { uri digest size mediaType ...Told availability { ...Had } }
  ... on ModelVersion { name digest stage aliases ...Told availability { ...Had } model { registry name } }
  ... on DeploymentRevision { name startedAt endedAt deployment { environment endpoint } }
  ... on CodeRevision { repository commit diffDigest }
  ... on Environment { imageDigest lockDigest hardware }
}
fragment Told on LineageFacts { description owner happenedAt placeholder }
fragment Had on Availability { state since reason }"""

Node = dict[str, Any]


def fetch_experiment(service: Service, name: str) -> Node:
    """Return an experiment by its name. Raises `WhenceError` where there is none."""
    found = service.execute(_EXPERIMENT, {"name": name})["experiment"]
    if found is None:
        raise WhenceError(f"there is no experiment {name!r} in the workspace {service.workspace!r}")
    return dict(found)


def read_runs(service: Service, experiment: str) -> Iterator[Node]:
    """Give the runs of an experiment in the order of their numbers."""
    after = None
    while True:
        asked = {"where": {"experiment": {"eq": experiment}}, "first": PAGE, "after": after, "below": _BELOW}
        page = service.execute(_RUNS + _BELOW_RUNS, asked)["runs"]
        for run in page["nodes"]:
            _complete(service, run)
            yield run
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            return


def _complete(service: Service, run: Node) -> None:
    """Fetch the notes and files of a run that did not come with it."""
    pages = {"notes": run["notes"], "artifacts": run["artifacts"]}
    while any(page["pageInfo"]["hasNextPage"] for page in pages.values()):
        cursors = {
            "notes": pages["notes"]["pageInfo"]["endCursor"],
            "files": pages["artifacts"]["pageInfo"]["endCursor"],
        }
        rest = service.execute(_REST + _BELOW_RUNS, {"run": run["uuid"], "below": _BELOW, **cursors})["run"]
        for name, page in pages.items():
            more = page["pageInfo"]["hasNextPage"]
            run[name]["nodes"] += rest[name]["nodes"] if more else []
            pages[name] = rest[name] if more else page


def fetch_keys(service: Service, run: str) -> list[Node]:
    """Return key, count, goal and unit of every series of a run, by key."""
    found: list[Node] = []
    for prefix in _PREFIXES:
        after = None
        while True:
            asked = {"run": run, "prefix": prefix, "after": after}
            page = service.execute(_SERIES, asked)["run"]["series"]
            found += page["nodes"]
            after = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"]:
                break
    return sorted({one["key"]: one for one in found}.values(), key=lambda one: str(one["key"]))


def read_points(service: Service, run: str, keys: Sequence[Node]) -> Iterator[Node]:
    """Give the points of series, `steps`, `values` and `timesMs` by `key`, in requests of a million at most."""
    waiting: list[Node] = []
    for one in keys:
        most = max([one["count"], *(other["count"] for other in waiting)])
        if waiting and (most * (len(waiting) + 1) > POINTS or len(waiting) >= _KEYS_AT_ONCE):
            yield from _fetch_points(service, run, waiting)
            waiting = []
        waiting.append(one)
    if waiting:
        yield from _fetch_points(service, run, waiting)


def fetch_lineage(service: Service, of: list[Node], direction: str, *, depth: int) -> tuple[list[Node], list[Node]]:
    """Return nodes and links around some nodes, as far as the next runs. Raises `WhenceError` for an answer cut."""
    nodes: list[Node] = []
    links: list[Node] = []
    cursors: dict[str, Any] = {}
    while True:
        asked = {"of": of, "direction": direction, "depth": depth, **cursors}
        page = service.execute(_LINEAGE, asked)["lineage"]
        nodes += [edge["node"] for edge in page["nodes"]["edges"]]
        links += page["links"]["nodes"]
        if "NODE_BUDGET" in page["completeness"]["reasons"]:
            raise WhenceError("the lineage of the experiment is larger than an answer may be; export its parts")
        more = {"afterNode": page["nodes"]["pageInfo"], "afterLink": page["links"]["pageInfo"]}
        if not any(info["hasNextPage"] for info in more.values()):
            return nodes, links
        cursors = {name: info["endCursor"] or cursors.get(name) for name, info in more.items()}


def _fetch_points(service: Service, run: str, keys: list[Node]) -> list[Node]:
    """Return the points of series that are a million together at most, were each as long as the longest."""
    most = min(max(_LEAST_POINTS, *(one["count"] for one in keys)), POINTS)
    asked = {"run": run, "keys": [one["key"] for one in keys], "points": most}
    found: list[Node] = service.execute(_POINTS, asked)["metricSeries"]
    for one in found:
        if not one["exact"]:
            raise WhenceError(
                f"series {one['key']!r} of run {run} has more than {POINTS} points; it cannot be exported"
            )
    return found
