"""Edges of lineage by their intervals, the facts they follow from, Evaluations, declared sources, and what was purged.

A row of `edges` is one interval (domain/lineage/edges.py) with its edge repeated in it, so that a walk reads one table
and nothing beside its index. Kinds, roles, origins and modes are the values of the domain's enums. A row never changes
but for `retracted`, and is never deleted; open is what nobody retracted.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from domain.lineage.edges import NEVER
from store.tables.columns import Column, Moment, Text, given, key, maybe, metadata, recorded, workspace


def known() -> tuple[Column, Column]:
    """Return the positions between which a row is known: recorded <= p < retracted."""
    return (
        given("recorded", sa.BigInteger),
        given("retracted", sa.BigInteger, server_default=str(int(NEVER))),
    )


def said() -> tuple[sa.Column[Any], ...]:
    """Return what an edge, or a fact that edges follow from, says beside its ends."""
    return (
        maybe("role", sa.SmallInteger),
        maybe("of_run", sa.Uuid),
        maybe("subset", Text),
        given("origin", sa.SmallInteger),
        given("producer", Text, server_default=""),
        given("held_from", Moment),
        maybe("held_to", Moment),
        given("own_time", sa.Boolean, server_default=sa.false()),
        maybe("range", JSONB),
        maybe("step", sa.BigInteger),
        maybe("mode", sa.SmallInteger),
        maybe("path", Text),
        maybe("entry_point", Text),
        maybe("evidence", Text),
    )


edges = sa.Table(
    "edges",
    metadata,
    workspace(),
    key("id"),
    key("n", sa.Integer),
    given("kind", sa.SmallInteger),
    given("source_kind", sa.SmallInteger),
    given("source", sa.Uuid),
    given("target_kind", sa.SmallInteger),
    given("target", sa.Uuid),
    *said(),
    given("own_role", sa.Boolean, server_default=sa.true()),
    given("choice", sa.Boolean, server_default=sa.false()),
    given("overlapping", sa.Boolean, server_default=sa.false()),
    maybe("unbound", sa.Uuid),
    *known(),
    sa.Index(
        "ix_edges_target",
        *("workspace", "target", "kind", "retracted", "recorded", "held_from"),
        postgresql_include=["source", "source_kind"],
    ),
    sa.Index(
        "ix_edges_source",
        *("workspace", "source", "kind", "retracted", "recorded", "held_from"),
        postgresql_include=["target", "target_kind"],
    ),
    sa.Index("ix_edges_unbound", "workspace", "unbound", postgresql_where=sa.text("unbound IS NOT NULL")),
)

unbound_facts = sa.Table(
    "unbound_facts",
    metadata,
    workspace(),
    key("id"),
    key("n", sa.Integer),
    given("kind", sa.SmallInteger),
    given("name_kind", sa.SmallInteger),
    given("name", sa.Uuid),
    maybe("alias", Text),
    given("other_kind", sa.SmallInteger),
    given("other", sa.Uuid),
    *said(),
    *known(),
    sa.Index("ix_unbound_facts_name", "workspace", "name", "retracted"),
    sa.Index("ix_unbound_facts_other", "workspace", "other", "retracted"),
)
"""What was said of a name, not of a version: a dataset that a run read, a model by its alias. The edges that follow
name this fact's id in `unbound`, and move when other facts arrive."""

evaluations = sa.Table(
    "evaluations",
    metadata,
    workspace(),
    key("id"),
    given("of_run", sa.Uuid),
    recorded(),
)
"""The measuring sides of runs, once they have an edge; `id` is UUIDv5 of the run's and `evaluation`."""

declared_sources = sa.Table(
    "declared_sources",
    metadata,
    workspace(),
    key("node"),
    key("n", sa.Integer),
    given("kind", sa.SmallInteger),
    given("producer", Text, server_default=""),
    *known(),
)
"""Versions that somebody declared to be where lineage begins."""

spellings = sa.Table(
    "spellings",
    metadata,
    workspace(),
    key("kind", sa.SmallInteger),
    key("folded", sa.LargeBinary),
    key("node"),
)
"""Names by what is left of them without case, dashes and look-alike letters (domain/lineage/names.py), as a digest."""

audits = sa.Table(
    "audits",
    metadata,
    workspace(),
    key("id"),
    given("action", Text),
    given("kind", sa.SmallInteger),
    given("node", sa.Uuid),
    maybe("principal", Text),
    given("detail", JSONB, server_default="{}"),
    recorded(),
    sa.Index("ix_audits_node", "workspace", "node"),
)
"""Who took away for good what others rest on, and what that was."""
