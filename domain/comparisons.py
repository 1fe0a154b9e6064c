"""Runs side by side: what each has under a key, and whether they differ."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from domain.ids import RunID

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Compared(Generic[T]):
    """One key: what those runs have that have it. A run without it differs from one with it."""

    key: str
    values: Mapping[RunID, T]
    differs: bool


def compare(
    runs: Sequence[RunID], values: Mapping[RunID, Mapping[str, T]], is_same: Callable[[T, T], bool]
) -> list[Compared[T]]:
    """Return a row for each key that any of the runs has, by key."""
    keys = sorted({key for run in runs for key in values.get(run, {})})
    return [_compare_key(key, runs, values, is_same) for key in keys]


def _compare_key(
    key: str, runs: Sequence[RunID], values: Mapping[RunID, Mapping[str, T]], is_same: Callable[[T, T], bool]
) -> Compared[T]:
    found = {run: values[run][key] for run in runs if key in values.get(run, {})}
    first, *others = found.values()
    return Compared(key, found, len(found) < len(runs) or not all(is_same(first, other) for other in others))
