"""Where a text has what was looked for: marks by offsets in code points, and the fragments around them; never HTML."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from domain.text.analysis import Analysis, analyse
from domain.text.matching import find_rows
from domain.text.terms import Term

FRAGMENTS = 3
"""Fragments of one text."""

FRAGMENT_LENGTH = 160
"""Code points of a fragment, more where a mark is longer."""

MARK_LIMIT = 10_000
"""Marks that are looked for in one text."""


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """From `start` to before `end`, in code points."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Fragment:
    """A piece of a text, and the marks in it, counted from its start."""

    text: str
    marks: tuple[Mark, ...]


def find_marks(found: Analysis, terms: Iterable[Term]) -> list[Mark]:
    """Return the places of all that the terms match, in order; those that touch or overlap are one."""
    marks: set[Mark] = set()
    parts = [token.text for token in found.parts]
    for term in terms:
        marks |= _find_term(found, parts, term)
        if len(marks) > MARK_LIMIT:
            break
    return _merge(sorted(marks)[:MARK_LIMIT])


def make_fragments(text: str, terms: Sequence[Term]) -> tuple[Fragment, ...]:
    """Return the fragments of a text that show most of what the terms match, in the order of the text."""
    marks = find_marks(analyse(text), terms)
    windows = _gather(marks)
    best = sorted(sorted(windows, key=lambda window: -len(window))[:FRAGMENTS], key=lambda window: window[0])
    return tuple(_cut(text, window) for window in best)


def _find_term(found: Analysis, parts: Sequence[str], term: Term) -> set[Mark]:
    rows = find_rows(parts, term.parts, is_open=term.is_open) if term.parts else []
    marks = {Mark(found.parts[at].start, found.parts[at + len(term.parts) - 1].end) for at in rows}
    if term.whole is not None:
        whole, seen = term.whole, {mark.start for mark in marks}
        marks |= {  # where a part of a word is marked, the rest of the word need not be
            Mark(token.start, token.end)
            for token in (*found.wholes, *found.inner, *found.parts)
            if token.start not in seen and (token.text.startswith(whole) if term.is_open else token.text == whole)
        }
    if term.stem is not None:
        marks |= {Mark(token.start, token.end) for token in found.stems if token.text == term.stem}
    return marks


def _merge(marks: Iterable[Mark]) -> list[Mark]:
    merged: list[Mark] = []
    for mark in marks:
        if merged and mark.start <= merged[-1].end:
            merged[-1] = replace(merged[-1], end=max(merged[-1].end, mark.end))
        else:
            merged.append(mark)
    return merged


def _gather(marks: Sequence[Mark]) -> list[list[Mark]]:
    """Return marks that fit into one fragment together."""
    windows: list[list[Mark]] = []
    for mark in marks:
        if windows and mark.end - windows[-1][0].start <= FRAGMENT_LENGTH:
            windows[-1].append(mark)
        else:
            windows.append([mark])
    return windows


def _cut(text: str, window: Sequence[Mark]) -> Fragment:
    """Cut a fragment around its marks, at blanks where there are any near."""
    first, last = window[0].start, window[-1].end
    room = max(0, FRAGMENT_LENGTH - (last - first))
    start, end = max(0, first - room // 2), min(len(text), last + room - room // 2)
    if start and (blank := text.find(" ", start, first)) != -1:
        start = blank + 1
    if end < len(text) and (blank := text.rfind(" ", last, end)) != -1:
        end = blank
    return Fragment(text[start:end], tuple(Mark(mark.start - start, mark.end - start) for mark in window))
