"""Tags as clients write them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import strawberry

from api.mutating import Delivered
from api.nodes.inputs import NodeRefInput
from api.scalars import JSONObject, show
from domain.errors import InvalidInput
from domain.tags import Tag, check_tags, parse_tag

TAGS = "Keys to texts. At most 500 on a run or experiment; a text at most 64 KiB of UTF-8."


@strawberry.input(description="Tags on a run or an experiment.")
class SetTagsInput(Delivered):
    on: NodeRefInput = strawberry.field(description="A run or an experiment.")
    tags: JSONObject = strawberry.field(description=TAGS)


@strawberry.input(description="Tags that are taken off a run or an experiment.")
class RemoveTagsInput(Delivered):
    on: NodeRefInput = strawberry.field(description="A run or an experiment.")
    keys: list[str] = strawberry.field(description="Keys of the tags; those that are not there are passed over.")


def read_tags(tags: Mapping[str, Any] | None) -> tuple[Tag, ...]:
    """Return the tags of an input. Raises `InvalidInput` for a value that is no text, `TooLarge`."""
    read = []
    for key, value in (tags or {}).items():
        if not isinstance(value, str):
            raise InvalidInput(f"a tag is a text, not {show(value)}", path=["tags", key[:80]])
        read.append(parse_tag(key, value, "tags"))
    return check_tags(read, "tags")
