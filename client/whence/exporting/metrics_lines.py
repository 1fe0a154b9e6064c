"""From points of the record to import lines: a line for each attempt, columns for each thing they were measured on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import compress
from typing import Any

from whence.exporting.lineage_lines import refer
from whence.exporting.run_lines import is_resumed, list_attempts

Line = dict[str, Any]
POINTS_PER_LINE = 100_000
"""So that no line comes near the 64 MiB that an import takes."""
_COLUMNS = ("steps", "values", "timesMs")


def make_metrics_lines(run: Line, series: Iterable[Line], *, measured: bool) -> Iterator[Line]:
    """Give the lines of a run's points, some series in each: those that say what they were measured on, or the others.

    The former come after the lines about lineage, so that nothing is concluded from them before all is known.
    """
    held: list[Line] = []
    count, attempt = 0, None
    for of, piece in _cut(run, series, measured=measured):
        if held and (of != attempt or count + len(piece["steps"]) > POINTS_PER_LINE):
            yield _make_line(run, attempt, held)
            held, count = [], 0
        held.append(piece)
        attempt = of
        count += len(piece["steps"])
    if held:
        yield _make_line(run, attempt, held)


def _make_line(run: Line, attempt: str | None, series: list[Line]) -> Line:
    about = {"kind": "metrics", "run": run["uuid"]} | ({} if attempt is None else {"attempt": attempt})
    return about | {"series": series}


def _cut(run: Line, series: Iterable[Line], *, measured: bool) -> Iterator[tuple[str | None, Line]]:
    """Give pieces of series that a line can hold, each of one attempt and measured on one thing."""
    attempts = _name_attempts(run)
    contexts = [{}, *map(_tell, run["metricContexts"])]
    for one in series:
        for rank, context, columns in _split(one):
            if bool(contexts[context]) is not measured:
                continue
            for start in range(0, len(columns["steps"]), POINTS_PER_LINE):
                part = {name: column[start : start + POINTS_PER_LINE] for name, column in columns.items()}
                yield attempts[rank], {"key": one["key"]} | part | contexts[context]


def _name_attempts(run: Line) -> list[str | None]:
    """Return the attempt that a line names, by the rank of a point: none where the run's attempts are not told."""
    if not is_resumed(run):
        return [None] * (len(run["attempts"]) + 1)
    return [list_attempts(run)[0], *(one["id"] for one in run["attempts"])]


def _split(one: Line) -> Iterator[tuple[int, int, Line]]:
    """Give the points of a series by rank of the attempt and number of the context, each in the order of steps."""
    contexts = one["contexts"] or [0] * len(one["steps"])
    kinds = list(zip(one["attempts"], contexts, strict=True))
    for kind in sorted(set(kinds)):
        chosen = [each == kind for each in kinds]
        yield (*kind, {name: list(compress(one[name], chosen)) for name in _COLUMNS})


def _tell(context: Line) -> Line:
    """Return what points were measured on, and of, as a line says it; what no reference can name is left out."""
    told = {name: None if context[name] is None else refer(context[name]) for name in ("on", "of")}
    told["subset"] = context["subset"]
    return {name: value for name, value in told.items() if value is not None}
