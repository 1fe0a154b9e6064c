"""Notes by the hundred thousand on runs that are there, with words as often as in a natural text, into both engines."""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from domain.ids import NodeKey, NodeKind, WorkspaceID, make_uuid7
from search.elastic.index import ElasticsearchSearchIndex
from store import tables
from store.database import Database
from store.documents import fetch_documents
from store.texts import Place, make_tsvectors

SEED = 20261127
WORDS = 50_000
"""Distinct words; the n-th is used as often as 1/n, as in natural texts."""

LENGTH = 65
"""Words of a note, on average."""

KNOWN = (
    *("the", "of", "loss", "run", "lr", "to", "batch", "step", "model", "train", "learning", "rate", "validation"),
    *("val_loss", "warmup", "spike", "gradient", "attention", "momentum", "schedule", "baseline", "fp8", "lr=0.001"),
)
"""The most frequent words: they are what the questions are about."""

BATCH = 5_000
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


def make_words() -> list[str]:
    """Return the words, the most frequent first: known ones, then syllables put together."""
    chance = random.Random(SEED)
    syllables = [a + b for a in "bdfgklmnprstvz" for b in ("a", "e", "i", "o", "u", "an", "er", "in", "or")]
    found = dict.fromkeys(KNOWN)
    while len(found) < WORDS:
        found["".join(chance.choices(syllables, k=chance.randint(2, 4)))] = None
    return list(found)


def make_texts(count: int) -> Iterator[str]:
    """Give texts; the same each time."""
    chance, words = random.Random(SEED + 1), make_words()
    weights = list(itertools.accumulate(1 / (place + 3) for place in range(len(words))))
    for _ in range(count):
        yield " ".join(chance.choices(words, cum_weights=weights, k=chance.randint(LENGTH // 2, LENGTH * 3 // 2)))


async def fill_notes(database: Database, workspace: WorkspaceID, *, count: int) -> float:
    """Put notes on runs in turn, as the record keeps them; return the seconds that took."""
    began = time.perf_counter()
    async with database.read() as conn:
        runs = list(
            (await conn.execute(sa.select(tables.runs.c.id).where(tables.runs.c.workspace == workspace))).scalars()
        )
    texts = make_texts(count)
    for start in range(0, count, BATCH):
        notes = [
            (make_uuid7(), runs[number % len(runs)], next(texts), BEGIN + timedelta(seconds=number))
            for number in range(start, min(start + BATCH, count))
        ]
        async with database.write() as tx:
            await _insert(tx.conn, workspace, notes)
    async with database.write() as tx:
        await tx.conn.exec_driver_sql("SET LOCAL statement_timeout = 0")
        for name in ("notes", "texts"):
            await tx.conn.exec_driver_sql(f"ANALYZE {name}")
    return time.perf_counter() - began


async def _insert(conn: Any, workspace: WorkspaceID, notes: Sequence[tuple[UUID, UUID, str, datetime]]) -> None:
    rows = [
        {"workspace": workspace, "id": id_, "subject_kind": NodeKind.RUN.value, "subject": run, "text": text,
         "created_at": at}
        for id_, run, text, at in notes
    ]  # fmt: skip
    tokens = [
        {"workspace": workspace, "subject": id_, "kind": NodeKind.NOTE.value, "about": run, "field": Place.TEXT.value,
         "piece": piece, "pieces": len(pieces), "tokens": text}
        for id_, run, said, _ in notes
        for pieces in [make_tsvectors(said)]
        for piece, text in enumerate(pieces)
    ]  # fmt: skip
    await conn.execute(sa.insert(tables.notes), rows)
    columns = ("subject", "about", "piece", "pieces", "tokens")
    await conn.execute(
        sa.text(
            "INSERT INTO texts (workspace, subject, kind, about, field, piece, pieces, tokens) "
            "SELECT :workspace, subject, :kind, about, :field, piece, pieces, CAST(tokens AS tsvector) FROM unnest("
            "CAST(:subject AS uuid[]), CAST(:about AS uuid[]), CAST(:piece AS int[]), CAST(:pieces AS int[]), "
            "CAST(:tokens AS text[])) AS row (subject, about, piece, pieces, tokens)"
        ),
        {
            "workspace": workspace, "kind": NodeKind.NOTE.value, "field": Place.TEXT.value,
            **{column: [row[column] for row in tokens] for column in columns},
        },
    )  # fmt: skip


async def fill_index(
    database: Database, index: ElasticsearchSearchIndex, workspace: WorkspaceID
) -> tuple[float, float]:
    """Write the documents of all runs and notes; return the seconds that making and writing them took."""
    making = writing = 0.0
    for kind, table in ((NodeKind.RUN, tables.runs), (NodeKind.NOTE, tables.notes)):
        async with database.read() as conn:
            ids = list((await conn.execute(sa.select(table.c.id).where(table.c.workspace == workspace))).scalars())
        for start in range(0, len(ids), BATCH):
            began = time.perf_counter()
            async with database.read() as conn:
                keys = [NodeKey(kind, one) for one in ids[start : start + BATCH]]
                documents = await fetch_documents(conn, workspace, keys)
            made = time.perf_counter()
            await index.apply(documents)
            making, writing = making + made - began, writing + time.perf_counter() - made
    await index.refresh()
    return making, writing
