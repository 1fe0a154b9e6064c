"""Alembic's entry: runs the scripts on the connection that the runner hands in, in one transaction."""

from __future__ import annotations

from alembic import context

from store import tables

context.configure(connection=context.config.attributes["connection"], target_metadata=tables.metadata)
with context.begin_transaction():
    context.run_migrations()
