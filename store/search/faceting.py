"""Facets: hits counted by a dimension, as queries over the hits of a statement."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from domain.filters import Field
from domain.lineage.edges import NEVER
from domain.lineage.kinds import EdgeKind
from domain.parameters import ParameterType, join_number
from domain.search.answers import Bucket, BucketValue, FacetAnswer
from domain.search.own_leaves import FIELDS
from domain.search.questions import DATES, By, Dimension, Facet, Interval
from domain.search.shortening import shorten
from store.run_table.fragments import Values
from store.run_table.sorting import UNKNOWN
from store.search.asking import Asked
from store.search.columns import name_column

BOOLEAN, NUMBER, TEXT, TIME = range(4)
"""Types of values, in their order."""

NO_NUMBER = "NULL::float8 AS number, NULL::smallint AS rest"

# What a run has at either side: the run itself, or the side it is measured on.
SIDES = (
    "(SELECT hit.id AS side, hit.node FROM hits hit UNION ALL SELECT m.target, hit.node FROM hits hit "
    "JOIN edges m ON m.workspace = {workspace} AND m.source = hit.id AND m.kind = {measured} AND m.retracted = {never})"
)
DATA = (
    "(SELECT DISTINCT s.node, d.name AS value FROM {sides} s JOIN edges e ON e.workspace = {workspace} "
    "AND ((e.target = s.side AND e.kind = {used}) OR (e.source = s.side AND e.kind = {generated})) "
    "AND e.retracted = {never} JOIN dataset_versions v ON v.workspace = {workspace} "
    "AND v.id = CASE WHEN e.target = s.side THEN e.source ELSE e.target END "
    "JOIN datasets d ON d.workspace = {workspace} AND d.id = v.dataset)"
)
CODE = (
    "(SELECT DISTINCT hit.node, c.commit AS value FROM hits hit JOIN edges e ON e.workspace = {workspace} "
    "AND e.target = hit.id AND e.kind = {ran_code} AND e.retracted = {never} "
    "JOIN code_revisions c ON c.workspace = {workspace} AND c.id = e.source)"
)
ENVIRONMENTS = (
    "(SELECT DISTINCT hit.node, digest AS value FROM hits hit JOIN edges e ON e.workspace = {workspace} "
    "AND e.target = hit.id AND e.kind = {ran_in} AND e.retracted = {never} "
    "JOIN environments c ON c.workspace = {workspace} AND c.id = e.source "
    "CROSS JOIN LATERAL (VALUES (c.image_digest), (c.lock_digest)) AS each (digest) WHERE digest IS NOT NULL)"
)
SURROUNDINGS = {Dimension.DATASET: DATA, Dimension.COMMIT: CODE, Dimension.ENVIRONMENT: ENVIRONMENTS}


def list_facet_fields(dimensions: Sequence[By]) -> list[Field]:
    """Return the fields that dimensions need as columns of hits."""
    fields = (FIELDS[by.dimension] for by in dimensions if by.dimension in FIELDS)
    return [field for field in fields if field is not Field.EXPERIMENT]


def select_values(by: By, asked: Asked, values: Values) -> str:
    """Return the query of (node, type, number, rest, value) of every hit that has a value that can be shown."""
    if by.dimension is Dimension.TAG:
        key = values.bind(asked.lookups.keys.get(by.key or "", UNKNOWN), "integer")
        return (
            f"SELECT hit.node, {TEXT} AS type, {NO_NUMBER}, v.value FROM hits hit JOIN tags v "
            f"ON v.workspace = {values.workspace} AND v.subject = hit.id AND v.key = {key}"
        )
    if by.dimension is Dimension.PARAM:
        return _select_parameter(by, asked, values)
    if by.dimension in SURROUNDINGS:
        source = SURROUNDINGS[by.dimension].format(
            sides=SIDES.format(workspace=values.workspace, measured=EdgeKind.MEASURED_IN.value, never=int(NEVER)),
            workspace=values.workspace,
            used=EdgeKind.USED.value,
            generated=EdgeKind.GENERATED.value,
            ran_code=EdgeKind.RAN_CODE.value,
            ran_in=EdgeKind.RAN_IN.value,
            never=int(NEVER),
        )
        return f"SELECT v.node, {TEXT} AS type, {NO_NUMBER}, v.value FROM {source} v"
    if by.dimension is Dimension.EXPERIMENT:
        return (
            f"SELECT hit.node, {TEXT} AS type, {NO_NUMBER}, x.name AS value FROM hits hit JOIN experiments x "
            f"ON x.workspace = {values.workspace} AND x.id = hit.experiment"
        )
    column = f"hit.{name_column(FIELDS[by.dimension])}"
    if by.dimension in DATES:
        start = f"(extract(epoch FROM {_write_start(column, by, values)}) * 1000)::bigint::text"
        shown = f"{TIME} AS type, {NO_NUMBER}, {start} AS value"
    else:
        shown = f"{TEXT} AS type, {NO_NUMBER}, {column} AS value"
    return f"SELECT hit.node, {shown} FROM hits hit WHERE {column} IS NOT NULL"


def select_facet(number: int, facet: Facet, asked: Asked, values: Values) -> str:
    """Return the rows of a facet as (part, n, texts): 0 the sums, then the buckets."""
    first = values.bind(facet.first, "bigint")
    order = "value::bigint" if facet.dimension in DATES else "count DESC, type, number, rest, value"
    return (
        f"(WITH valued AS MATERIALIZED ({select_values(facet, asked, values)}), counted AS ("
        f"SELECT type, number, rest, value, count(*) AS count FROM valued GROUP BY type, number, rest, value), "
        f"ranked AS (SELECT *, row_number() OVER (ORDER BY {order}) AS n FROM counted) "
        f"SELECT {number} AS part, 0::bigint AS n, "
        f"ARRAY[COALESCE((SELECT sum(count) FROM ranked WHERE n > {first}), 0)::text, "
        f"((SELECT count(*) FROM hits) - (SELECT count(DISTINCT node) FROM valued))::text] AS texts "
        f"UNION ALL SELECT {number}, n, ARRAY[type::text, number::text, rest::text, value, count::text] "
        f"FROM ranked WHERE n <= {first})"
    )


def read_facet(facet: Facet, rows: Sequence[Sequence[str]], *, exact: bool) -> FacetAnswer:
    """Return the facet that its rows are, in their order."""
    sums, *buckets = rows
    return FacetAnswer(
        facet=facet,
        buckets=tuple(Bucket(read_value(*row[:4]), int(row[4])) for row in buckets),
        other=int(sums[0]),
        missing=int(sums[1]),
        exact=exact,
    )


def read_value(kind: str, number: str | None, rest: str | None, text: str | None) -> BucketValue:
    """Return a value as buckets show it."""
    match int(kind):
        case 0:
            return text == "true"
        case 1:
            return join_number(float(number or 0), int(rest or 0))
        case 2:
            return shorten(text or "")
        case _:
            return datetime.fromtimestamp(0, UTC) + _milliseconds(int(text or 0))


def _milliseconds(count: int) -> timedelta:
    return timedelta(milliseconds=count)


def _select_parameter(by: By, asked: Asked, values: Values) -> str:
    key = values.bind(asked.lookups.keys.get(by.key or "", UNKNOWN), "integer")
    return (
        f"SELECT hit.node, CASE WHEN v.boolean IS NOT NULL THEN {BOOLEAN} WHEN v.number IS NOT NULL THEN {NUMBER} "
        f"ELSE {TEXT} END AS type, v.number, CASE WHEN v.number IS NOT NULL THEN v.rest END AS rest, "
        f"CASE WHEN v.boolean IS NOT NULL THEN v.boolean::text WHEN v.number IS NULL THEN v.raw END AS value "
        f"FROM hits hit JOIN parameters v ON v.workspace = {values.workspace} AND v.run = hit.id AND v.key = {key} "
        f"WHERE v.type <> {int(ParameterType.JSON)}"
    )


def _write_start(column: str, by: By, values: Values) -> str:
    """Return the moment at which the interval of a time begins."""
    zone = values.bind(by.time_zone, "text")
    interval = by.interval or Interval.DAY
    if interval is Interval.HOUR:
        # By the clock of the zone, but apart for an hour that it shows twice.
        local = f"({column} AT TIME ZONE {zone})"
        return f"{column} - ({local} - date_trunc('hour', {local}))"
    return f"date_trunc('{interval.lower()}', {column} AT TIME ZONE {zone}) AT TIME ZONE {zone}"
