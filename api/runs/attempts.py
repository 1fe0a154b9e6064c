"""The attempts of a run: each start of its code, in their order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Self

import strawberry
from sqlalchemy.ext.asyncio import AsyncConnection

from api.batching import BatchLoader
from api.scalars import Int64
from domain import attempts
from domain.attempts import AttemptOrder
from domain.ids import RunID
from store.metrics.attempts import NO_ATTEMPTS, fetch_attempts_by_run


@strawberry.type(description="One start of a run's code.")
class RunAttempt:
    id: strawberry.ID = strawberry.field(description="Its UUID, made by whoever began it.")
    after: strawberry.ID | None = strawberry.field(description="UUID of the newest attempt that its maker knew of.")
    restart_count: int = strawberry.field(description="How often the launcher had begun again by then.")
    from_step: Int64 | None = strawberry.field(
        description="The step it goes on from: points of earlier attempts above it are superseded; null: none are."
    )
    declared: bool = strawberry.field(description="False where only writes named it, and no `resumeRun`.")

    @classmethod
    def of(cls, attempt: attempts.Attempt) -> Self:
        return cls(
            id=strawberry.ID(str(attempt.id)),
            after=None if attempt.after is None else strawberry.ID(str(attempt.after)),
            restart_count=attempt.restart_count,
            from_step=None if attempt.from_step is None else Int64(attempt.from_step),
            declared=attempt.declared,
        )


class AttemptsLoader(BatchLoader[RunID, AttemptOrder]):
    """Attempts by run, in their order."""

    async def fetch(self, conn: AsyncConnection, keys: Sequence[RunID]) -> Mapping[RunID, AttemptOrder]:
        return await fetch_attempts_by_run(conn, self.workspace, keys)

    def absent(self, key: RunID) -> AttemptOrder:
        return NO_ATTEMPTS
