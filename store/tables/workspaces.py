"""Workspaces, experiments and the interned keys of a workspace."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import TSVECTOR

from store.tables.columns import Moment, Text, given, key, maybe, metadata, recorded, revisions, workspace

workspaces = sa.Table(
    "workspaces",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    given("name", Text, unique=True),
    *revisions(),
    recorded(),
)

experiments = sa.Table(
    "experiments",
    metadata,
    workspace(),
    key("id"),
    given("name", Text),
    maybe("description", Text),
    *revisions(),
    recorded(),
    recorded("updated_at"),
    maybe("archived_at", Moment),
    maybe("deleted_at", Moment),
    given("next_number", sa.BigInteger, server_default="1"),
    # A name stays taken while its experiment is deleted: restoring must always be possible.
    sa.UniqueConstraint("workspace", "name"),
    sa.Index("ix_experiments_created", "workspace", "created_at", "id"),
    sa.Index("ix_experiments_updated", "workspace", "updated_at", "id"),
)

keys = sa.Table(
    "keys",
    metadata,
    workspace(),
    sa.Column("id", sa.Integer, sa.Identity(always=True), primary_key=True),
    given("name", Text),
    maybe("tokens", TSVECTOR),
    sa.UniqueConstraint("workspace", "name", postgresql_include=["id"]),
    sa.Index("ix_keys_tokens", "tokens", postgresql_using="gin", postgresql_with={"fastupdate": "off"}),
)
"""Names of parameters, metrics and tags, interned: every table of values holds the small `id`. Their trigrams are among
the tokens."""

purged = sa.Table(
    "purged",
    metadata,
    workspace(),
    key("id"),
    given("kind", sa.SmallInteger),
    recorded("purged_at"),
    given("unfinished", sa.Boolean, server_default=sa.true()),
    sa.Index("ix_purged_unfinished", "purged_at", postgresql_where=sa.text("unfinished")),
)
"""Ids of what was purged: they are refused for ever. `unfinished`: rows of it may still be waiting for deletion."""

client_keys = sa.Table(
    "client_keys",
    metadata,
    workspace(),
    key("client_key", Text),
    given("operation", Text),
    given("digest", sa.LargeBinary),
    maybe("answer", sa.dialects.postgresql.JSONB),
    recorded(),
    sa.Index("ix_client_keys_created", "created_at"),
)
"""Mutations known by the key their client chose, kept 30 days: a repeat returns the first answer."""

foreign_ids = sa.Table(
    "foreign_ids",
    metadata,
    workspace(),
    key("system", Text),
    key("kind", Text),
    key("scope", Text),
    key("foreign_id", Text),
    given("node_kind", sa.SmallInteger),
    given("node", sa.Uuid),
    recorded(),
    sa.Index("ix_foreign_ids_node", "workspace", "node"),
)
"""What other systems call our nodes: MLflow's run ids, W&B's, and so on."""
