"""Runs and what stands on them: parameters, tags, notes, artifacts, and the counters that move with every request."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR

from store.tables.columns import (
    Instant,
    Moment,
    Text,
    counted,
    given,
    key,
    maybe,
    metadata,
    recorded,
    revisions,
    run_reference,
    workspace,
)

runs = sa.Table(
    "runs",
    metadata,
    workspace(),
    key("id"),
    given("experiment", sa.Uuid),
    given("number", sa.BigInteger),
    given("name", Text),
    maybe("description", Text),
    given("kind", Text),
    given("status", Text),
    maybe("parent", sa.Uuid),
    maybe("attempt", sa.Uuid),
    maybe("created_by", Text),
    maybe("host", Text),
    given("started_at", Instant),
    maybe("ended_at", Instant),
    given("created_at", Instant, server_default=sa.func.now()),
    maybe("archived_at", Moment),
    maybe("deleted_at", Moment),
    given("version", sa.BigInteger, server_default="1"),
    sa.ForeignKeyConstraint(["workspace", "experiment"], ["experiments.workspace", "experiments.id"]),
    sa.ForeignKeyConstraint(["workspace", "parent"], ["runs.workspace", "runs.id"]),
    sa.UniqueConstraint("workspace", "experiment", "number"),
    sa.Index("ix_runs_created", "workspace", "created_at", "id"),
    sa.Index("ix_runs_experiment_created", "workspace", "experiment", "created_at", "id"),
    sa.Index("ix_runs_started", "workspace", "started_at", "id"),
    sa.Index("ix_runs_experiment_started", "workspace", "experiment", "started_at", "id"),
    sa.Index("ix_runs_ended", "workspace", "ended_at", "id"),
    sa.Index("ix_runs_status", "workspace", "status", "created_at", "id"),
    sa.Index("ix_runs_parent", "workspace", "parent", "created_at", "id"),
    sa.Index(
        "ix_runs_hidden",
        "workspace",
        "id",
        postgresql_where=sa.text("deleted_at IS NOT NULL OR archived_at IS NOT NULL"),
    ),
    sa.Index("ix_runs_name", "workspace", sa.text("left(name, 128)"), "id"),
    sa.Index("ix_runs_created_by", "workspace", sa.text("left(created_by, 128)"), "id"),
)

run_counters = sa.Table(
    "run_counters",
    metadata,
    workspace(),
    key("run"),
    given("revision", sa.BigInteger, server_default="1"),
    given("graph_revision", sa.BigInteger, server_default="1"),
    maybe("heartbeat", Moment),
    maybe("heartbeat_seconds", sa.Integer),
    maybe("last_step", sa.BigInteger),
    counted("next_order"),
    counted("tail_segments"),
    counted("tail_points"),
    counted("tail_bytes"),
    counted("series"),
    # The order of the first segment whose points are in no summary yet, and how many keys those segments name.
    maybe("unsettled_from", sa.BigInteger),
    counted("unsettled_keys"),
    counted("parameters"),
    counted("tags"),
    # The greatest token of the run's writes: a writer that waited for this row may have a lower transaction id.
    counted("token_position"),
    counted("token_sequence"),
    counted("token_nonce"),
    run_reference(),
    sa.Index("ix_run_counters_unsettled", "workspace", "run", postgresql_where=sa.text("unsettled_from IS NOT NULL")),
    sa.Index("ix_run_counters_heartbeat", "heartbeat", postgresql_where=sa.text("heartbeat_seconds IS NOT NULL")),
    postgresql_with={"fillfactor": 50},
)
"""What moves with every request of a run. Locking its row comes before the run's own row, everywhere. There are
`heartbeat_seconds` only while the sweeper watches the run: it is running, and said how often it would be heard of."""

parameters = sa.Table(
    "parameters",
    metadata,
    workspace(),
    key("run"),
    key("key", sa.Integer),
    given("type", sa.SmallInteger),
    maybe("number", sa.Double),
    given("rest", sa.SmallInteger, server_default="0"),
    maybe("boolean", sa.Boolean),
    given("raw", Text),
    maybe("attempt", sa.Uuid),
    maybe("tokens", TSVECTOR),
    run_reference(),
    sa.Index(
        "ix_parameters_tokens",
        "tokens",
        postgresql_using="gin",
        postgresql_with={"fastupdate": "off"},
        postgresql_where=sa.text("tokens IS NOT NULL"),
    ),
    sa.Index(
        "ix_parameters_number",
        "workspace",
        "key",
        "number",
        "rest",
        "run",
        postgresql_where=sa.text("number IS NOT NULL"),
    ),
    sa.Index(
        "ix_parameters_text",
        "workspace",
        "key",
        sa.text("left(raw, 128)"),
        "run",
        postgresql_where=sa.text("type = 3"),
    ),
    sa.Index(
        "ix_parameters_boolean",
        "workspace",
        "key",
        "boolean",
        "run",
        postgresql_where=sa.text("boolean IS NOT NULL"),
    ),
)
"""Parameters of a run. `type` is that of domain/parameters.py. Numbers are the nearest double and, for integers
beyond 2^53, the rest to it, so that (number, rest) compares exactly; strings are `raw` with their `tokens`, JSON its
canonical text."""

parameter_history = sa.Table(
    "parameter_history",
    metadata,
    workspace(),
    key("run"),
    key("key", sa.Integer),
    key("replaced", sa.BigInteger),
    given("type", sa.SmallInteger),
    given("raw", Text),
    maybe("attempt", sa.Uuid),
    recorded("replaced_at"),
    run_reference(),
)
"""Every former value of a parameter; `replaced` is the position it was replaced at."""

tags = sa.Table(
    "tags",
    metadata,
    workspace(),
    key("subject"),
    key("key", sa.Integer),
    given("kind", sa.SmallInteger),
    given("value", Text),
    maybe("attempt", sa.Uuid),
    maybe("tokens", TSVECTOR),
    sa.Index("ix_tags_value", "workspace", "key", sa.text("left(value, 128)"), "subject"),
    sa.Index(
        "ix_tags_tokens",
        "tokens",
        postgresql_using="gin",
        postgresql_with={"fastupdate": "off"},
        postgresql_where=sa.text("tokens IS NOT NULL"),
    ),
)
"""Tags of runs and experiments: one text value a key. `kind` is the NodeKind of the subject."""

notes = sa.Table(
    "notes",
    metadata,
    workspace(),
    key("id"),
    given("subject_kind", sa.SmallInteger),
    given("subject", sa.Uuid),
    given("text", Text),
    maybe("created_by", Text),
    *revisions(),
    recorded(),
    recorded("updated_at"),
    maybe("deleted_at", Moment),
    sa.Index("ix_notes_subject", "workspace", "subject", "created_at", "id"),
    sa.Index("ix_notes_created", "workspace", "created_at", "id"),
)

note_versions = sa.Table(
    "note_versions",
    metadata,
    workspace(),
    key("note"),
    key("version", sa.BigInteger),
    given("text", Text),
    maybe("edited_by", Text),
    recorded(),
    sa.ForeignKeyConstraint(["workspace", "note"], ["notes.workspace", "notes.id"]),
)

artifacts = sa.Table(
    "artifacts",
    metadata,
    workspace(),
    key("id"),
    given("run", sa.Uuid),
    given("name", Text),
    given("path", Text),
    maybe("size", sa.BigInteger),
    maybe("media_type", Text),
    maybe("digest", Text),
    maybe("uri", Text),
    maybe("attempt", sa.Uuid),
    maybe("step", sa.BigInteger),
    given("superseded", sa.Boolean, server_default=sa.false()),
    *revisions(),
    recorded(),
    maybe("deleted_at", Moment),
    run_reference(),
    sa.Index("ix_artifacts_run", "workspace", "run", "created_at", "id"),
    sa.Index("ix_artifacts_digest", "workspace", "digest", postgresql_where=sa.text("digest IS NOT NULL")),
)

artifact_aliases = sa.Table(
    "artifact_aliases",
    metadata,
    workspace(),
    key("artifact"),
    key("alias", Text),
    given("run", sa.Uuid),
    recorded("set_at"),
    run_reference(),
    sa.ForeignKeyConstraint(["workspace", "artifact"], ["artifacts.workspace", "artifacts.id"], ondelete="CASCADE"),
    sa.Index("ix_artifact_aliases_run", "workspace", "run", "alias"),
)
"""Names that mean one of the files at a path of a run, and move to another: an alias has one row a path at most."""

events = sa.Table(
    "events",
    metadata,
    workspace(),
    key("run"),
    key("key", sa.Integer),
    key("step", sa.BigInteger),
    key("arrival", sa.BigInteger),
    maybe("attempt", sa.Uuid),
    given("happened_at", Moment),
    given("value", JSONB),
    run_reference(),
)
"""Values that are no numbers, logged at a step by other trackers' clients: any JSON."""

log_chunks = sa.Table(
    "log_chunks",
    metadata,
    workspace(),
    key("run"),
    key("stream", Text),
    key("writer", Text),
    key("first_line", sa.BigInteger),
    given("lines", sa.BigInteger),
    given("content", sa.LargeBinary),
    maybe("attempt", sa.Uuid),
    recorded(),
    run_reference(),
)
"""Console output by line; a chunk that begins at a line replaces the one that did."""

summary_overrides = sa.Table(
    "summary_overrides",
    metadata,
    workspace(),
    key("run"),
    key("key", sa.Integer),
    given("value", JSONB),
    recorded("updated_at"),
    run_reference(),
)
"""What a user set in place of a computed summary: any JSON."""
