"""Sends one line and says what came of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from whence.failures import BadLine, Problem
from whence.importing import documents
from whence.importing.lineage_requests import make_lineage_request, write_document
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
from whence.importing.requests import (
    Input,
    make_experiment,
    make_finish_batch,
    make_line_batches,
    make_metric_definition,
    make_resume,
    make_run,
    make_run_batches,
)
from whence.service import Payload, Service, find_problem, require


@dataclass(frozen=True)
class Sent:
    """What the service took of a line. Of one that it knew already it says the same again."""

    points: int = 0
    runs_made: int = 0
    runs_known: int = 0


def send_entry(service: Service, entry: Entry) -> Sent:
    """Send a line. Raises `BadLine` for what the service refuses of it, `Unreachable` when nothing answers."""
    try:
        match entry.line:
            case RunLine():
                return _send_run(service, entry, entry.line)
            case MetricsLine() | NoteLine() | FileLine():
                return Sent(points=_send_batches(service, make_line_batches(entry, entry.line)))
            case MetricDefinitionLine():
                answer = service.execute(documents.DEFINE_METRIC, {"input": make_metric_definition(entry.line)})
                require(answer["defineMetric"])
            case ExperimentLine():
                _send_experiment(service, entry.line)
            case ResumeLine():
                answer = service.execute(documents.RESUME_RUN, {"input": make_resume(entry, entry.line)})
                require(answer["resumeRun"])
            case FinishLine():
                _send_batches(service, [make_finish_batch(entry, entry.line)])
            case _:
                name, given = make_lineage_request(entry.line, entry.raw)
                require(service.execute(write_document(name), {"input": given})[name])
        return Sent()
    except Problem as problem:
        if problem.retriable or problem.code == "DENIED":
            raise
        field = _name_field(problem.path)
        raise BadLine(
            f"{problem.message} ({problem.code})", source=entry.source, line=entry.number, field=field
        ) from problem


def _send_run(service: Service, entry: Entry, line: RunLine) -> Sent:
    first, *others = make_run_batches(entry, line)
    answer = service.execute(documents.CREATE_RUN, {"run": make_run(line), "batch": first})
    known = _is_taken(answer["createRun"])
    if not known:
        require(answer["createRun"])
    points = _accepted(answer) + _send_batches(service, others)
    return Sent(points=points, runs_made=int(not known), runs_known=int(known))


def _is_taken(payload: Payload) -> bool:
    """Whether the run is there already: imported before, or made by an attempt whose answer got lost."""
    problem = find_problem(payload)
    return problem is not None and problem.code == "CONFLICT" and problem.path[-1:] == ("id",)


def _send_batches(service: Service, batches: Iterable[Input]) -> int:
    return sum(_accepted(service.execute(documents.LOG_BATCH, {"batch": batch})) for batch in batches)


def _accepted(answer: Payload) -> int:
    return int(require(answer["logBatch"])["accepted"])


def _send_experiment(service: Service, line: ExperimentLine) -> None:
    answer = service.execute(documents.CREATE_EXPERIMENT, {"input": make_experiment(line)})["createExperiment"]
    problem = find_problem(answer)
    if problem is not None and problem.code != "CONFLICT":  # one of that name stays as it is
        raise problem


def _name_field(path: Iterable[str]) -> str:
    """Return a path of the service as a place in the line: `series[0].stepsPacked`."""
    steps = [step for step in path if step not in ("input", "createRun", "logBatch")]
    return "".join(f"[{step}]" if step.isdigit() else f".{step}" for step in steps).lstrip(".")
