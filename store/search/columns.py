"""What hits are ordered and counted by beside the values of keys: fields of their own, and of what they are about."""

from __future__ import annotations

from collections.abc import Iterable

from domain.filters import Field
from domain.search.documents import DocumentKind
from store.node_tables import LINEAGE
from store.run_table.fragments import Values
from store.search.subjects import NAMED

_OWN = {DocumentKind.NOTE: "notes", DocumentKind.ARTIFACT: "artifacts"}
_ABOUT = {DocumentKind.RUN: "runs", DocumentKind.EXPERIMENT: "experiments", DocumentKind.DATASET: "datasets",
          DocumentKind.MODEL: "models"}  # fmt: skip
_TABLES = {kind.name.lower(): table.name for kind, (table, _) in LINEAGE.items()}
_OF_RUNS = {
    Field.STATUS: "status",
    Field.HOST: "host",
    Field.NUMBER: "number",
    Field.STARTED_AT: "started_at",
    Field.ENDED_AT: "ended_at",
}
TYPES = {
    Field.CREATED_AT: "timestamptz",
    Field.STARTED_AT: "timestamptz",
    Field.ENDED_AT: "timestamptz",
    Field.NUMBER: "bigint",
}
"""The Postgres types of fields that are no texts."""


def name_column(field: Field) -> str:
    """Return the column of hits that has a field."""
    return f"field_{field.name.lower()}"


def select_hits(fields: Iterable[Field], values: Values) -> str:
    """Return the query that gives the rows of `found` with the columns of some fields, and the experiment."""
    wanted = sorted(set(fields))
    joins: dict[str, str] = {}
    columns = [f"{_write_column(field, joins, values)} AS {name_column(field)}" for field in wanted]
    experiment = f"COALESCE({_about('runs', joins, values)}.experiment, {_about('experiments', joins, values)}.id)"
    return f"SELECT f.*, {', '.join([f'{experiment} AS experiment', *columns])} FROM found f {' '.join(joins.values())}"


def _write_column(field: Field, joins: dict[str, str], values: Values) -> str:
    if field is Field.CREATED_AT:
        own = " ".join(
            f"WHEN {kind.node_kind.value} THEN {_row(kind, joins, values)}.created_at" for kind in DocumentKind
        )
        # As every adapter compares them: whole milliseconds.
        return f"date_trunc('milliseconds', CASE f.kind {own} END)"
    if field is Field.CREATED_BY:
        run, note = _row(DocumentKind.RUN, joins, values), _row(DocumentKind.NOTE, joins, values)
        return f"CASE f.kind WHEN 3 THEN {run}.created_by WHEN 4 THEN {note}.created_by END"
    if field is Field.KIND:
        others = [kind for kind in DocumentKind if kind is not DocumentKind.RUN]
        names = " ".join(f"WHEN {kind.node_kind.value} THEN '{kind.value}'" for kind in others)
        return f"CASE f.kind WHEN 3 THEN {_row(DocumentKind.RUN, joins, values)}.kind {names} END"
    if field in _OF_RUNS:
        return f"{_about('runs', joins, values)}.{_OF_RUNS[field]}"
    if field is Field.NAME:
        named = [f"{_about(LINEAGE[kind][0].name, joins, values)}.{column}" for kind, column in NAMED.items()]
        runs, experiments = _about("runs", joins, values), _about("experiments", joins, values)
        return f"COALESCE({runs}.name, {experiments}.name, {', '.join(named)})"
    if field is Field.OWNER:
        return f"COALESCE({', '.join(f'{_about(table, joins, values)}.owner' for table in _TABLES.values())})"
    raise ValueError(f"hits have no column {field}")


def _row(kind: DocumentKind, joins: dict[str, str], values: Values) -> str:
    """Return the alias of a document's own row."""
    if kind in _ABOUT:
        return _about(_ABOUT[kind], joins, values)
    table = _OWN[kind]
    name = f"own_{table}"
    joins[name] = f"LEFT JOIN {table} {name} ON {name}.workspace = {values.workspace} AND {name}.id = f.node"
    return name


def _about(table: str, joins: dict[str, str], values: Values) -> str:
    """Return the alias of the row of what a document is about."""
    name = f"about_{table}"
    joins[name] = f"LEFT JOIN {table} {name} ON {name}.workspace = {values.workspace} AND {name}.id = f.id"
    return name
