"""What a bad input means for what lies below it: make it again, measure it again, or choose again."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import Enum

from domain.ids import NodeKey, NodeKind
from domain.lineage.kinds import PRODUCING
from domain.lineage.links import Link
from domain.lineage.roles import Role
from domain.lineage.traces import Trace, allow_default


class Influence(Enum):
    """What is to be done with a hit of `impact`, the strongest first."""

    WEIGHTS = "WEIGHTS"
    MEASUREMENT = "MEASUREMENT"
    SELECTION = "SELECTION"


_REPORTS = frozenset({Role.REPORT, Role.LOG})


def makes(link: Link) -> bool:
    """Say whether the link is in the third walk: neither of choice, nor a report or log that leaves an Evaluation."""
    return allow_default(link) and not link.choice and not _is_report(link)


def makes_or_measures(link: Link) -> bool:
    """Say whether the link is in the second walk: not of choice."""
    return allow_default(link) and not link.choice


def judge_influence(
    hits: Collection[NodeKey],
    *,
    without_choice: Collection[NodeKey],
    without_reports: Collection[NodeKey],
    only_measured: Collection[NodeKey],
) -> dict[NodeKey, Influence]:
    """Return the influence of each hit, from what the three walks reached.

    `only_measured`: the versions that only Evaluations produced (`find_only_measured`).
    """
    return {
        node: _judge(node, without_choice=without_choice, without_reports=without_reports, only_measured=only_measured)
        for node in hits
    }


def find_only_measured(trace: Trace, versions: Collection[NodeKey]) -> set[NodeKey]:
    """Return those of the versions that were produced, and by Evaluations alone."""
    found = set()
    for version in versions:
        producers = [link.source for link in trace.inputs(version, *PRODUCING) if not link.inferred]
        if producers and all(producer.kind is NodeKind.EVALUATION for producer in producers):
            found.add(version)
    return found


def weigh(trace: Trace, starts: Collection[NodeKey]) -> Mapping[NodeKey, Influence]:
    """Return the influence of everything below the starts in a piece of the graph that holds all of it."""
    hits = [node for node in trace.walk_down(starts) if node not in starts]
    return judge_influence(
        hits,
        without_choice=trace.walk_down(starts, allow=makes_or_measures),
        without_reports=trace.walk_down(starts, allow=makes),
        only_measured=find_only_measured(trace, hits),
    )


def _judge(
    node: NodeKey,
    *,
    without_choice: Collection[NodeKey],
    without_reports: Collection[NodeKey],
    only_measured: Collection[NodeKey],
) -> Influence:
    if node.kind is NodeKind.EVALUATION or node in only_measured:
        return Influence.MEASUREMENT
    if node in without_reports:
        return Influence.WEIGHTS
    return Influence.MEASUREMENT if node in without_choice else Influence.SELECTION


def _is_report(link: Link) -> bool:
    return link.source.kind is NodeKind.EVALUATION and link.role in _REPORTS
