"""Generations of the index: each has its own set of indexes, and aliases lead to the one that serves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from elasticsearch import AsyncElasticsearch, BadRequestError, NotFoundError

from search.elastic.failures import driver_errors, name_cause
from search.elastic.mapping import MAPPING, NAMES_MAPPING, NEWEST_FIRST, SETTINGS

EXISTS = "resource_already_exists_exception"


class Part(StrEnum):
    """The indexes of one generation."""

    THINGS = "things"
    """Runs and all else that has a name."""
    NOTES = "notes"
    """Notes and comments, the newest first."""
    NAMES = "names"
    """What can be suggested."""


@dataclass(frozen=True, slots=True)
class Names:
    """How the indexes of one installation are called."""

    prefix: str

    def index(self, part: Part, generation: int) -> str:
        return f"{self.prefix}-{part}-{generation}"

    def alias(self, part: Part) -> str:
        return f"{self.prefix}-{part}"

    @property
    def mark(self) -> str:
        """The index of what is kept of the record that is followed."""
        return f"{self.prefix}-mark"

    def all_of(self, generation: int) -> list[str]:
        return [self.index(part, generation) for part in Part]


async def prepare_generation(client: AsyncElasticsearch, names: Names, generation: int) -> bool:
    """Make the indexes of a generation, empty; those that are there stay as they are. Say whether any was not."""
    await _forbid_making(client, names)
    made = [
        await make_index(client, names.index(part, generation), mapping=mapping, settings=settings)
        for part, mapping, settings in _LAYOUT
    ]
    return any(made)


async def make_index(
    client: AsyncElasticsearch, name: str, *, mapping: Mapping[str, Any], settings: Mapping[str, Any]
) -> bool:
    """Make an index unless there is one; say whether there was none."""
    try:
        async with driver_errors():
            await client.indices.create(index=name, mappings=mapping, settings=settings)
    except BadRequestError as exc:
        if name_cause(exc) != EXISTS:
            raise
        return False
    return True


async def _forbid_making(client: AsyncElasticsearch, names: Names) -> None:
    """See that a write to an index that was dropped fails: the engine would make one, with a mapping of its own."""
    patterns = [f"{names.alias(part)}-*" for part in Part]
    async with driver_errors():
        await client.indices.put_index_template(
            name=names.prefix, index_patterns=patterns, allow_auto_create=False, priority=500
        )


async def serve_generation(client: AsyncElasticsearch, names: Names, generation: int) -> None:
    """Let the aliases lead to a generation, all in one call."""
    actions: list[dict[str, Any]] = []
    for part in Part:
        index, alias = names.index(part, generation), names.alias(part)
        actions.append({"remove": {"index": f"{alias}-*", "alias": alias, "must_exist": False}})
        actions.append({"add": {"index": index, "alias": alias}})
    async with driver_errors():
        await client.indices.update_aliases(actions=actions)


async def drop_generation(client: AsyncElasticsearch, names: Names, generation: int) -> None:
    """Remove the indexes of a generation; what is not there is no failure."""
    await drop_indexes(client, names.all_of(generation))


async def drop_indexes(client: AsyncElasticsearch, indexes: Sequence[str]) -> None:
    for index in indexes:
        try:
            async with driver_errors():
                await client.indices.delete(index=index, ignore_unavailable=True)
        except NotFoundError:
            continue


_LAYOUT: tuple[tuple[Part, dict[str, Any], dict[str, Any]], ...] = (
    (Part.THINGS, MAPPING, SETTINGS),
    (Part.NOTES, MAPPING, SETTINGS | NEWEST_FIRST),
    (Part.NAMES, NAMES_MAPPING, SETTINGS),
)
