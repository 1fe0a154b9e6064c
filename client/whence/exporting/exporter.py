"""Writing an experiment into a folder: its lines for `whence import`, the bytes of its files, a summary."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from whence import __version__
from whence.exporting.lineage_lines import Line, Surroundings
from whence.exporting.metrics_lines import make_metrics_lines
from whence.exporting.reading import fetch_experiment, fetch_keys, fetch_lineage, read_points, read_runs
from whence.exporting.run_lines import (
    make_attempt_lines,
    make_contents_lines,
    make_end_lines,
    make_run_line,
    order_parents_first,
    place_of,
)
from whence.failures import BadInput, Problem
from whence.files.digests import list_files
from whence.files.downloading import download, find_within
from whence.files.manifests import MEDIA_TYPE, read_manifest
from whence.importing.folders import FILES, LINES
from whence.service import Service

SUMMARY = "export.json"
_DEPTH = 20
_RUNS_AT_ONCE = 50

Report = Callable[[int], None]


@dataclass
class Exported:
    """What an export wrote. `digest` is that of the lines: equal experiments give equal ones."""

    experiment: str
    runs: int = 0
    points: int = 0
    lines: int = 0
    files: int = 0
    digest: str = ""
    without_bytes: list[str] = field(default_factory=list)
    """Files whose bytes the service has not: they lie elsewhere, or have not come yet."""
    left_out: int = 0
    """Edges of lineage to runs of other experiments, or of feature views."""


def export(
    service: Service, experiment: str, folder: Path, *, with_files: bool, report: Report = lambda _: None
) -> Exported:
    """Write an experiment into a new or empty folder; `report` is told of each run. Raises `BadInput` where the folder
    holds something, `WhenceError` where there is no such experiment, `Problem`, `Unreachable`, `OSError`.
    """
    if folder.exists() and any(folder.iterdir()):
        raise BadInput(f"{folder} is not empty")
    found = fetch_experiment(service, experiment)
    folder.mkdir(parents=True, exist_ok=True)
    done = Exported(experiment)
    runs = order_parents_first(list(read_runs(service, experiment)))
    around = _read_surroundings(service, runs)
    hashed = hashlib.sha256()
    with (folder / LINES).open("xb") as file:
        for line in _make_lines(service, found, runs, around, done, report):
            raw = msgspec.json.encode(line) + b"\n"
            hashed.update(raw)
            file.write(raw)
            done.lines += 1
    done.digest = f"sha256:{hashed.hexdigest()}"
    done.left_out = around.left_out
    if with_files:
        _fetch_files(service, runs, folder / FILES, done)
    summary = {"format": "whence-export/1", "madeBy": f"whence {__version__}"} | msgspec.to_builtins(done)
    (folder / SUMMARY).write_bytes(msgspec.json.format(msgspec.json.encode(summary), indent=2))
    return done


def _make_lines(
    service: Service, experiment: Line, runs: list[Line], around: Surroundings, done: Exported, report: Report
) -> Iterator[Line]:
    yield {"kind": "experiment"} | {name: value for name, value in experiment.items() if value is not None}
    keys = {run["uuid"]: fetch_keys(service, run["uuid"]) for run in runs}
    yield from _make_definitions(experiment["name"], [one for series in keys.values() for one in series])
    logged = {(run["uuid"], place_of(run["uuid"], one)) for run in runs for one in run["artifacts"]["nodes"]}
    for run in runs:
        code, environment = around.find_code(run["uuid"])
        yield make_run_line(run, experiment["name"], code=code, around=environment)
        yield from make_attempt_lines(run)
        yield from make_contents_lines(run, roles=around.find_roles(run["uuid"]))
        yield from _make_points(service, run, keys, done, measured=False)
        yield from make_end_lines(run)
        done.runs += 1
        report(1)
    yield from around.make_lines({run["uuid"] for run in runs}, logged)
    for run in runs:
        if run["metricContexts"]:
            yield from _make_points(service, run, keys, done, measured=True)


def _make_points(
    service: Service, run: Line, keys: dict[str, list[Line]], done: Exported, *, measured: bool
) -> Iterator[Line]:
    for line in make_metrics_lines(run, read_points(service, run["uuid"], keys[run["uuid"]]), measured=measured):
        done.points += sum(len(one["steps"]) for one in line["series"])
        yield line


def _make_definitions(experiment: str, series: list[Line]) -> Iterator[Line]:
    told = {one["key"]: one for one in series if one["goal"] or one["unit"]}
    for key in sorted(told):
        goal, unit = told[key]["goal"], told[key]["unit"]
        line = {"kind": "metric_definition", "experiment": experiment, "key": key, "goal": goal, "unit": unit}
        yield {name: value for name, value in line.items() if value is not None}


def _read_surroundings(service: Service, runs: list[Line]) -> Surroundings:
    """Return the lineage around runs: what they and their evaluations used, what became of what they made."""
    around = Surroundings()
    around.add([each[end] for run in runs for each in run["metricContexts"] for end in ("on", "of") if each[end]], [])
    for start in range(0, len(runs), _RUNS_AT_ONCE):
        of: list[dict[str, Any]] = [{"run": run["uuid"]} for run in runs[start : start + _RUNS_AT_ONCE]]
        around.add(*fetch_lineage(service, of, "DOWNSTREAM", depth=_DEPTH))
        around.add(*fetch_lineage(service, of, "UPSTREAM", depth=_DEPTH))
    evaluations = around.list_evaluations()
    for start in range(0, len(evaluations), _RUNS_AT_ONCE):
        of = [{"id": one} for one in evaluations[start : start + _RUNS_AT_ONCE]]
        around.add(*fetch_lineage(service, of, "UPSTREAM", depth=1))
    return around


def _fetch_files(service: Service, runs: list[Line], folder: Path, done: Exported) -> None:
    """Fetch the bytes of all files, each once, by digest."""
    for run in runs:
        for one in run["artifacts"]["nodes"]:
            wanted = [one["digest"]] if one["downloadPath"] is not None else []
            try:
                for digest in wanted:
                    _fetch(service, digest, folder)
                    if one["mediaType"] == MEDIA_TYPE:
                        manifest = read_manifest((folder / digest.removeprefix("sha256:")).read_bytes())
                        for entry in manifest.files:
                            _fetch(service, entry.digest, folder)
            except Problem as problem:
                if problem.code != "NOT_FOUND":
                    raise
                wanted = []
            if not wanted:
                done.without_bytes.append(f"{run['uuid']}/{one['path']}")
    done.files = len(list_files(folder))


def _fetch(service: Service, digest: str, folder: Path) -> None:
    target = find_within(folder, digest.removeprefix("sha256:"))
    if not target.exists():
        download(service, digest, target)
