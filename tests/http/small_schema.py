"""A schema small enough to read at a glance, with a field for each thing that the HTTP side has to get right."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import NewType

import sqlalchemy as sa
import strawberry
from strawberry.schema.config import StrawberryConfig
from strawberry.types import Info
from strawberry.types.scalar import ScalarDefinition

from api.context import Context

TABLE = "CREATE TABLE IF NOT EXISTS kept (text text NOT NULL)"


Anything = NewType("Anything", object)
SCALARS: dict[object, ScalarDefinition] = {Anything: strawberry.scalar(name="Anything", serialize=lambda value: value)}


@strawberry.type
class Query:
    @strawberry.field
    def ping(self) -> str:
        return "pong"

    @strawberry.field
    def workspace(self, info: Info[Context, None]) -> str:
        return info.context.workspace_name

    @strawberry.field
    def principal(self, info: Info[Context, None]) -> str:
        return info.context.principal.name

    @strawberry.field
    def request_id(self, info: Info[Context, None]) -> str:
        return info.context.request_id

    @strawberry.field
    def echo(self, text: str) -> str:
        return text

    @strawberry.field
    def long(self, size: int) -> str:
        return "a long text " * (size // 12)

    @strawberry.field
    def no_json(self) -> Anything:
        return Anything(object())

    @strawberry.field
    def required(self) -> str:
        return None  # type: ignore[return-value]  # what a bug would do

    @strawberry.field
    async def sleep_in_record(self, info: Info[Context, None], seconds: float) -> bool:
        async with info.context.database.read() as conn:
            await conn.execute(sa.text("SELECT pg_sleep(:seconds) /* whence-test */"), {"seconds": seconds})
        return True


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def keep(self, info: Info[Context, None], texts: list[str], pause: float = 0.0) -> int:
        async with info.context.database.write() as transaction:
            await transaction.conn.execute(sa.text(TABLE))
            for text in texts:
                await transaction.conn.execute(sa.text("INSERT INTO kept VALUES (:text)"), {"text": text})
                await transaction.conn.execute(sa.text("SELECT pg_sleep(:pause)"), {"pause": pause})
        return len(texts)


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def count(self, to: int, pause: float = 0.0) -> AsyncIterator[int]:
        for number in range(1, to + 1):
            await asyncio.sleep(pause)
            yield number

    @strawberry.subscription
    async def break_off(self) -> AsyncIterator[int]:
        yield 1
        raise RuntimeError("the secret reason")


schema = strawberry.Schema(
    Query, Mutation, Subscription, config=StrawberryConfig(disable_field_suggestions=True, scalar_map=SCALARS)
)
