"""How far each projection of the record is, what it put off, what it could not write, and its generations."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from store.tables.columns import Moment, Text, counted, given, key, maybe, metadata, recorded, workspace

projections = sa.Table(
    "projections",
    metadata,
    key("name", Text),
    counted("checkpoint"),
    counted("term"),
    counted("epoch"),
    given("trusted", sa.Boolean, server_default=sa.true()),
    given("last_generation", sa.Integer, server_default="0"),
    maybe("bookmark", Text),
    maybe("leader", Text),
    maybe("leader_since", Moment),
    maybe("waits_since", Moment),
    maybe("waits_for", Text),
    recorded("moved_at"),
    recorded("configured_at"),
)
"""One row a projection. `checkpoint`: every change at or below this position is written or stands in one of the two
tables below. `term` goes up with each leader, `epoch` with whatever changes answers without moving the checkpoint.
`trusted` is false from a raised incarnation until the projection was verified whole. `configured_at` is renewed while
some process has this projection in its settings: outbox rows are kept for those only."""

projection_generations = sa.Table(
    "projection_generations",
    metadata,
    key("projection", Text),
    key("number", sa.Integer),
    given("state", Text),
    recorded("started_at"),
    maybe("copied_at", Moment),
    maybe("serving_at", Moment),
    maybe("verified_at", Moment),
    counted("copied"),
    maybe("copied_through", Text),
    sa.Index(
        "ix_projection_generations_serving", "projection", unique=True, postgresql_where=sa.text("state = 'serving'")
    ),
)
"""Each is written from its first row on. `state`: building, serving, or kept (served before, still written)."""


def _deferred(name: str, *own: sa.schema.SchemaItem) -> sa.Table:
    """Return a table of entities whose rows the checkpoint has passed without their being written."""
    return sa.Table(
        name,
        metadata,
        workspace(),
        key("projection", Text),
        key("uid"),
        given("kind", sa.SmallInteger),
        given("revision", sa.BigInteger),
        given("changed", sa.SmallInteger),
        given("oldest", sa.BigInteger),
        given("newest", sa.BigInteger),
        given("newest_sequence", sa.BigInteger),
        *own,
    )


projection_pending = _deferred(
    "projection_pending",
    given("due", Moment),
    sa.Index("ix_projection_pending_due", "projection", "due"),
)
"""Put off: entities that change many times a second."""

projection_dead_letters = _deferred(
    "projection_dead_letters",
    given("error", Text),
    given("attempts", sa.Integer),
    recorded("first_at"),
    given("retry_at", Moment),
    sa.Index("ix_projection_dead_letters_retry_at", "projection", "retry_at"),
)
"""Refused: what no waiting would help."""

projection_marks = sa.Table(
    "projection_marks",
    metadata,
    key("projection", Text),
    key("nonce", sa.BigInteger),
    recorded("noted_at"),
)
"""What a projection keeps, or is about to keep, in its own store as its mark: committed after the moment of the record
that is then written, so a record without it is one from before that moment."""

projection_floors = sa.Table(
    "projection_floors",
    metadata,
    workspace(),
    key("projection", Text),
    key("uid"),
    given("kind", sa.SmallInteger),
    given("floor", sa.BigInteger),
)
"""What repair adds to an entity's fences, where the projection was found ahead of the record."""

projection_tasks = sa.Table(
    "projection_tasks",
    metadata,
    key("id"),
    given("projection", Text),
    given("kind", Text),
    given("options", JSONB, server_default="{}"),
    recorded("requested_at"),
    maybe("started_at", Moment),
    maybe("finished_at", Moment),
    counted("done"),
    maybe("total", sa.BigInteger),
    maybe("result", JSONB),
    maybe("error", Text),
    sa.Index("ix_projection_tasks_projection", "projection", "requested_at"),
)
"""Rebuild, verify, repair: asked for by anybody, done by the projection's leader."""
