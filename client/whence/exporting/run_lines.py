"""From runs of the record to import lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

Line = dict[str, Any]
POINTS_PER_LINE = 100_000
"""So that no line comes near the 64 MiB that an import takes."""


def make_run_line(run: Line, experiment: str, *, code: Line | None, around: Line | None) -> Line:
    """Return the line of a run without its points, notes and files."""
    return _drop_empty(
        {
            "kind": "run",
            "id": run["uuid"],
            "experiment": experiment,
            "name": run["name"],
            "description": run["description"],
            "runKind": run["kind"],
            "parent": None if run["parent"] is None else run["parent"]["uuid"],
            "status": None if run["status"] == "RUNNING" else run["status"],
            "startedAt": run["startedAt"],
            "endedAt": run["endedAt"],
            "createdBy": run["createdBy"],
            "host": run["host"],
            "params": {one["key"]: {"type": one["type"], "text": one["text"]} for one in run["params"]},
            "tags": {one["key"]: one["value"] for one in run["tags"]},
            "code": code,
            "environment": around,
        }
    )


def make_contents_lines(run: Line, *, roles: Mapping[str, str]) -> Iterator[Line]:
    """Give the lines of a run's notes and files, the oldest first: each is recorded for itself, so that they keep their
    order. `roles` are those of the files by their place in lineage.
    """
    for note in reversed(run["notes"]["nodes"]):
        yield _drop_empty({"kind": "note", "run": run["uuid"], "text": note["text"], "createdBy": note["createdBy"]})
    for one in run["artifacts"]["nodes"]:
        yield {"kind": "artifact", "run": run["uuid"], "file": _make_artifact(run["uuid"], one, roles)}


def make_metrics_lines(run: str, series: Iterable[Line]) -> Iterator[Line]:
    """Give the lines of a run's points, some series in each."""
    held: list[Line] = []
    count = 0
    for one in series:
        for start in range(0, len(one["steps"]), POINTS_PER_LINE):
            part = slice(start, start + POINTS_PER_LINE)
            piece = {"key": one["key"]} | {name: one[name][part] for name in ("steps", "values", "timesMs")}
            if held and count + len(piece["steps"]) > POINTS_PER_LINE:
                yield {"kind": "metrics", "run": run, "series": held}
                held, count = [], 0
            held.append(piece)
            count += len(piece["steps"])
    if held:
        yield {"kind": "metrics", "run": run, "series": held}


def order_parents_first(runs: list[Line]) -> list[Line]:
    """Return runs so that each comes after the one that it is part of, else by start and id.

    Not by number: an import sends several runs at once, so that theirs may be others.
    """
    ids = {run["uuid"] for run in runs}
    placed: dict[str, Line] = {}
    waiting = sorted(runs, key=lambda run: (str(run["startedAt"]), str(run["uuid"])))
    while waiting:
        later = []
        for run in waiting:
            parent = None if run["parent"] is None else run["parent"]["uuid"]
            if parent is None or parent in placed or parent not in ids:
                placed[run["uuid"]] = run
            else:
                later.append(run)
        if len(later) == len(waiting):  # a circle cannot be recorded; should one be, nothing is lost
            return [*placed.values(), *later]
        waiting = later
    return list(placed.values())


def place_of(run: str, artifact: Line) -> str:
    """Return where lineage finds a file: at its address, else at a place that only the run has."""
    return str(artifact["uri"] or f"whence://runs/{run}/{artifact['path'].lstrip('/')}")


def _make_artifact(run: str, artifact: Line, roles: Mapping[str, str]) -> Line:
    names = ("name", "path", "size", "mediaType", "digest", "uri", "step", "aliases")
    return _drop_empty({name: artifact[name] for name in names} | {"role": roles.get(place_of(run, artifact))})


def _drop_empty(line: Line) -> Line:
    return {name: value for name, value in line.items() if value not in (None, {}, [])}
