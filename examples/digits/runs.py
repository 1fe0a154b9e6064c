"""Runs while they are under way: what they measured, read and made, written down when they have ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from examples.digits.journal import EXPERIMENT, Journal, Line, Ref
from examples.digits.surroundings import read_code, read_environment

AUTHOR = "examples"


@dataclass
class Run:
    """A run, and what is to be written of it after its own line: an edge needs a run that is there."""

    journal: Journal
    id: str
    name: str
    kind: str
    started_at: str
    params: Mapping[str, Any]
    parent: str | None = None
    series: dict[str, Line] = field(default_factory=dict)
    facts: list[tuple[str, Line]] = field(default_factory=list)

    def log(self, key: str, step: int, value: float, *, on: Ref | None = None, of: Ref | None = None) -> None:
        """Note what was measured at a step: on which data, and of which model."""
        said = {name: ref for name, ref in (("on", on), ("of", of)) if ref is not None}
        series = self.series.setdefault(key, {"key": key, "steps": [], "values": [], "timesMs": [], **said})
        series["steps"].append(step)
        series["values"].append(round(float(value), 6))
        series["timesMs"].append(int(self.journal.days.now().timestamp() * 1000))

    def use(self, node: Ref, role: str, **more: Any) -> None:
        """Note that it read something, now."""
        self._note("use", run=self.id, node=node, role=role, heldFrom=self.journal.now(), **more)

    def generate(self, node: Ref, role: str, **more: Any) -> None:
        """Note that it made something, now."""
        self._note("generate", run=self.id, node=node, role=role, heldFrom=self.journal.now(), **more)

    def describe(self, node: Ref, **facts: Any) -> None:
        """Note what is known of something that it made."""
        self._note("describe", node=node, facts=facts)

    def take_series(self) -> list[Line]:
        """Return what was measured since this was asked last."""
        taken, self.series = list(self.series.values()), {}
        return taken

    def take_facts(self) -> list[tuple[str, Line]]:
        """Return what was noted since this was asked last."""
        taken, self.facts = self.facts, []
        return taken

    def _note(self, kind: str, **fields: Any) -> None:
        self.facts.append((kind, fields))


def begin_run(journal: Journal, name: str, kind: str, *, parent: str | None = None, **params: Any) -> Run:
    """Return a run that begins now."""
    return Run(journal, journal.make_id(name), name, kind, journal.now(), params, parent)


def write_run(run: Run, *, entry_point: str, status: str = "FINISHED", note: str | None = None) -> None:
    """Write a run as it ended, now, and then what it read and made."""
    run.journal.write(
        "run",
        id=run.id,
        experiment=EXPERIMENT,
        name=run.name,
        runKind=run.kind,
        parent=run.parent,
        status=status,
        startedAt=run.started_at,
        endedAt=run.journal.now(),
        createdBy=AUTHOR,
        params=dict(run.params),
        notes=[{"text": note}] if note else [],
        code={**read_code(), "path": "examples/digits", "entryPoint": entry_point},
        environment=read_environment(),
    )
    for kind, fields in run.take_facts():
        run.journal.write(kind, **fields)
    series = run.take_series()
    if series:  # after what it read: so nobody concludes from its points what that was to it
        run.journal.write("metrics", run=run.id, series=series)
