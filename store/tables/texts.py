"""What full text rests on: the tokens of names and notes, and the words in use."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import TSVECTOR

from store.tables.columns import Text, counted, given, key, metadata, workspace

texts = sa.Table(
    "texts",
    metadata,
    workspace(),
    key("subject"),
    key("field", sa.SmallInteger),
    key("piece", sa.Integer),
    given("kind", sa.SmallInteger),
    given("about", sa.Uuid),
    given("pieces", sa.Integer),
    given("tokens", TSVECTOR),
    # Words of a note in one piece stand in one row: one look into the index finds all of them. Notes in several pieces
    # are few, and each word is looked for by itself. Names are apart, for they would stand behind a million notes.
    *(
        sa.Index(
            f"ix_texts_{name}",
            "tokens",
            postgresql_using="gin",
            postgresql_with={"fastupdate": "off"},
            postgresql_where=sa.text(where),
        )
        for name, where in (
            ("notes", "kind = 4 AND pieces = 1"),
            ("long_notes", "kind = 4 AND pieces > 1"),
            ("names", "kind <> 4"),
        )
    ),
)
"""The tokens of a node's texts (`field`: store/texts.py), in pieces where a text is long (domain/text/pieces.py);
written with the text itself. `kind` is the NodeKind of the subject, `about` the id of the run or other node whose
dimensions it has: its own, or that of what a note or an artifact stands on. A deleted note has no row. The tokens of
tags, parameters and keys stand beside their values."""

vocabulary = sa.Table(
    "vocabulary",
    metadata,
    workspace(),
    key("kind", sa.SmallInteger),
    key("text", Text),
    given("tokens", TSVECTOR),
    sa.Index("ix_vocabulary_tokens", "tokens", postgresql_using="gin", postgresql_with={"fastupdate": "off"}),
)
"""Words, names and tag values that were in use at some time, with their trigrams as tokens: for typos and suggestions,
which look whether they still are. Read from the outbox a moment later, so that no writer waits for it."""

learned = sa.Table(
    "learned",
    metadata,
    sa.Column("only", sa.Boolean, primary_key=True, server_default=sa.true()),
    counted("position"),
    sa.CheckConstraint('"only"', name="one_row"),
)
"""One row: the position through which the outbox was read for the vocabulary; 0 before the first time."""
