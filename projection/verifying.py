"""Verify a generation, and repair it: what was found, what was done, what is left."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog

from projection.comparing import compare
from projection.judging import Comparison, Difference
from projection.marking import Marker
from projection.repairing import check_drop, repair
from projection.targets import ProjectionTarget
from store.database import Database
from store.projections.generations import note_verified
from store.projections.snapshots import change_progress

log = structlog.get_logger()

SHOWN = 20


@dataclass(slots=True, kw_only=True)
class Report:
    """The outcome of a verification. `left` are differences that stand after a repair, or that none was asked for."""

    checked: int
    found: dict[str, int] = field(default_factory=dict)
    examples: list[str] = field(default_factory=list)
    unsettled: int = 0
    repaired: int = 0
    left: int = 0

    def tell(self) -> Mapping[str, Any]:
        """Return it as a task's result has it."""
        return {
            "checked": self.checked,
            "differences": self.found,
            "examples": self.examples,
            "unsettled": self.unsettled,
            "repaired": self.repaired,
            "left": self.left,
        }


async def verify(
    database: Database,
    target: ProjectionTarget,
    marker: Marker,
    generation: int,
    *,
    deep: bool,
    mend: bool,
    largest_drop: float,
    writing: asyncio.Lock,
    progress: Callable[[int], Awaitable[None]],
) -> Report:
    """Compare a generation with the record and, to `mend`, repair what differs and compare that again.

    Raises `Conflict` where the repair would drop more than a share of what the record has.
    """
    first = await compare(database, target, generation, deep=deep, progress=progress)
    report = _report(first)
    if mend and first.differences:
        check_drop(first.differences, first.checked, largest=largest_drop, anyway=largest_drop >= 1)
        async with writing:
            await repair(database, target, marker, generation, first.differences)
        second = await compare(database, target, generation, deep=deep, progress=progress)
        report.left = len(second.differences) + len(second.unsettled)
        report.repaired = len(first.differences) - len(second.differences)
        _log(target, second.differences)
    if not report.left:
        async with change_progress(database, tell=False) as driver:
            await note_verified(driver, target.name, generation)
    return report


def _report(comparison: Comparison) -> Report:
    differences = comparison.differences
    return Report(
        checked=comparison.checked,
        found=dict(sorted(Counter(one.verdict.value for one in differences).items())),
        examples=[
            f"{one.verdict}: {one.entity.key.kind.name.lower()} {one.entity.key.uuid} "
            f"of workspace {one.entity.workspace}"
            for one in differences[:SHOWN]
        ],
        unsettled=len(comparison.unsettled),
        left=len(differences) + len(comparison.unsettled),
    )


def _log(target: ProjectionTarget, differences: list[Difference]) -> None:
    for one in differences[:SHOWN]:
        log.error(
            "projection_differs",
            projection=target.name,
            verdict=one.verdict.value,
            kind=one.entity.key.kind.name,
            uid=str(one.entity.key.uuid),
        )
