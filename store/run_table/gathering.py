"""Gathering: every hit of a filter, put into order; for filters that fulfil too few rows of a walk."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from domain.filters import Filter
from domain.times import EPOCH
from store.run_table.conditions import live
from store.run_table.cursors import Place
from store.run_table.fragments import TRUE, Statement, all_of
from store.run_table.lanes import Lane, join_keys, make_keys
from store.run_table.leads import find_all
from store.run_table.questions import Question
from store.run_table.sorting import Part, flatten, list_columns

# Materialised: else the planner walks along the order's index in the hope of many hits.
GATHERED = "WITH hits AS MATERIALIZED (SELECT {columns} FROM runs run WHERE {found}) {ordered}"

_NEUTRAL: dict[str, Any] = {
    "float8": 0.0,
    "bigint": 0,
    "smallint": 0,
    "boolean": False,
    "text": "",
    "timestamptz": EPOCH,
}


class Gathering:
    """All stretches in one statement: a row's first part is its stretch, the others those of every stretch in turn."""

    def __init__(self, question: Question, lead: Filter | None) -> None:
        self._question = question
        self._lead = lead
        self._values = question.begin()
        keys = make_keys(question, "hit", self._values)
        self._stretches = [stretch.parts for stretch in keys[0].stretches]
        parts = flatten(keys)
        parts = (Part("0", "integer"), *parts) if keys[0].is_total else parts
        self._lane = Lane(f"hits hit{join_keys(keys, 'hit')}", "hit.id", parts, (TRUE,))

    def select(self, after: Place | None, *, limit: int) -> Statement:
        """Return the first hits behind a place."""
        question, values = self._question, self._values
        found = [
            f"run.workspace = {values.workspace}",
            live("run", question.lifecycle, question.lookups, values),
            find_all(question.where, self._lead, "run", question.lookups, values),
        ]
        place = None if after is None else self._spread(after)
        ordered = self._lane.select(place, values.bind(limit, "bigint"), values, where=[])
        columns = ", ".join(f"run.{column}" for column in list_columns(question.orders))
        return GATHERED.format(columns=columns, found=all_of(found), ordered=ordered), values

    def read(self, row: sa.Row[Any]) -> Place:
        """Return the place of a row as walks know it."""
        run, stretch, *values = tuple(row)
        start = sum(map(len, self._stretches[:stretch]))
        own = len(self._stretches[stretch]) if stretch < len(self._stretches) else 0
        further = sum(map(len, self._stretches))
        return Place(stretch, (*values[start : start + own], *values[further:]), run)

    def _spread(self, place: Place) -> Place:
        """Return a place of a walk as the parts that a row has here."""
        own = len(self._stretches[place.stretch]) if place.stretch < len(self._stretches) else 0
        spread: list[Any] = [place.stretch]
        for number, parts in enumerate(self._stretches):
            if number == place.stretch:
                spread += place.values[:own]
            else:
                spread += [_NEUTRAL[part.kind] for part in parts]
        return Place(0, (*spread, *place.values[own:]), place.run)
