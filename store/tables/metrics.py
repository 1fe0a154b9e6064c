"""Metric points: segments as they arrive, chunks as they are kept, summaries, attempts and what was received."""

from __future__ import annotations

import sqlalchemy as sa

from store.tables.columns import (
    Column,
    Text,
    counted,
    given,
    key,
    maybe,
    metadata,
    recorded,
    run_reference,
    workspace,
)


def packed(name: str, *, nullable: bool = False) -> Column:
    """Return a column of compressed bytes, which Postgres must not try to compress again."""
    return sa.Column(name, sa.LargeBinary, nullable=nullable, info={"storage": "EXTERNAL"})


def point(prefix: str, *, ranked: bool = False, nullable: bool = False) -> tuple[Column, ...]:
    """Return the columns of one point of a summary or header: step, time in ms, value, and its attempt's rank."""
    columns = [
        sa.Column(f"{prefix}_step", sa.BigInteger, nullable=nullable),
        sa.Column(f"{prefix}_time", sa.BigInteger, nullable=nullable),
        sa.Column(f"{prefix}_value", sa.Double, nullable=nullable),
    ]
    return (*columns, given(f"{prefix}_rank", sa.Integer)) if ranked else tuple(columns)


def summary() -> tuple[Column, ...]:
    """Return what a summary holds. NaN counts and can be `last`; `min` and `max` are null when all points are NaN."""
    return (
        given("count", sa.BigInteger),
        given("nans", sa.BigInteger),
        given("infinities", sa.BigInteger),
        *point("first", ranked=True),
        *point("last", ranked=True),
        *point("min", nullable=True),
        *point("max", nullable=True),
    )


metric_segments = sa.Table(
    "metric_segments",
    metadata,
    workspace(),
    key("run"),
    key("order", sa.BigInteger),
    given("attempt", sa.Integer),
    given("nonce", sa.BigInteger),
    given("points", sa.Integer),
    given("lowest_step", sa.BigInteger),
    given("highest_step", sa.BigInteger),
    packed("payload"),
)
"""One write request of one run, all its points in columns. `order` is taken from the run's counters under lock, so
segments become visible in that order. No tie to `runs`: it would cost a lookup a row; the counters row is locked."""

metric_chunks = sa.Table(
    "metric_chunks",
    metadata,
    workspace(),
    key("run"),
    key("key", sa.Integer),
    key("attempt", sa.Integer),
    key("last_step", sa.BigInteger),
    key("number", sa.BigInteger),
    given("count", sa.Integer),
    given("nans", sa.Integer),
    given("infinities", sa.Integer),
    *point("first"),
    given("last_time", sa.BigInteger),
    given("last_value", sa.Double),
    *point("min", nullable=True),
    *point("max", nullable=True),
    given("sum", sa.Double),
    given("lowest_order", sa.BigInteger),
    given("highest_order", sa.BigInteger),
    given("repeats", sa.Boolean),
    maybe("context", sa.Integer),
    packed("steps"),
    packed("times"),
    packed("values"),
    packed("orders"),
    packed("contexts", nullable=True),
)
"""Points of one (run, key, attempt) by (step, time, order); replaced, never updated. `sum` is that of the finite
values, infinite where it is too large. `repeats` says that a step occurs twice; `context` is the one of all its points,
null when they have several."""

metric_nonces = sa.Table(
    "metric_nonces",
    metadata,
    workspace(),
    key("run"),
    key("first_order", sa.BigInteger),
    given("nonces", sa.LargeBinary),
)
"""The nonces of segments that became chunks, eight bytes each from `first_order` on: cursors are checked for ever."""

metric_summaries = sa.Table(
    "metric_summaries",
    metadata,
    workspace(),
    key("run"),
    key("key", sa.Integer),
    *summary(),
    given("recomputing", sa.Boolean, server_default=sa.false()),
    sa.Index("ix_metric_summaries_last", "workspace", "key", "last_value", "run"),
    sa.Index("ix_metric_summaries_min", "workspace", "key", "min_value", "run"),
    sa.Index("ix_metric_summaries_max", "workspace", "key", "max_value", "run"),
    postgresql_with={"fillfactor": 70},
)
"""One row a series, there only while it has points that are not superseded. `recomputing` says that a resume has
superseded points that still are in it."""

metric_measurements = sa.Table(
    "metric_measurements",
    metadata,
    workspace(),
    key("run"),
    key("key", sa.Integer),
    key("context", sa.Integer),
    *summary(),
)
"""The summary of those points of a series that were measured on, or of, the same: a row a context but for none (0)."""

metric_contexts = sa.Table(
    "metric_contexts",
    metadata,
    workspace(),
    key("run"),
    key("number", sa.Integer),
    maybe("on_kind", sa.SmallInteger),
    maybe("on_node", sa.Uuid),
    maybe("subset", Text),
    maybe("of_kind", sa.SmallInteger),
    maybe("of_node", sa.Uuid),
    recorded(),
    sa.Index("ix_metric_contexts_on", "workspace", "on_node", "run"),
    sa.Index("ix_metric_contexts_of", "workspace", "of_node", "run"),
)
"""What points of a run were measured on (a version and a subset of it) and of (a checkpoint or model version),
numbered from 1 in the run."""

metric_definitions = sa.Table(
    "metric_definitions",
    metadata,
    workspace(),
    key("experiment"),
    key("key", sa.Integer),
    maybe("goal", Text),
    maybe("unit", Text),
    maybe("step_metric", sa.Integer),
    given("raising", sa.Boolean, server_default=sa.false()),
    recorded("updated_at"),
    sa.ForeignKeyConstraint(["workspace", "experiment"], ["experiments.workspace", "experiments.id"]),
)
"""The goal (`MIN`, `MAX`), unit and step metric of a key in an experiment: the only source of "best". While `raising`,
the revisions of runs that have the metric are still to be raised for a changed goal."""

attempts = sa.Table(
    "attempts",
    metadata,
    workspace(),
    key("run"),
    key("number", sa.Integer),
    given("id", sa.Uuid),
    maybe("after", sa.Uuid),
    given("restart_count", sa.Integer, server_default="0"),
    maybe("from_step", sa.BigInteger),
    given("declared", sa.Boolean),
    recorded(),
    sa.UniqueConstraint("workspace", "run", "id"),
)
"""Attempts of a run by arrival, numbered from 1 (0 is what was written before any attempt was named). One that is not
`declared` was only named by a write so far. Their order is domain/attempts.py's."""

compaction = sa.Table(
    "compaction",
    metadata,
    workspace(),
    key("run"),
    counted("next_chunk"),
    maybe("pass_order", sa.BigInteger),
    maybe("pass_key", sa.Integer),
    given("recomputing", sa.Boolean, server_default=sa.false()),
    run_reference(),
    sa.Index("ix_compaction_recomputing", "workspace", "run", postgresql_where=sa.text("recomputing")),
    postgresql_with={"fillfactor": 70},
)
"""One row a run, made with it: whoever holds its lock moves the run's points. In a pass over more series than one
transaction takes, segments through `pass_order` are in chunks already for the keys through `pass_key`."""

received = sa.Table(
    "received",
    metadata,
    workspace(),
    key("run"),
    key("writer"),
    given("high_water", sa.BigInteger),
    given("gaps", sa.ARRAY(sa.BigInteger), server_default="{}"),
    recorded("updated_at"),
    postgresql_with={"fillfactor": 70},
)
"""Which sequences of a writer were taken, for ever: all through `high_water` but for `gaps`, a flat list of first and
last numbers."""

received_digests = sa.Table(
    "received_digests",
    metadata,
    workspace(),
    key("run"),
    key("writer"),
    key("sequence", sa.BigInteger),
    given("digest", sa.LargeBinary),
    recorded("received_at"),
)
"""The digest of each body that was taken under a sequence, until 30 days after its writer was last heard of: the same
sequence with another body is a conflict."""
