"""What is sent for a line: inputs of mutations, the same bytes for the same line, so that a repeat is recognised."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID, uuid5

import msgspec

from whence.importing.columns import Columns
from whence.importing.lines import (
    Entry,
    ExperimentLine,
    FileLine,
    FinishLine,
    MetricDefinitionLine,
    MetricsLine,
    NoteLine,
    ResumeLine,
    RunLine,
)
from whence.importing.lines import format_moment as moment

POINTS_PER_REQUEST = 50_000
"""About 1.6 MB of packed columns: large enough to be quick, small enough for any proxy and for the service's memory."""
SERIES_PER_REQUEST = 2_000

_NAMES = UUID("8f0c7a52-5d0b-5c1e-9f53-0a5f6f0a7c1d")
"""The namespace of the writers that an import makes."""

Input = dict[str, Any]


def make_run(line: RunLine) -> Input:
    """Return the input of createRun: what a run is known by. All else goes into the batch, which is taken once."""
    made: Input = {
        "id": str(line.id),
        "experiment": line.experiment,
        "name": line.name,
        "description": line.description,
        "kind": line.run_kind,
        "parent": None if line.parent is None else str(line.parent),
        "startedAt": None if line.started_at is None else moment(line.started_at),
        "createdBy": line.created_by,
        "host": line.host,
    }
    return {name: value for name, value in made.items() if value is not None}


def make_run_batches(entry: Entry, line: RunLine) -> list[Input]:
    """Return the inputs of logBatch that carry everything else of a run.

    The writer comes from the run alone: a run is described by one line, and another description of it is a conflict.
    """
    batches = _make_batches(line.id, uuid5(_NAMES, f"run {line.id}"), entry.columns)
    batches[0] |= _contents(line)
    if line.status not in (None, "RUNNING"):
        batches[-1]["finish"] = {"status": line.status}
        if line.ended_at is not None:
            batches[-1]["finish"]["endedAt"] = moment(line.ended_at)
    return batches


def make_line_batches(entry: Entry, line: MetricsLine | NoteLine | FileLine) -> list[Input]:
    """Return the inputs of logBatch for more points of a run, a note on it, or a file that it made.

    The writer comes from the bytes of the line: the same line is taken once, however often it is imported.
    """
    batches = _make_batches(line.run, _make_writer(entry, line.run), entry.columns)
    if isinstance(line, NoteLine):
        batches[0]["notes"] = [
            {"text": line.text} | ({} if line.created_by is None else {"createdBy": line.created_by})
        ]
    elif isinstance(line, FileLine):
        batches[0]["artifacts"] = [msgspec.to_builtins(line.file)]
    if not isinstance(line, NoteLine) and line.attempt is not None:
        batches = [batch | {"attempt": str(line.attempt)} for batch in batches]
    return batches


def make_resume(entry: Entry, line: ResumeLine) -> Input:
    """Return the input of resumeRun: a new attempt of a run that is there."""
    made: Input = {"run": str(line.run), "attempt": str(line.attempt)}
    made |= {"writer": str(_make_writer(entry, line.run)), "sequence": 0}
    return made if line.from_step is None else made | {"fromStep": line.from_step}


def make_finish_batch(entry: Entry, line: FinishLine) -> Input:
    """Return the input of logBatch that ends a run."""
    finish = {"status": line.status} | ({} if line.ended_at is None else {"endedAt": moment(line.ended_at)})
    made: Input = {"run": str(line.run), "writer": str(_make_writer(entry, line.run)), "sequence": 0, "finish": finish}
    return made if line.attempt is None else made | {"attempt": str(line.attempt)}


def _make_writer(entry: Entry, run: UUID) -> UUID:
    """Return the writer that stands for the bytes of a line."""
    return uuid5(_NAMES, f"line {run} {hashlib.sha256(entry.raw.strip()).hexdigest()}")


def make_metric_definition(line: MetricDefinitionLine) -> Input:
    """Return the input of defineMetric."""
    made = {
        "experiment": line.experiment,
        "key": line.key,
        "goal": line.goal,
        "unit": line.unit,
        "stepMetric": line.step_metric,
    }
    return {name: value for name, value in made.items() if value is not None}


def make_experiment(line: ExperimentLine) -> Input:
    """Return the input of createExperiment."""
    return {"name": line.name} | ({} if line.description is None else {"description": line.description})


def _contents(line: RunLine) -> Input:
    typed = {key: value for key, value in line.params.items() if _is_typed(value)}
    plain = {key: value for key, value in line.params.items() if key not in typed}
    made: Input = {
        "params": plain,
        "parameters": [{"key": key, "type": value["type"], "text": value["text"]} for key, value in typed.items()],
        "tags": line.tags,
        "notes": [msgspec.to_builtins(note) for note in line.notes],
        "artifacts": [msgspec.to_builtins(artifact) for artifact in line.artifacts],
        "code": None if line.code is None else msgspec.to_builtins(line.code),
        "environment": None if line.environment is None else msgspec.to_builtins(line.environment),
    }
    return {name: value for name, value in made.items() if value}


def _is_typed(value: object) -> bool:
    return isinstance(value, dict) and value.keys() == {"type", "text"}


def _make_batches(run: UUID, writer: UUID, columns: Sequence[Columns]) -> list[Input]:
    batches: list[Input] = [{}]
    for series in _cut(columns):
        batches[0 if not batches[0] else len(batches) :] = [{"series": series}]
    return [
        {"run": str(run), "writer": str(writer), "sequence": number} | batch for number, batch in enumerate(batches)
    ]


def _cut(columns: Sequence[Columns]) -> Iterator[list[Input]]:
    """Cut the points into requests, in the order in which they stand."""
    series: list[Input] = []
    room = POINTS_PER_REQUEST
    for column in columns:
        start = 0
        while start < len(column):
            stop = min(start + room, len(column))
            series.append(column.cut(start, stop))
            room -= stop - start
            start = stop
            if room == 0 or len(series) == SERIES_PER_REQUEST:
                yield series
                series, room = [], POINTS_PER_REQUEST
    if series:
        yield series
