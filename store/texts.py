"""The tokens of names and notes, written in the transaction that writes the text: a search is never behind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any
from uuid import UUID

from domain.ids import NodeKey, WorkspaceID
from domain.text.fields import STEM, WHOLE, Tokens
from domain.text.pieces import make_pieces, make_value_tokens
from domain.text.similarity import make_grams
from domain.text.terms import Term
from store.transactions import Transaction


class Place(IntEnum):
    """Which of a node's texts it is; the number stands in the table."""

    TEXT = 1
    NAME = 2
    DESCRIPTION = 3
    NAMESPACE = 4
    PATH = 5


GRAM = "^"
"""What trigrams begin with, behind the sign of `any`: no whole begins so."""

INSERT = """
INSERT INTO texts (workspace, subject, kind, about, field, piece, pieces, tokens)
SELECT $1, $2, $3, $4, field, piece, pieces, tokens::tsvector
FROM unnest($5::smallint[], $6::integer[], $7::integer[], $8::text[]) AS row (field, piece, pieces, tokens)
"""
REPLACE = f"""
WITH gone AS (
  DELETE FROM texts USING unnest($9::smallint[], $10::integer[]) AS kept (field, pieces)
  WHERE workspace = $1 AND subject = $2 AND texts.field = kept.field AND texts.piece >= kept.pieces
)
{INSERT}
ON CONFLICT (workspace, subject, field, piece) DO UPDATE SET pieces = excluded.pieces, tokens = excluded.tokens
"""


@dataclass(slots=True)
class Rows:
    """Rows of one node as arrays that a statement unnests, and how many pieces each place has."""

    fields: list[int] = field(default_factory=list)
    pieces: list[int] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    kept: dict[int, int] = field(default_factory=dict)


def make_rows(texts: Mapping[Place, str | None]) -> Rows:
    """Return the rows of a node's texts; None has none."""
    rows = Rows()
    for place, text in texts.items():
        pieces = make_tsvectors(text) if text else []
        rows.fields += [place.value] * len(pieces)
        rows.pieces += range(len(pieces))
        rows.counts += [len(pieces)] * len(pieces)
        rows.tokens += pieces
        rows.kept[place.value] = len(pieces)
    return rows


async def insert_texts(
    tx: Transaction,
    workspace: WorkspaceID,
    key: NodeKey,
    texts: Mapping[Place, str | None],
    *,
    about: UUID | None = None,
) -> None:
    """Add the tokens of a node that has none yet; `about` is what it stands on, if not itself."""
    rows = make_rows(texts)
    if rows.tokens:
        await tx.driver.execute(INSERT, *_list_values(workspace, key, rows, about))


async def replace_texts(
    tx: Transaction,
    workspace: WorkspaceID,
    key: NodeKey,
    texts: Mapping[Place, str | None],
    *,
    about: UUID | None = None,
) -> None:
    """Write the tokens of some of a node's texts in place of those that it had; other texts stay."""
    rows = make_rows(texts)
    values = _list_values(workspace, key, rows, about)
    await tx.driver.execute(REPLACE, *values, list(rows.kept), list(rows.kept.values()))


def _list_values(workspace: WorkspaceID, key: NodeKey, rows: Rows, about: UUID | None) -> tuple[Any, ...]:
    own = (workspace, key.uuid, key.kind.value, about or key.uuid)
    return (*own, rows.fields, rows.pieces, rows.counts, rows.tokens)


def make_tsvectors(text: str) -> list[str]:
    """Return the pieces of a text as Postgres reads tsvectors."""
    return list(map(write_tsvector, make_pieces(text)))


def make_value_tsvector(text: str) -> str | None:
    """Return the tokens of a value of a tag or parameter; None where it has none."""
    tokens = make_value_tokens(text)
    return write_tsvector(tokens) if tokens else None


def make_name_tsvector(name: str) -> str:
    """Return the tokens of a name with its trigrams."""
    return f"{write_tsvector(make_value_tokens(name))} {write_grams(name)}"


def write_grams(name: str) -> str:
    """Return the trigrams of a name as lexemes."""
    return " ".join(quote_lexeme(f"{WHOLE}{GRAM}{gram}") for gram in make_grams(name))


def write_tsvector(tokens: Tokens) -> str:
    """Return tokens as Postgres reads a tsvector: `any` without positions, `parts` with theirs, from 1."""
    places: dict[str, list[int]] = {}
    for at, part in enumerate(tokens.parts, 1):
        places.setdefault(part, []).append(at)
    rows = (f"{quote_lexeme(part)}:{','.join(map(str, at))}" for part, at in places.items())
    return " ".join([*map(quote_lexeme, map(name_lexeme, tokens.any)), *rows])


def write_tsquery(term: Term) -> str:
    """Return what a term matches as Postgres reads a tsquery; the term must have parts."""
    end = ":*" if term.is_open else ""
    found = [f"({' <-> '.join(map(quote_lexeme, term.parts))}{end})"]
    if term.whole is not None:
        found += [quote_lexeme(name_lexeme(WHOLE + term.whole)) + end, quote_lexeme(term.whole) + end]
    if term.stem is not None:
        found.append(quote_lexeme(name_lexeme(STEM + term.stem)))
    return " | ".join(dict.fromkeys(found))


def write_gram_query(name: str) -> str:
    """Return a tsquery that is true of what shares a trigram with a name."""
    return " | ".join(quote_lexeme(f"{WHOLE}{GRAM}{gram}") for gram in make_grams(name))


def name_lexeme(term: str) -> str:
    """Return the lexeme of a term of `any`: all begin with the sign of wholes, which begins no part."""
    return term if term[0] == WHOLE else WHOLE + term


def quote_lexeme(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"
