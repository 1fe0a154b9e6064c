"""Runs that were found: objects, and frames of pandas and polars of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, overload

from whence.failures import WhenceError
from whence.files.choices import write_choice
from whence.reading.files import (
    FoundArtifact,
    fetch_artifact_nodes,
    find_artifact_node,
    read_artifact,
    set_artifact_alias,
)
from whence.reading.series import MOST_POINTS, Series, fetch_series
from whence.service import Service

if TYPE_CHECKING:
    import pandas
    import polars

SELECTION = """uuid number name kind status createdBy host startedAt endedAt experiment { name } parent { uuid }
  params { key value } tags { key value }
  series(first: 200) { nodes { key count last { value step } min { value } max { value } best { value } } }"""
"""What is read of each run; of metrics the first 200 by key, system metrics not among them."""
_NAMES = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}


@dataclass(frozen=True)
class Summary:
    """What is known of a metric without its points. `min`, `max` and `best` leave NaN out."""

    last: float
    step: int
    """Of `last`."""
    count: int
    min: float | None = None
    max: float | None = None
    best: float | None = None
    """By the goal of `define_metric`; None without one."""


@dataclass(frozen=True)
class FoundRun:
    """A run of the record, as it was when it was read."""

    id: str
    """UUID."""
    number: int
    """In its experiment, counted from 1."""
    name: str
    experiment: str
    kind: str
    status: str
    started_at: datetime
    ended_at: datetime | None
    created_by: str | None
    host: str | None
    parent: str | None
    """UUID of the run that it is part of."""
    params: dict[str, Any]
    tags: dict[str, str]
    summaries: dict[str, Summary]
    """By the metric's key; at most 200."""
    _service: Service = field(repr=False, compare=False)

    def metrics(self, key: str, *, points: int = MOST_POINTS, steps: tuple[int, int] | None = None) -> Series:
        """Return the points of a metric as arrays of numpy (the extra `whence[numpy]`).

        More than `points` are reduced to an envelope that keeps lowest and highest values. `steps` is the first and the
        last step to be read. A metric that the run has not gives empty arrays. Raises `Problem`, `Unreachable`.
        """
        (found,) = fetch_series(self._service, self.id, [key], points=points, steps=steps)
        return found

    def artifacts(self) -> list[FoundArtifact]:
        """Return the files of the run, every version of each path, the oldest first. Raises `Problem`, `Unreachable`.

        `run.artifact("model.pt", alias="best").download("model.pt")` fetches one.
        """
        return [read_artifact(node, self._service) for node in fetch_artifact_nodes(self._service, self.id)]

    def artifact(self, path: str, *, alias: str | None = None, version: int | None = None) -> FoundArtifact:
        """Return the file at a path that an alias or a number (from 1) means, the newest without either.

        Raises `WhenceError` where the run has no such file, `Problem`, `Unreachable`.
        """
        node = find_artifact_node(self._service, self.id, path, alias=alias, version=version)
        if node is None:
            raise WhenceError(f"run {self.id} has no file {write_choice(path, alias=alias, version=version)!r}")
        return read_artifact(node, self._service)

    def set_artifact_alias(self, path: str, alias: str, version: int | None) -> None:
        """Let an alias mean a version at a path from now on, or nothing. Raises `Problem`, `Unreachable`."""
        set_artifact_alias(self._service, self.id, path, alias, version)


class FoundRuns(Sequence[FoundRun]):
    """Runs in the order that was asked for."""

    def __init__(self, runs: Sequence[FoundRun]) -> None:
        self._runs = list(runs)

    @overload
    def __getitem__(self, place: int) -> FoundRun: ...
    @overload
    def __getitem__(self, place: slice) -> FoundRuns: ...
    def __getitem__(self, place: int | slice) -> FoundRun | FoundRuns:
        return FoundRuns(self._runs[place]) if isinstance(place, slice) else self._runs[place]

    def __len__(self) -> int:
        return len(self._runs)

    def __iter__(self) -> Iterator[FoundRun]:
        return iter(self._runs)

    def __repr__(self) -> str:
        return f"<{len(self)} runs: {', '.join(run.name for run in self._runs[:5])}{', ...' if len(self) > 5 else ''}>"

    def rows(self) -> list[dict[str, Any]]:
        """Return one mapping a run: its fields, `param.KEY`, `tag.KEY`, and `KEY` for the last value of each metric."""
        return [_make_row(run) for run in self._runs]

    def to_pandas(self) -> pandas.DataFrame:
        """Return a frame with a row for each run, its columns those of `rows` (the extra `whence[pandas]`)."""
        import pandas

        return pandas.DataFrame(self.rows())

    def to_polars(self) -> polars.DataFrame:
        """Return a frame with a row for each run (the extra `whence[polars]`). Where the values of a parameter are of
        several types its column is text.
        """
        import polars

        rows = self.rows()
        names = list(dict.fromkeys(name for row in rows for name in row))
        return polars.DataFrame({name: _unify([row.get(name) for row in rows]) for name in names})


def read_run(node: dict[str, Any], service: Service) -> FoundRun:
    """Return a run of an answer that selected `SELECTION`."""
    return FoundRun(
        id=node["uuid"],
        number=node["number"],
        name=node["name"],
        experiment=node["experiment"]["name"],
        kind=node["kind"],
        status=node["status"],
        started_at=_read_time(node["startedAt"]),
        ended_at=None if node["endedAt"] is None else _read_time(node["endedAt"]),
        created_by=node["createdBy"],
        host=node["host"],
        parent=None if node["parent"] is None else node["parent"]["uuid"],
        params={one["key"]: one["value"] for one in node["params"]},
        tags={one["key"]: one["value"] for one in node["tags"]},
        summaries={one["key"]: _read_summary(one) for one in node["series"]["nodes"]},
        _service=service,
    )


def _read_summary(one: dict[str, Any]) -> Summary:
    low, high, best = (
        None if one[name] is None else _read_number(one[name]["value"]) for name in ("min", "max", "best")
    )
    return Summary(_read_number(one["last"]["value"]), one["last"]["step"], one["count"], low, high, best)


def _read_number(value: Any) -> float:
    return float(_NAMES.get(value, value))


def _read_time(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def _make_row(run: FoundRun) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": run.id,
        "experiment": run.experiment,
        "number": run.number,
        "name": run.name,
        "status": run.status,
        "started_at": run.started_at,
        "ended_at": run.ended_at,
    }
    row |= {f"param.{key}": value for key, value in run.params.items()}
    row |= {f"tag.{key}": value for key, value in run.tags.items()}
    return row | {key: summary.last for key, summary in run.summaries.items()}


def _unify(values: list[Any]) -> list[Any]:
    kinds = {type(value) for value in values if value is not None}
    if kinds <= {int, float}:
        return [None if value is None else (float(value) if float in kinds else value) for value in values]
    if len(kinds) == 1 and not kinds & {list, dict}:
        return values
    return [None if value is None else str(value) for value in values]
