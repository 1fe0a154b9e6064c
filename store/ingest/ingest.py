"""The group commit service: many writers wait, few transactions commit, every answer follows its commit."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from domain.deliveries import Delivery
from domain.errors import DomainError, Unavailable
from domain.ids import RunID, WorkspaceID
from domain.points import Accepted, PointsRequest
from store.counters import lock_run, save_counters
from store.database import Database
from store.ingest.groups import Outcome, owners_of, write_group
from store.ingest.settings import IngestSettings
from store.keys import Keys
from store.metrics.points import Prepared, prepare_points, write_points
from store.once import Values, write_once
from store.transactions import Transaction

log = structlog.get_logger()

POINT_BYTES = 80
"""What a point takes while it waits: its columns as sent and as sorted, and what they are encoded to."""

JOIN_TURNS = 5
"""Turns of the event loop that a group waits for more members, if there are requests that have not joined yet."""

Written = Callable[[WorkspaceID, RunID], None]


@dataclass(slots=True, eq=False)
class _Member:
    """A request that waits, and whoever waits for its answer."""

    prepared: Prepared
    answer: asyncio.Future[Accepted] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Ingest:
    """Takes requests of points and answers when they are committed.

    Memory is bounded: above the bounds `submit` raises `Unavailable` at once, and the same request may come again.
    `written` is called after each commit with the runs that were written to, for the compactor; it must not raise.
    """

    def __init__(
        self,
        database: Database,
        keys: Keys,
        settings: IngestSettings | None = None,
        *,
        written: Written | None = None,
    ) -> None:
        self._database = database
        self._keys = keys
        self._settings = settings or IngestSettings()
        self._written = written
        self._waiting: deque[_Member] = deque()
        self._points = 0
        self._wake = asyncio.Condition()
        self._committers: list[asyncio.Task[None]] = []
        self._open = False
        self._admitted = 0

    @property
    def waiting_points(self) -> int:
        """Points that are held in memory: admitted and not yet answered."""
        return self._points

    async def start(self) -> None:
        """Begin to commit."""
        self._open = True
        self._committers = [asyncio.create_task(self._commit_groups()) for _ in range(self._settings.committers)]

    async def stop(self) -> None:
        """Take no more requests, answer those that wait, then return."""
        self._open = False
        async with self._wake:
            await self._wake.wait_for(lambda: self._admitted == 0)
            self._wake.notify_all()
        await asyncio.gather(*self._committers)
        self._committers = []

    async def submit(self, request: PointsRequest) -> Accepted:
        """Write a request's points, exactly once if it names its writer and sequence, or a client key.

        All of it is written or nothing. Raises `NotFound` or `Gone` for the run, `Conflict` for another body under
        the same sequence or key, `InvalidInput`, `TooLarge`, and `Unavailable` when full or while Postgres is away.
        A caller that gives up waiting takes nothing back: the points may be written all the same.
        """
        points = len(request.columns)
        self._admit(points)
        try:
            prepared = await prepare_points(self._keys, request)
            if request.client_key is not None:
                return await self._write_by_key(prepared)
            member = _Member(prepared)
            async with self._wake:
                self._waiting.append(member)
                self._wake.notify()
            return await member.answer
        finally:
            await asyncio.shield(self._release(points))

    def _admit(self, points: int) -> None:
        if not self._open:
            raise Unavailable("ingest is not running")
        bound = min(self._settings.max_waiting_points, self._settings.max_waiting_bytes // POINT_BYTES)
        if self._points + points > bound:
            raise Unavailable(f"{self._points} points wait to be written already; send these {points} again later")
        self._points += points
        self._admitted += 1

    async def _release(self, points: int) -> None:
        async with self._wake:
            self._points -= points
            self._admitted -= 1
            if self._admitted == 0:
                self._wake.notify_all()

    async def _commit_groups(self) -> None:
        while True:
            async with self._wake:
                await self._wake.wait_for(lambda: self._waiting or self._is_drained())
                if not self._waiting:
                    return
            await self._let_join()
            group = self._take_group()
            await self._commit(group)

    async def _let_join(self) -> None:
        """Give callers that were answered together, or are still preparing, a few turns of the loop to join."""
        for _ in range(JOIN_TURNS):
            if len(self._waiting) >= self._admitted:
                return
            await asyncio.sleep(0)

    def _is_drained(self) -> bool:
        return not self._open and self._admitted == 0

    def _take_group(self) -> list[_Member]:
        """Take who waits, first come first; callers that have gone are left out."""
        group: list[_Member] = []
        points = 0
        while self._waiting and len(group) < self._settings.max_group_requests:
            if group and points + len(self._waiting[0].prepared) > self._settings.max_group_points:
                break
            member = self._waiting.popleft()
            if not member.answer.done():
                group.append(member)
                points += len(member.prepared)
        return group

    async def _commit(self, group: list[_Member]) -> None:
        """Commit a group; if its statements fail, commit its members one by one, so that one fails alone."""
        if not group:
            return
        members = [member.prepared for member in group]
        try:
            async with self._database.write(owners_of(members)) as tx:
                outcomes = await write_group(tx, members)
        except DomainError as exc:
            _fail(group, exc)
        except Exception as exc:
            if len(group) == 1:
                log.exception("points_not_written", run_id=str(group[0].prepared.request.run))
                _fail(group, exc)
                return
            log.warning("group_split", members=len(group), error=type(exc).__name__)
            for member in group:
                await self._commit([member])
        else:
            _answer(group, outcomes)
            self._tell_written([member.prepared.request for member in group])

    def _tell_written(self, requests: list[PointsRequest]) -> None:
        if self._written is not None:
            for workspace, run in {(one.workspace, one.run) for one in requests}:
                self._written(workspace, run)

    async def _write_by_key(self, prepared: Prepared) -> Accepted:
        """Write a request that has a client key, in a transaction of its own: its repeat may wait for it."""
        request = prepared.request
        delivery = Delivery(
            operation="logMetrics",
            digest=request.digest,
            client_key=request.client_key,
            run=request.run,
            writer=request.writer,
            sequence=request.sequence,
        )

        async def work(tx: Transaction) -> Values:
            counters = await lock_run(tx, request.workspace, request.run)
            accepted = await write_points(tx, counters, prepared)
            await save_counters(tx, counters)
            return {"accepted": accepted}

        answer = await write_once(self._database, request.workspace, delivery, work, again={"accepted": len(prepared)})
        self._tell_written([request])
        return Accepted(accepted=int(answer.values["accepted"]), token=answer.token)


def _answer(group: list[_Member], outcomes: list[Outcome]) -> None:
    for member, outcome in zip(group, outcomes, strict=True):
        if member.answer.done():
            continue
        if isinstance(outcome, Accepted):
            member.answer.set_result(outcome)
        else:
            member.answer.set_exception(outcome)


def _fail(group: list[_Member], exc: Exception) -> None:
    for member in group:
        if not member.answer.done():
            member.answer.set_exception(exc)
