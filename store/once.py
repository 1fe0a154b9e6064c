"""The entry of every mutation: one transaction, done once however often its client sends it."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeAlias

import sqlalchemy as sa

from domain.deliveries import Delivery
from domain.errors import Conflict
from domain.ids import WorkspaceID
from domain.positions import Token, parse_token
from store import received, tables
from store.counters import lock_counters
from store.database import Database
from store.forgetting import forget
from store.transactions import Transaction

KEPT = timedelta(days=30)
Values: TypeAlias = dict[str, Any]
Work: TypeAlias = Callable[[Transaction], Awaitable[Values]]

CLAIM = """
INSERT INTO client_keys (workspace, client_key, operation, digest) VALUES ($1, $2, $3, $4)
ON CONFLICT (workspace, client_key) DO NOTHING RETURNING true
"""
SAVE_ANSWER = "UPDATE client_keys SET answer = $3 WHERE workspace = $1 AND client_key = $2"
FORGET = sa.text(
    """
    DELETE FROM client_keys WHERE (workspace, client_key) IN (
        SELECT workspace, client_key FROM client_keys WHERE created_at < now() - CAST(:kept AS interval) LIMIT :batch)
    """
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a mutation answers: small values from which its payload is built again, and its token."""

    values: Values
    token: Token
    repeated: bool = False


async def write_once(
    database: Database,
    workspace: WorkspaceID,
    delivery: Delivery,
    work: Work,
    *,
    again: Mapping[str, Any] | None = None,
    creates_run: bool = False,
    claims_compaction: bool = False,
    opens_run: bool = False,
) -> Answer:
    """Do `work` in one transaction, unless this delivery was done before; then answer what was answered.

    A repeat by client key waits for a first sending that is in flight, and gets its answer. A repeat by writer and
    sequence is answered `again`. Raises `Conflict` if the same key or sequence came with another body, and all that
    `work` raises; then nothing stays, the key least of all. `opens_run` is for work that begins with locking the
    counters of the delivery's run, and says so: they are locked with the transaction's first statement.
    """
    # A client key is locked before all else.
    opens = opens_run and delivery.run is not None and delivery.client_key is None
    async with database.write([(workspace, delivery.run)] if opens and delivery.run is not None else ()) as tx:
        if delivery.client_key is not None and (known := await claim_client_key(tx, workspace, delivery)) is not None:
            return known
        if await _is_repeat(tx, workspace, delivery, claims_compaction=claims_compaction):
            return Answer(dict(again or {}), tx.answer_token(workspace), repeated=True)
        values = await work(tx)
        if creates_run:
            await _claim_sequence(tx, workspace, delivery)
        answer = Answer(values, tx.answer_token(workspace))
        if delivery.client_key is not None:
            await save_answer(tx, workspace, delivery.client_key, answer)
        return answer


async def claim_client_key(tx: Transaction, workspace: WorkspaceID, delivery: Delivery) -> Answer | None:
    """Claim the delivery's key, the first lock of a transaction; return the answer of the one that has it, if any.

    Waits while another transaction holds the key unfinished. Raises `Conflict` for another body.
    """
    keys = tables.client_keys.c
    claim = (workspace, delivery.client_key, delivery.operation, delivery.digest)
    while await tx.driver.fetchval(CLAIM, *claim) is None:
        row = (
            await tx.conn.execute(
                sa.select(keys.operation, keys.digest, keys.answer).where(
                    keys.workspace == workspace, keys.client_key == delivery.client_key
                )
            )
        ).first()
        if row is not None:  # else it was forgotten between the two statements
            return _read_answer(row, delivery)
    return None


def _read_answer(row: Any, delivery: Delivery) -> Answer:
    if row.operation != delivery.operation or row.digest != delivery.digest:
        raise Conflict(
            f"the client key {delivery.client_key!r} was used for another {row.operation}", path=["clientKey"]
        )
    values = dict(row.answer)
    return Answer(values, parse_token(values.pop("token")), repeated=True)


async def save_answer(tx: Transaction, workspace: WorkspaceID, client_key: str, answer: Answer) -> None:
    """Keep the answer of a claimed key for its repeats."""
    kept = json.dumps({**answer.values, "token": str(answer.token)})
    await tx.driver.execute(SAVE_ANSWER, workspace, client_key, kept)


async def _is_repeat(tx: Transaction, workspace: WorkspaceID, delivery: Delivery, *, claims_compaction: bool) -> bool:
    """Claim (run, writer, sequence) where the run exists; where it does not, `work` decides what that means."""
    if delivery.run is None or delivery.writer is None or delivery.sequence is None:
        return False
    if claims_compaction:
        await lock_compaction(tx, workspace, delivery)
    if delivery.run not in await lock_counters(tx, workspace, [delivery.run]):
        return False
    return not await received.claim(
        tx,
        workspace,
        delivery.run,
        writer=delivery.writer,
        sequence=delivery.sequence,
        digest=delivery.digest,
    )


async def _claim_sequence(tx: Transaction, workspace: WorkspaceID, delivery: Delivery) -> None:
    """Note the sequence of the mutation that has just made its run."""
    if delivery.run is not None and delivery.writer is not None and delivery.sequence is not None:
        await received.claim(
            tx,
            workspace,
            delivery.run,
            writer=delivery.writer,
            sequence=delivery.sequence,
            digest=delivery.digest,
        )


async def lock_compaction(tx: Transaction, workspace: WorkspaceID, delivery: Delivery) -> None:
    """Claim the run's compaction row, which comes before its counters wherever both are locked."""
    rows = tables.compaction.c
    await tx.conn.execute(
        sa.select(rows.run).where(rows.workspace == workspace, rows.run == delivery.run).with_for_update()
    )


async def forget_client_keys(database: Database, *, kept: timedelta = KEPT) -> int:
    """Forget keys older than 30 days, in batches of a transaction each; return how many."""
    return await forget(database, FORGET, kept=kept)
