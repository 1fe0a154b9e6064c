"""Shapes: how the values of a field become its part of the answer, many at a time."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from graphql import GraphQLLeafType, GraphQLObjectType

from api.compiled.leaves import Fallback, fall_back, write_leaf
from api.compiled.sources import Source

if TYPE_CHECKING:
    from api.compiled.executor import CompiledExecutor
    from api.compiled.plans import Plan


class Shape(ABC):
    """A type with what is selected of it."""

    is_plain: bool
    """Whether one expression completes a value, with nothing to wait for."""

    @abstractmethod
    async def complete(self, executor: CompiledExecutor, values: Sequence[Any]) -> list[Any]:
        """Complete values, in their order. Raises `Fallback`, or whatever a value raises."""


class PlainShape(Shape):
    """What one expression completes."""

    is_plain = True

    def __init__(self, source: Source) -> None:
        self._source = source
        self._one: Callable[[Any], Any] | None = None

    @abstractmethod
    def write(self, expression: str) -> str:
        """Return the expression that completes the value of another."""

    @property
    def complete_one(self) -> Callable[[Any], Any]:
        """The function of one value."""
        if self._one is None:
            self._one = self._source.function(["value"], self.write("value"))
        return self._one

    async def complete(self, executor: CompiledExecutor, values: Sequence[Any]) -> list[Any]:
        return list(map(self.complete_one, values))


class Leaf(PlainShape):
    """A scalar or an enum."""

    def __init__(self, source: Source, type_: GraphQLLeafType, *, required: bool) -> None:
        super().__init__(source)
        self._type = type_
        self._required = required

    def write(self, expression: str) -> str:
        return write_leaf(self._source, self._type, expression, required=self._required)


class PlainObject(PlainShape):
    """An object of plain fields."""

    def __init__(self, source: Source, plan: Plan, *, required: bool) -> None:
        super().__init__(source)
        self._plan = plan
        self._required = required

    def write(self, expression: str) -> str:
        v, build = self._source.variable(), self._source.keep(self._plan.build)
        return f"({_write_null(self._source, self._required)} if ({v} := {expression}) is None else {build}({v}))"


class PlainList(PlainShape):
    """A list of what one expression completes."""

    def __init__(self, source: Source, item: PlainShape, *, required: bool) -> None:
        super().__init__(source)
        self._item = item
        self._required = required

    def write(self, expression: str) -> str:
        v, x, null = self._source.variable(), self._source.variable(), _write_null(self._source, self._required)
        items = f"[{self._item.write(x)} for {x} in {v}]"
        return f"({items} if type({v} := {expression}) is list else {null} if {v} is None else fall_back())"


def _write_null(source: Source, required: bool) -> str:  # noqa: FBT001  # private, and it reads well
    source.name("fall_back", fall_back)
    return "fall_back()" if required else "None"


class Objects(Shape):
    """Objects of which some fields are waited for."""

    is_plain = False

    def __init__(self, plan: Plan, *, required: bool) -> None:
        self._plan = plan
        self._required = required

    async def complete(self, executor: CompiledExecutor, values: Sequence[Any]) -> list[Any]:
        present = _present(values, required=self._required)
        done = await self._plan.complete(executor, present)
        return done if len(done) == len(values) else _with_nulls(values, done)


class Lists(Shape):
    """Lists whose items are waited for: those of all lists together."""

    is_plain = False

    def __init__(self, item: Shape, *, required: bool) -> None:
        self._item = item
        self._required = required

    async def complete(self, executor: CompiledExecutor, values: Sequence[Any]) -> list[Any]:
        present = _present(values, required=self._required)
        if any(type(value) is not list for value in present):
            raise Fallback
        done = iter(await self._item.complete(executor, [item for value in present for item in value]))
        return _with_nulls(values, [list(islice(done, len(value))) for value in present])


class Abstract(Shape):
    """Values of a union or an interface: each goes by its class, those of one class together."""

    is_plain = False

    def __init__(
        self,
        types: dict[type, GraphQLObjectType],
        compile_plan: Callable[[CompiledExecutor, GraphQLObjectType], Plan | None],
        *,
        required: bool,
    ) -> None:
        self._types = types
        self._compile = compile_plan
        self._required = required
        self._plans: dict[type, Plan | None] = {}

    async def complete(self, executor: CompiledExecutor, values: Sequence[Any]) -> list[Any]:
        present = _present(values, required=self._required)
        places: dict[type, list[int]] = {}
        for place, value in enumerate(present):
            places.setdefault(type(value), []).append(place)
        done: list[Any] = [None] * len(present)
        for cls, those in places.items():
            completed = await self._find_plan(executor, cls).complete(executor, [present[place] for place in those])
            for place, one in zip(those, completed, strict=True):
                done[place] = one
        return _with_nulls(values, done)

    def find_ready(self, cls: type) -> Plan | None:
        """Return the plan of a class, if a value of it came before."""
        return self._plans.get(cls)

    def _find_plan(self, executor: CompiledExecutor, cls: type) -> Plan:
        """Return the plan of a class, made when its first value comes: most of a union's types never come."""
        if cls not in self._plans:
            type_ = self._types.get(cls)
            self._plans[cls] = None if type_ is None else self._compile(executor, type_)
        plan = self._plans[cls]
        if plan is None:
            raise Fallback
        return plan


def _present(values: Sequence[Any], *, required: bool) -> Sequence[Any]:
    """Return the values that are not null. Raises `Fallback` where one is that may not be."""
    if None not in values:
        return values
    if required:
        raise Fallback
    return [value for value in values if value is not None]


def _with_nulls(values: Sequence[Any], done: list[Any]) -> list[Any]:
    """Return what is done with a null wherever the value was null."""
    if len(done) == len(values):
        return done
    following = iter(done)
    return [None if value is None else next(following) for value in values]
