"""Connections to Neo4j: by address, with limits of their own, and failures in our words."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeAlias, TypeVar
from urllib.parse import unquote, urlsplit

from neo4j import (
    AsyncDriver,
    AsyncGraphDatabase,
    AsyncManagedTransaction,
    AsyncSession,
    Bookmarks,
    NotificationMinimumSeverity,
    Query,
    unit_of_work,
)
from neo4j.exceptions import ClientError, DatabaseError, DriverError, Neo4jError, TransientError

from domain.errors import Unavailable

T = TypeVar("T")

ANSWER_S = 30.0
CONNECT_S = 5.0
RETRY_S = 1.0
"""How long the driver tries a transaction again: whoever asks has the record meanwhile, whoever writes tries later."""

POOL = 50

PASSING = ("TransactionTimedOut", "TransactionTerminated", "ConstraintValidationFailed", "Bookmark")
"""What the codes of failures have that waiting may help: the next checkpoint brings another bookmark."""

Statement: TypeAlias = tuple[str, dict[str, Any]]
"""What is said to the server, with its parameters."""


def connect(url: str) -> AsyncDriver:
    """Return a driver of `bolt://user:password@host:7687`, `neo4j://...` or their encrypted kin; no talk yet."""
    parts = urlsplit(url)
    auth = None if parts.username is None else (unquote(parts.username), unquote(parts.password or ""))
    address = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
    return AsyncGraphDatabase.driver(
        address,
        auth=auth,
        connection_timeout=CONNECT_S,
        connection_acquisition_timeout=CONNECT_S,
        max_connection_pool_size=POOL,
        max_transaction_retry_time=RETRY_S,
        notifications_min_severity=NotificationMinimumSeverity.OFF,
        keep_alive=True,
    )


@asynccontextmanager
async def neo4j_errors() -> AsyncIterator[None]:
    """Turn what waiting may help into `Unavailable`; a mistake in a statement is a bug and stays what it is."""
    try:
        yield
    except (DriverError, TransientError, DatabaseError, OSError, TimeoutError) as exc:
        raise Unavailable("the lineage graph did not answer") from exc
    except ClientError as exc:
        if _is_passing(exc):
            raise Unavailable("the lineage graph did not answer in time") from exc
        raise


class Reading:
    """A session that reads. Each statement is a transaction of its own: two round trips less than a begun one."""

    def __init__(self, session: AsyncSession, seconds: float) -> None:
        self._session = session
        self._seconds = seconds

    async def fetch_row(self, statement: str, **parameters: Any) -> Any:
        """Run a statement that answers with one record. The server ends it when its time is over, or when we go."""
        result = await self._session.run(Query(statement, timeout=self._seconds), parameters)
        return await result.single(strict=True)


async def read(
    driver: AsyncDriver,
    work: Callable[[Reading], Awaitable[T]],
    *,
    seconds: float = ANSWER_S,
    bookmark: str | None = None,
) -> T:
    """Do reading work, no statement of which takes longer than `seconds`; once more where that may help.

    So a connection that the server closed while nobody used it is no failure. A member of a cluster answers once it
    has what the bookmark stands for.
    """
    async with neo4j_errors():
        try:
            return await _read_once(driver, work, seconds, bookmark)
        except (DriverError, Neo4jError) as exc:
            if not exc.is_retryable():
                raise
        return await _read_once(driver, work, seconds, bookmark)


async def _read_once(
    driver: AsyncDriver, work: Callable[[Reading], Awaitable[T]], seconds: float, bookmark: str | None
) -> T:
    bookmarks = None if bookmark is None else Bookmarks.from_raw_values([bookmark])
    async with driver.session(default_access_mode="READ", bookmarks=bookmarks) as session:
        return await work(Reading(session, seconds))


async def read_row(driver: AsyncDriver, statement: str, *, seconds: float = ANSWER_S, **parameters: Any) -> Any:
    """Run one reading statement that answers with one record."""
    return await read(driver, lambda reading: reading.fetch_row(statement, **parameters), seconds=seconds)


async def write(driver: AsyncDriver, statements: Sequence[Statement], *, seconds: float = ANSWER_S) -> str | None:
    """Run writing statements in one transaction and return its bookmark, for a cluster's other members.

    All of it again when the server says that it may pass. What a statement did is awaited only at the commit.
    """

    async def work(tx: AsyncManagedTransaction) -> None:
        for text, parameters in statements:
            await tx.run(text, parameters)

    async with neo4j_errors(), driver.session(default_access_mode="WRITE") as session:
        await session.execute_write(unit_of_work(timeout=seconds)(work))
        return next(iter((await session.last_bookmarks()).raw_values), None)


def is_timeout(exc: BaseException | None) -> bool:
    """Say whether the server ended a statement because its time was over."""
    return isinstance(exc, Neo4jError) and "TransactionTimedOut" in (exc.code or "")


def _is_passing(exc: ClientError) -> bool:
    return any(word in (exc.code or "") for word in PASSING)
