"""From runs of the record to import lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from whence.ids import make_named

Line = dict[str, Any]


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
            "status": None if run["status"] == "RUNNING" or is_resumed(run) else run["status"],
            "startedAt": run["startedAt"],
            "endedAt": None if is_resumed(run) else run["endedAt"],
            "createdBy": run["createdBy"],
            "host": run["host"],
            "params": {one["key"]: {"type": one["type"], "text": one["text"]} for one in run["params"]},
            "tags": {one["key"]: one["value"] for one in run["tags"]},
            "code": code,
            "environment": around,
        }
    )


def is_resumed(run: Line) -> bool:
    """Say whether a run's attempts are told: not where there is one alone that goes on from nothing."""
    attempts = run["attempts"]
    return len(attempts) > 1 or any(one["fromStep"] is not None for one in attempts)


def list_attempts(run: Line) -> list[str]:
    """Return the ids of a resumed run's attempts in their order, first that of what came before any was named."""
    unnamed = make_named("unnamed attempt", run["uuid"])
    return list(dict.fromkeys([str(unnamed), *(one["id"] for one in run["attempts"])]))


def make_attempt_lines(run: Line) -> Iterator[Line]:
    """Give the lines of a resumed run's attempts: all of them before its points, which then may come in any order."""
    if not is_resumed(run):
        return
    steps = {one["id"]: one["fromStep"] for one in run["attempts"]}
    for attempt in list_attempts(run):
        yield _drop_empty({"kind": "resume", "run": run["uuid"], "attempt": attempt, "fromStep": steps.get(attempt)})


def make_end_lines(run: Line) -> Iterator[Line]:
    """Give the line that ends a resumed run: its own line came before its attempts."""
    if is_resumed(run) and run["status"] != "RUNNING":
        line = {"kind": "finish", "run": run["uuid"], "status": run["status"], "endedAt": run["endedAt"]}
        yield _drop_empty(line | {"attempt": list_attempts(run)[-1]})


def make_contents_lines(run: Line, *, roles: Mapping[str, str]) -> Iterator[Line]:
    """Give the lines of a run's notes and files, the oldest first: each is recorded for itself, so that they keep their
    order. `roles` are those of the files by their place in lineage.
    """
    seen: Counter[bytes] = Counter()
    for line in (*_make_notes(run), *_make_files(run, roles)):
        raw = msgspec.json.encode(line)
        seen[raw] += 1
        yield line if seen[raw] == 1 else line | {"again": seen[raw]}


def _make_notes(run: Line) -> Iterator[Line]:
    for note in reversed(run["notes"]["nodes"]):
        yield _drop_empty({"kind": "note", "run": run["uuid"], "text": note["text"], "createdBy": note["createdBy"]})


def _make_files(run: Line, roles: Mapping[str, str]) -> Iterator[Line]:
    for one in run["artifacts"]["nodes"]:
        attempt = (one["attempt"] or list_attempts(run)[0]) if is_resumed(run) else None
        line = {"kind": "artifact", "run": run["uuid"], "attempt": attempt}
        yield _drop_empty(line | {"file": _make_artifact(run["uuid"], one, roles)})


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
