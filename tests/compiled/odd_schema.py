"""A schema with every kind of field, whose objects hold anything: what a bug, or a null too many, would put there."""

from __future__ import annotations

import asyncio
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any

import strawberry
from graphql import GraphQLError
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext, Info

from api.batching import in_batch
from api.compiled.executor import CompiledExecutor
from api.scalars import JSON, SCALARS, DateTime, Float64, Float64List, Int64
from api.schema import Schema

Times = Annotated[int, strawberry.argument(description="How many times.")]


@strawberry.enum
class Colour(Enum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True)
class Soon:
    """A value that has to be awaited, as often as somebody asks."""

    value: Any

    def __await__(self) -> Generator[Any, None, Any]:
        yield from asyncio.sleep(0).__await__()
        return self.value


@strawberry.interface
class Named:
    name: str


@strawberry.type
class Other(Named):
    size: int | None


@strawberry.type
class Stranger:
    """A type that no field gives."""

    name: str


async def repeat_all(_context: object, things: Sequence[Thing], times: int) -> list[str]:
    await asyncio.sleep(0)
    return [thing.repeat_now(times) for thing in things]


async def find_friends(_context: object, things: Sequence[Thing]) -> list[Any]:
    await asyncio.sleep(0)
    return [thing.friend_value for thing in things]


@strawberry.type
class Thing(Named):
    text: str | None
    identity: strawberry.ID
    flag: bool
    small: int | None
    ratio: float | None
    big: Int64
    real: Float64
    anything: JSON | None
    moment: DateTime | None
    colour: Colour
    reals: Float64List
    words: list[str]
    table: list[list[int | None]] | None
    child: Thing | None
    required_child: Thing
    children: list[Thing]
    some: list[Thing | None] | None
    named: Named | None
    either: list[Annotated[Thing | Other, strawberry.union("Either")]]
    friend_value: strawberry.Private[Any]

    @strawberry.field
    def shouted(self) -> str:
        return self.name.upper()

    @strawberry.field
    async def later(self) -> str | None:
        await asyncio.sleep(0)
        return self.text

    @strawberry.field
    async def asked(self, info: Info[Any, None], times: Times = 1) -> str:
        return f"{info.field_name} {self.repeat_now(times)}"

    @strawberry.field(metadata=in_batch(repeat_all))  # type: ignore[untyped-decorator]
    async def repeated(self, times: Times) -> str:
        return self.repeat_now(times)

    @strawberry.field(metadata=in_batch(find_friends))  # type: ignore[untyped-decorator]
    async def friend(self) -> Thing | None:
        return self.friend_value  # type: ignore[no-any-return]

    @strawberry.field
    async def friends(self) -> list[Thing]:
        return [self.friend_value]

    def repeat_now(self, times: int) -> str:
        if times > 2:
            raise ValueError(f"{times} times is too often")
        return self.name * times


@strawberry.type
class Query:
    @strawberry.field
    def things(self) -> list[Thing]:
        return self.given  # type: ignore[attr-defined,no-any-return]

    @strawberry.field
    async def thing(self) -> Thing | None:
        return self.given[0]  # type: ignore[attr-defined,no-any-return]

    @strawberry.field
    def either(self) -> list[Annotated[Thing | Other, strawberry.union("Either")]] | None:
        return self.given  # type: ignore[attr-defined,no-any-return]


class OpenSchema(Schema):
    """Shows errors as they are."""

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Leave them."""


schema = OpenSchema(
    query=Query,
    types=[Stranger],
    config=StrawberryConfig(scalar_map=SCALARS),
    execution_context_class=CompiledExecutor,
)
