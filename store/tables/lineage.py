"""Nodes of the lineage graph, each unique by the digest of its natural key; edges are in `edges.py`."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from store.tables.columns import Moment, Text, given, key, maybe, metadata, recorded, revisions, workspace


def node(name: str, *own: sa.schema.SchemaItem) -> sa.Table:
    """Return the table of one kind of node: what all of them have, and its own columns.

    `natural_key` is the SHA-256 of the natural key's parts (domain/nodes.py), since a B-tree refuses
    long texts; `placeholder` says that it was only referred to so far.
    """
    columns = [item for item in own if isinstance(item, sa.Column)]
    indexes = [item for item in own if not isinstance(item, sa.Column)]
    return sa.Table(
        name,
        metadata,
        workspace(),
        key("id"),
        given("natural_key", sa.LargeBinary),
        given("placeholder", sa.Boolean, server_default=sa.false()),
        *columns,
        maybe("description", Text),
        maybe("owner", Text),
        given("facts", JSONB, server_default="{}"),
        *revisions(),
        maybe("happened_at", Moment),
        recorded(),
        maybe("deleted_at", Moment),
        sa.UniqueConstraint("workspace", "natural_key"),
        *indexes,
    )


def by_name(table: str, *columns: str) -> sa.Index:
    """Return the index that finds nodes by the start of a name."""
    return sa.Index(f"ix_{table}_name", "workspace", sa.text("left(name, 128)"), *columns, "id")


datasets = node("datasets", given("namespace", Text), given("name", Text), by_name("datasets"))

dataset_versions = node(
    "dataset_versions",
    given("dataset", sa.Uuid),
    given("name", Text),
    maybe("digest", Text),
    maybe("location", Text),
    maybe("size", sa.BigInteger),
    maybe("splits", JSONB),
    maybe("availability", JSONB),
    sa.Index("ix_dataset_versions_dataset", "workspace", "dataset", "created_at", "id"),
    sa.Index("ix_dataset_versions_digest", "workspace", "digest", postgresql_where=sa.text("digest IS NOT NULL")),
    sa.Index(
        "ix_dataset_versions_location",
        "workspace",
        sa.text("left(location, 128)"),
        postgresql_where=sa.text("location IS NOT NULL"),
    ),
)

feature_views = node("feature_views", given("namespace", Text), given("name", Text), by_name("feature_views"))

feature_view_versions = node(
    "feature_view_versions",
    given("feature_view", sa.Uuid),
    given("name", Text),
    sa.Index("ix_feature_view_versions_view", "workspace", "feature_view", "created_at", "id"),
)

code_revisions = node(
    "code_revisions",
    given("repository", Text),
    given("commit", Text),
    maybe("diff_digest", Text),
    sa.Index("ix_code_revisions_commit", "workspace", "commit", "id"),
)

environments = node(
    "environments",
    maybe("image_digest", Text),
    maybe("lock_digest", Text),
    maybe("hardware", Text),
)

artifact_versions = node(
    "artifact_versions",
    given("uri", Text),
    maybe("digest", Text),
    maybe("size", sa.BigInteger),
    maybe("media_type", Text),
    maybe("availability", JSONB),
    sa.Index("ix_artifact_versions_uri", "workspace", sa.text("left(uri, 128)"), "created_at", "id"),
    sa.Index("ix_artifact_versions_digest", "workspace", "digest", postgresql_where=sa.text("digest IS NOT NULL")),
)

models = node("models", given("registry", Text), given("name", Text), by_name("models"))

model_versions = node(
    "model_versions",
    given("model", sa.Uuid),
    given("name", Text),
    maybe("digest", Text),
    maybe("stage", Text),
    maybe("availability", JSONB),
    sa.Index("ix_model_versions_model", "workspace", "model", "created_at", "id"),
    sa.Index("ix_model_versions_digest", "workspace", "digest", postgresql_where=sa.text("digest IS NOT NULL")),
)

deployments = node("deployments", given("environment", Text), given("endpoint", Text))

deployment_revisions = node(
    "deployment_revisions",
    given("deployment", sa.Uuid),
    given("name", Text),
    maybe("started_at", Moment),
    maybe("ended_at", Moment),
    sa.Index("ix_deployment_revisions_deployment", "workspace", "deployment", "created_at", "id"),
)

model_aliases = sa.Table(
    "model_aliases",
    metadata,
    workspace(),
    key("model"),
    key("alias", Text),
    key("interval", sa.BigInteger),
    maybe("model_version", sa.Uuid),
    given("held_from", Moment),
    maybe("held_to", Moment),
    given("recorded", sa.BigInteger),
    maybe("retracted", sa.BigInteger),
    sa.Index("ix_model_aliases_version", "workspace", "model_version"),
)
"""Names that move between versions, as intervals in both kinds of time; `recorded`, `retracted` are positions. Without
a version: the alias was taken away."""

merged_nodes = sa.Table(
    "merged_nodes",
    metadata,
    workspace(),
    key("id"),
    key("interval", sa.BigInteger),
    given("kind", sa.SmallInteger),
    given("survivor", sa.Uuid),
    given("recorded", sa.BigInteger),
    maybe("retracted", sa.BigInteger),
    sa.Index("ix_merged_nodes_survivor", "workspace", "survivor"),
)
"""Placeholders that turned out to be another node: their ids lead to the survivor."""
