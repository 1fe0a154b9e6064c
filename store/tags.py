"""Tags of runs and experiments: set, removed, fetched for many subjects at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.errors import InvalidInput, TooLarge
from domain.ids import AttemptID, ExperimentID, NodeKey, NodeKind, RunID, WorkspaceID
from domain.tags import TAG_LIMIT, Tag, check_tags
from store import tables
from store.counters import Counters, lock_run, save_counters
from store.driver import fetch_driver
from store.experiments import touch_experiment
from store.outbox import Changed
from store.standing import Standing, read_standing
from store.texts import make_value_tsvector
from store.touching import naming_subject
from store.transactions import Transaction

tags = tables.tags
NOBODY = Standing(None)

UPSERT = sa.text(
    """
    INSERT INTO tags (workspace, subject, kind, attempt, key, value, tokens)
    SELECT :workspace, :subject, :kind, CAST(:attempt AS uuid), row.key, row.value, CAST(row.tokens AS tsvector)
    FROM unnest(CAST(:keys AS integer[]), CAST(:values AS text[]), CAST(:tokens AS text[])) AS row (key, value, tokens)
    ON CONFLICT (workspace, subject, key) DO UPDATE SET
        attempt = excluded.attempt, value = excluded.value, tokens = excluded.tokens
    """
)

FETCH = """
SELECT t.subject, k.name, t.value
FROM tags AS t JOIN keys AS k ON k.workspace = t.workspace AND k.id = t.key
WHERE t.workspace = $1 AND t.subject = ANY($2::uuid[])
"""
FETCH_NAMED = f"{FETCH} AND k.name = ANY($3::text[])"


async def set_tags(
    tx: Transaction,
    workspace: WorkspaceID,
    subject: NodeKey,
    given: Sequence[Tag],
    *,
    keys: Mapping[str, int],
    attempt: AttemptID | None = None,
) -> None:
    """Set tags of a run or experiment; others stay. Raises `TooLarge` past 500, `NotFound`, `Gone`."""
    check_tags(given, "tags")
    if subject.kind is NodeKind.RUN:
        with naming_subject():
            counters = await lock_run(tx, workspace, RunID(subject.uuid))
        standing = await read_standing(tx, workspace, RunID(subject.uuid), attempt)
        if await put_tags(tx, counters, given, keys=keys, standing=standing):
            await _save_run(tx, counters)
        return
    await _touch(tx, workspace, subject)
    known = await _fetch_known(tx, workspace, subject.uuid, None)
    new = {keys[tag.key] for tag in given} - known.keys()
    _check_count(subject, len(known), len(new))
    await _upsert(tx, workspace, subject, given, keys, NOBODY)


async def put_tags(
    tx: Transaction, counters: Counters, given: Sequence[Tag], *, keys: Mapping[str, int], standing: Standing
) -> bool:
    """Set tags of a run whose counters are locked; say whether any changed."""
    subject = NodeKey(NodeKind.RUN, counters.run)
    asked = [keys[tag.key] for tag in given]
    known = await _fetch_known(tx, counters.workspace, counters.run, asked) if counters.tags else {}
    new = set(asked) - known.keys()
    _check_count(subject, counters.tags, len(new))
    changed = [tag for tag in given if _changes(tag, known.get(keys[tag.key]), standing)]
    if changed:
        await _upsert(tx, counters.workspace, subject, changed, keys, standing)
    counters.tags += len(new)
    return bool(changed)


def _changes(given: Tag, known: tuple[str, AttemptID | None] | None, standing: Standing) -> bool:
    if known is None:
        return True
    value, attempt = known
    return value != given.value and not standing.yields_to(attempt)


async def remove_tags(
    tx: Transaction,
    workspace: WorkspaceID,
    subject: NodeKey,
    names: Collection[str],
    *,
    attempt: AttemptID | None = None,
) -> None:
    """Remove tags by key; those that are not there are none the less gone."""
    if subject.kind is not NodeKind.RUN:
        await _touch(tx, workspace, subject)
        await _delete(tx, workspace, subject.uuid, names, NOBODY)
        return
    with naming_subject():
        counters = await lock_run(tx, workspace, RunID(subject.uuid))
    standing = await read_standing(tx, workspace, counters.run, attempt)
    removed = await _delete(tx, workspace, subject.uuid, names, standing)
    if removed:
        counters.tags -= removed
        await _save_run(tx, counters)


async def fetch_tags(
    conn: AsyncConnection, workspace: WorkspaceID, subjects: Collection[UUID], names: Collection[str] | None = None
) -> dict[UUID, list[Tag]]:
    """Return the tags of each subject by key, all of them or those of some names, in one query."""
    driver = await fetch_driver(conn)
    if names is None:
        rows = await driver.fetch(FETCH, workspace, subjects)
    else:
        rows = await driver.fetch(FETCH_NAMED, workspace, subjects, names)
    found: dict[UUID, list[Tag]] = {subject: [] for subject in subjects}
    for subject, name, value in rows:
        found[subject].append(Tag(name, value))
    for those in found.values():
        those.sort(key=lambda tag: tag.key)
    return found


def _is_among(names: Collection[str]) -> sa.ColumnElement[bool]:
    return tables.keys.c.name == sa.func.any(sa.cast(list(names), sa.ARRAY(sa.Text)))


async def _fetch_known(
    tx: Transaction, workspace: WorkspaceID, subject: UUID, keys: list[int] | None
) -> dict[int, tuple[str, AttemptID | None]]:
    statement = sa.select(tags.c.key, tags.c.value, tags.c.attempt).where(
        tags.c.workspace == workspace, tags.c.subject == subject
    )
    if keys is not None:
        statement = statement.where(tags.c.key == sa.func.any(sa.cast(keys, sa.ARRAY(sa.Integer))))
    return {key: (value, attempt) for key, value, attempt in await tx.conn.execute(statement)}


async def _upsert(
    tx: Transaction,
    workspace: WorkspaceID,
    subject: NodeKey,
    given: Sequence[Tag],
    keys: Mapping[str, int],
    standing: Standing,
) -> None:
    ordered = sorted(given, key=lambda tag: keys[tag.key])
    await tx.conn.execute(
        UPSERT,
        {
            "workspace": workspace,
            "subject": subject.uuid,
            "kind": subject.kind.value,
            "attempt": standing.attempt,
            "keys": [keys[tag.key] for tag in ordered],
            "values": [tag.value for tag in ordered],
            "tokens": [make_value_tsvector(tag.value) for tag in ordered],
        },
    )


async def _delete(
    tx: Transaction, workspace: WorkspaceID, subject: UUID, names: Collection[str], standing: Standing
) -> int:
    keys = tables.keys.c
    named = sa.select(keys.id).where(keys.workspace == workspace, _is_among(names))
    wanted = [key for (key,) in await tx.conn.execute(named)]
    known = await _fetch_known(tx, workspace, subject, wanted)
    gone = [key for key, (_, attempt) in known.items() if not standing.yields_to(attempt)]
    if gone:
        at = (tags.c.workspace == workspace, tags.c.subject == subject, tags.c.key.in_(gone))
        await tx.conn.execute(sa.delete(tags).where(*at))
    return len(gone)


async def _touch(tx: Transaction, workspace: WorkspaceID, subject: NodeKey) -> None:
    if subject.kind is not NodeKind.EXPERIMENT:
        raise InvalidInput(f"a {subject.kind.name} takes no tags; runs and experiments do", path=["on"])
    with naming_subject():
        await touch_experiment(tx, workspace, ExperimentID(subject.uuid))


async def _save_run(tx: Transaction, counters: Counters) -> None:
    counters.raise_revision(tx, Changed.DOCUMENT)
    await save_counters(tx, counters)


def _check_count(subject: NodeKey, has: int, new: int) -> None:
    if has + new > TAG_LIMIT:
        raise TooLarge(
            f"{subject.kind.name} {subject.uuid} has {has} tags; {new} more would exceed {TAG_LIMIT}", path=["tags"]
        )
