"""The outbox, and what positions need: incarnation, samples of (time, position)."""

from __future__ import annotations

import sqlalchemy as sa

from store.tables.columns import Moment, counted, given, key, maybe, metadata, recorded, workspace

incarnation = sa.Table(
    "incarnation",
    metadata,
    sa.Column("only", sa.Boolean, primary_key=True, server_default=sa.true()),
    given("number", sa.BigInteger, server_default="1"),
    maybe("system_identifier", sa.BigInteger),
    maybe("timeline", sa.BigInteger),
    recorded("raised_at"),
    counted("trimmed_through"),
    sa.CheckConstraint('"only"', name="one_row"),
)
"""One row. The number goes up when the record is restored or fails over; outbox rows through the position
`trimmed_through` are gone, and a cursor below it must start again."""

outbox_sequence = sa.Sequence("outbox_sequence", metadata=metadata)

outbox = sa.Table(
    "outbox",
    metadata,
    workspace(),
    key("position", sa.BigInteger),
    key("sequence", sa.BigInteger),
    given("nonce", sa.BigInteger),
    given("kind", sa.SmallInteger),
    given("uid", sa.Uuid),
    given("revision", sa.BigInteger),
    given("changed", sa.SmallInteger),
    recorded(),
    sa.Index("ix_outbox_position", "position", "sequence"),
)
"""What changed, in the transaction that changed it. `changed` adds up store.outbox.Changed."""

position_samples = sa.Table(
    "position_samples",
    metadata,
    sa.Column("taken_at", Moment, primary_key=True),
    given("position", sa.BigInteger),
)
"""Which position was safely behind at a time: how `asKnownAt` becomes a position."""
