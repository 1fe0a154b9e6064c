"""Aggregates over plain numbers: the definition of groups and of what is counted in them."""

from __future__ import annotations

import math
from collections import defaultdict
from itertools import product
from typing import Any

from domain.pages import Count
from domain.search.aggregates import AggregateAnswer, AggregateQuestion, Group, Measure, Measured
from domain.search.answers import COMPLETE, Completeness, GroupKey, Reason
from domain.search.computing import compute
from domain.search.documents import SearchDocument
from search.memory.bucketing import order_value, read_values

NO_VALUE: tuple[int, Any] = (9, 0)
"""Behind every value: the group of those without the key is the last of its count."""


def aggregate(question: AggregateQuestion, runs: list[SearchDocument]) -> AggregateAnswer:
    """Group runs and measure each group; a run with several values under a dimension is in several groups."""
    members: dict[tuple[tuple[int, Any], ...], list[SearchDocument]] = defaultdict(list)
    shown: dict[tuple[tuple[int, Any], ...], tuple[GroupKey, ...]] = {}
    for run in runs:
        values: list[list[Any]] = [list(read_values(by, run)) or [None] for by in question.by]
        for choice in product(*values):
            key = tuple(NO_VALUE if value is None else order_value(value) for value in choice)
            members[key].append(run)
            pairs = zip(question.by, choice, strict=True)
            shown[key] = tuple(GroupKey(by, value) for by, value in pairs)
    ordered = sorted(members, key=lambda key: (-len(members[key]), key))
    groups = tuple(
        Group(shown[key], len(members[key]), _measure_all(question, members[key])) for key in ordered[: question.first]
    )
    left = len(ordered) - len(groups)
    reasons = ((Reason.BUCKETS_CUT,) if left else ()) + (
        (Reason.SCOPE_CUT,) if question.scope is not None and question.scope.is_cut else ()
    )
    return AggregateAnswer(
        groups=groups,
        left_out=Count(left, exact=True),
        completeness=Completeness(reasons) if reasons else COMPLETE,
    )


def _measure_all(question: AggregateQuestion, runs: list[SearchDocument]) -> tuple[Measured, ...]:
    return tuple(measured for measure in question.measures for measured in _measure(measure, runs))


def _measure(measure: Measure, runs: list[SearchDocument]) -> list[Measured]:
    found = [(run, run.dimensions.metrics.get(measure.key, {}).get(measure.of)) for run in runs]
    there = [(run, float(value)) for run, value in found if value is not None]
    finite = sorted(value for _, value in there if math.isfinite(value))
    unfinished = sum(run.dimensions.is_unfinished for run, _ in there)
    counted = (len(runs) - len(there), len(there) - len(finite), unfinished)
    return [
        Measured(measure.key, measure.of, function, compute(function, finite), *counted)
        for function in measure.functions
    ]
