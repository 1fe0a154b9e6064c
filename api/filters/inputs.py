"""The tree `Filter` and the list `orderBy`, as clients write them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self
from uuid import UUID

import strawberry

from api.enums import expose
from api.filters.conditions import (
    IDCondition,
    Int64Condition,
    KindCondition,
    NumberCondition,
    StatusCondition,
    TextCondition,
    TimeCondition,
    ValueCondition,
    choice,
    find_choice,
    read_condition,
)
from api.filters.surroundings import AncestryFilter, DatasetFilter, at_path, read_surroundings
from domain import filters
from domain.errors import InvalidInput
from domain.filters import Statistic
from domain.ids import NodeKind, WorkspaceID, parse_global_id, parse_uuid
from domain.references import parse_node_id, parse_run_id
from domain.text.parsing import parse_text

expose(
    Statistic,
    "Which number of a metric series.",
    {
        "FIRST": "The value at the lowest step.",
        "LAST": "The value at the highest step; may be NaN.",
        "MIN": "The lowest value; absent when all are NaN.",
        "MAX": "The highest value; absent when all are NaN.",
        "BEST": "The lowest or highest by the goal of `defineMetric`; absent without a goal.",
        "COUNT": "How many points there are.",
    },
)


@strawberry.input(description="True of a run that has the series, and whose number fulfils the condition.")
class MetricFilter:
    key: str = strawberry.field(description="The metric's key.")
    of: Statistic = strawberry.field(default=Statistic.LAST, description="Which number of the series.")
    is_: NumberCondition = strawberry.field(name="is", description="What the number must be.")


@strawberry.input(description="True of a run that has the parameter, and whose value fulfils the condition.")
class ParamFilter:
    key: str = strawberry.field(description="The parameter's key.")
    is_: ValueCondition = strawberry.field(name="is", description="What the value must be.")


@strawberry.input(
    description="True of what has the tag, if its text fulfils the condition. Tags are text: a number is compared as "
    "it is typed."
)
class TagFilter:
    key: str = strawberry.field(description="The tag's key.")
    is_: ValueCondition = strawberry.field(name="is", description="What the text must be.")


@strawberry.input(
    name="Filter",
    one_of=True,
    description="A tree of conditions; exactly one field is given at each place. A leaf is true or false, never "
    "unknown: on a missing key it is false, `ne` too, and `not` is the exact complement. At most 10 levels and 500 "
    "leaves.",
)
class FilterInput:
    and_: list[Self] | None = choice("All of these; true for an empty list.", "and")
    or_: list[Self] | None = choice("One of these; false for an empty list.", "or")
    not_: Self | None = choice("The exact complement.", "not")
    metric: MetricFilter | None = choice("A number of a metric series.")
    param: ParamFilter | None = choice("A parameter.")
    tag: TagFilter | None = choice("A tag.")
    experiment: TextCondition | None = choice("The run's experiment, by name or global id.")
    name: TextCondition | None = choice("The name.")
    description: TextCondition | None = choice("The description.")
    status: StatusCondition | None = choice("The run's status.")
    kind: KindCondition | None = choice("The run's kind.")
    created_by: TextCondition | None = choice("Who made it.")
    host: TextCondition | None = choice("The machine it runs on.")
    number: Int64Condition | None = choice("The run's number in its experiment.")
    run: IDCondition | None = choice("The run itself: global ids or bare UUIDs.")
    parent: IDCondition | None = choice("The parent run: global ids or bare UUIDs.")
    attempt: IDCondition | None = choice("The current attempt's UUID.")
    created_at: TimeCondition | None = choice("When it was recorded.")
    started_at: TimeCondition | None = choice("When the run started.")
    ended_at: TimeCondition | None = choice("When the run ended; missing while it runs.")
    owner: TextCondition | None = choice("Who answers for a dataset, model or deployment; a run has none.")
    dataset: DatasetFilter | None = choice("Data that the run read or wrote.")
    commit: TextCondition | None = choice("A commit that the run ran.")
    environment: TextCondition | None = choice("A digest of the environment that the run ran in.")
    text: str | None = choice(
        "Words and phrases in the text itself, as the argument `text` of `search` takes them: of a note what is "
        "written in it, of a run its name, description, tags, keys and texts of parameters."
    )
    descendant_of: AncestryFilter | None = choice("It lies downstream of these nodes.")
    ancestor_of: AncestryFilter | None = choice("It lies upstream of these nodes.")


def read_filter(given: FilterInput | None, workspace: WorkspaceID, *path: str) -> filters.Filter:
    """Return the tree that an input means; without one, everything. Raises `InvalidInput`, `NotFound`, `TooLarge`."""
    if given is None:
        return filters.EVERYTHING
    name, value = find_choice(given)
    match name:
        case "and" | "or":
            items = [read_filter(item, workspace, *path, name, str(index)) for index, item in enumerate(value)]
            return filters.And(tuple(items)) if name == "and" else filters.Or(tuple(items))
        case "not":
            return filters.Not(read_filter(value, workspace, *path, "not"))
        case "metric" | "param" | "tag":
            return _read_keyed(name, value, *path, name)
        case "text":
            return at_path((*path, "text"), lambda: parse_text(value))
        case "descendant_of" | "ancestor_of" | "dataset" | "commit" | "environment":
            return read_surroundings(name, value, workspace, *path)
        case _:
            return _read_field(name, value, workspace, *path)


def _read_keyed(name: str, given: Any, *path: str) -> filters.Filter:
    condition = at_path((*path, "is"), lambda: read_condition(given.is_))
    if name == "metric":
        return at_path(path, lambda: filters.MetricLeaf(given.key, given.of, condition))
    if name == "param":
        return at_path(path, lambda: filters.ParamLeaf(given.key, condition))
    return at_path(path, lambda: filters.TagLeaf(given.key, condition))


def _read_field(name: str, given: Any, workspace: WorkspaceID, *path: str) -> filters.Filter:
    head, *rest = name.split("_")
    field = filters.Field(head + "".join(part.title() for part in rest))
    readers: dict[filters.Field, Callable[[str], Any]] = {
        filters.Field.RUN: lambda text: parse_run_id(text, workspace),
        filters.Field.PARENT: lambda text: parse_run_id(text, workspace),
        filters.Field.ATTEMPT: parse_uuid,
        filters.Field.EXPERIMENT: lambda text: read_experiment(text, workspace),
        filters.Field.STATUS: str,
        filters.Field.KIND: str,
    }
    here = (*path, field.value)
    return filters.FieldLeaf(field, at_path(here, lambda: read_condition(given, readers.get(field))))


def read_experiment(text: str, workspace: WorkspaceID) -> str | UUID:
    """Return an experiment's uuid for a global id, and a name as it is. Raises `NotFound` for another workspace's."""
    try:
        found = parse_global_id(text)
    except InvalidInput:
        return text
    return parse_node_id(text, workspace, NodeKind.EXPERIMENT) if found.kind is NodeKind.EXPERIMENT else text
