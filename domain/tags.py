"""Tags: one text a key, on runs and experiments."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from domain.errors import InvalidInput, TooLarge
from domain.texts import check_key, check_text, shown

TAG_LIMIT = 500
"""Tags that one run or experiment may have."""


@dataclass(frozen=True, slots=True)
class Tag:
    """A key and its text."""

    key: str
    value: str


def parse_tag(key: str, value: str, *path: str) -> Tag:
    """Return a tag whose key and value can be taken, or raise."""
    return Tag(check_key(key, *path, key[:80]), check_text(value, *path, key[:80]))


def check_tags(tags: Iterable[Tag], *path: str) -> tuple[Tag, ...]:
    """Return the tags of one request, or raise for a key given twice and for too many."""
    checked = tuple(tags)
    if len(checked) > TAG_LIMIT:
        raise TooLarge(f"{len(checked)} tags; at most {TAG_LIMIT} are taken", path=path)
    seen: set[str] = set()
    for tag in checked:
        if tag.key in seen:
            raise InvalidInput(f"the tag {shown(tag.key)} is given twice", path=path)
        seen.add(tag.key)
    return checked
