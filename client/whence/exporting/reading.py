"""Reading all of an experiment that an export holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from whence.exporting import documents
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

Node = dict[str, Any]


def fetch_experiment(service: Service, name: str) -> Node:
    """Return an experiment by its name. Raises `WhenceError` where there is none."""
    found = service.execute(documents.EXPERIMENT, {"name": name})["experiment"]
    if found is None:
        raise WhenceError(f"there is no experiment {name!r} in the workspace {service.workspace!r}")
    return dict(found)


def read_runs(service: Service, experiment: str) -> Iterator[Node]:
    """Give the runs of an experiment in the order of their numbers."""
    after = None
    while True:
        asked = {"where": {"experiment": {"eq": experiment}}, "first": PAGE, "after": after, "below": _BELOW}
        page = service.execute(documents.RUNS + documents.BELOW_RUNS + documents.KNOWN, asked)["runs"]
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
        rest = service.execute(documents.REST + documents.BELOW_RUNS, {"run": run["uuid"], "below": _BELOW, **cursors})[
            "run"
        ]
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
            page = service.execute(documents.SERIES, asked)["run"]["series"]
            found += page["nodes"]
            after = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"]:
                break
    return sorted({one["key"]: one for one in found}.values(), key=lambda one: str(one["key"]))


def read_points(service: Service, run: str, keys: Sequence[Node]) -> Iterator[Node]:
    """Give the points of series, columns by `key`, in requests of a million at most; long series in several parts."""
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
        page = service.execute(documents.LINEAGE + documents.KNOWN, asked)["lineage"]
        nodes += [edge["node"] for edge in page["nodes"]["edges"]]
        links += page["links"]["nodes"]
        if "NODE_BUDGET" in page["completeness"]["reasons"]:
            raise WhenceError("the lineage of the experiment is larger than an answer may be; export its parts")
        more = {"afterNode": page["nodes"]["pageInfo"], "afterLink": page["links"]["pageInfo"]}
        if not any(info["hasNextPage"] for info in more.values()):
            return nodes, links
        cursors = {name: info["endCursor"] or cursors.get(name) for name, info in more.items()}


def _fetch_points(service: Service, run: str, keys: list[Node]) -> Iterator[Node]:
    """Give the points of series that are a million together at most, were each as long as the longest.

    Those of earlier attempts, which counts leave out, may make one longer than was thought: it is asked for again.
    """
    most = min(max(_LEAST_POINTS, *(one["count"] for one in keys)), POINTS)
    asked = {"run": run, "keys": [one["key"] for one in keys], "points": most}
    for one in service.execute(documents.POINTS, asked)["metricSeries"]:
        if one["exact"]:
            yield one
        else:
            yield from _fetch_long(service, run, one["key"], one["steps"][0], one["steps"][-1])


def _fetch_long(service: Service, run: str, key: str, first: int, last: int) -> Iterator[Node]:
    """Give the points of a long series in the order of steps, in as many parts as it needs. Raises `WhenceError`."""
    asked = {"run": run, "keys": [key], "points": POINTS, "steps": {"from": first, "to": last}}
    (found,) = service.execute(documents.POINTS, asked)["metricSeries"]
    if found["exact"]:
        yield found
        return
    if first == last:
        raise WhenceError(f"{key!r} of run {run} has more than {POINTS} points at step {first}; it cannot be exported")
    middle = (first + last) // 2
    yield from _fetch_long(service, run, key, first, middle)
    yield from _fetch_long(service, run, key, middle + 1, last)
