"""The judged list: thirty questions over the demo's notes, and the notes that answer them, found by reading all 119."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

JUDGED = Path(__file__).with_name("judged.json")


class Judged(NamedTuple):
    """A question, what an engineer types for it, the paths of the notes that answer it, and why these."""

    question: str
    text: str
    notes: frozenset[str]
    why: str


def read_judged() -> list[Judged]:
    """Return the thirty questions in the order of the file."""
    return [
        Judged(one["question"], one["text"], frozenset(one["notes"]), one["why"])
        for one in msgspec.json.decode(JUDGED.read_bytes())
    ]


def measure_recall(found: Sequence[str], wanted: frozenset[str], *, at: int = 10) -> float:
    """Return the share of the wanted notes among the first ones found."""
    return len(wanted & set(found[:at])) / min(len(wanted), at)


def measure_rank(found: Sequence[str], wanted: frozenset[str]) -> float:
    """Return one over the place of the first wanted note, nothing where none was found."""
    return next((1 / place for place, path in enumerate(found, start=1) if path in wanted), 0.0)
