"""Cursors of search: whose they are, and of which question."""

from __future__ import annotations

from enum import StrEnum
from hashlib import blake2b

from domain.errors import CursorExpired, InvalidInput
from domain.filters import Filter, IdsLeaf, Leaf, replace_leaves
from domain.search.questions import SearchQuestion
from domain.texts import shown

DIGEST_BYTES = 8
NO_IDS = IdsLeaf(())


class Adapter(StrEnum):
    """Who gave a cursor."""

    RECORD = "record"
    ELASTICSEARCH = "elasticsearch"


def digest_question(question: SearchQuestion) -> bytes:
    """Return what a cursor keeps of its question: all but which page of it is meant, what is counted beside it, and
    what changes by itself: which experiments are put away, and what a walk of lineage finds.
    """
    told = (
        question.workspace,
        _forget_ids(question.condition) if question.lineage else question.condition,
        sorted(question.kinds),
        question.orders,
        question.lineage,
        None if question.scope is None else () if question.lineage else question.scope.ids,
    )
    return blake2b(repr(told).encode("utf-8", "backslashreplace"), digest_size=DIGEST_BYTES).digest()


def sign_cursor(adapter: Adapter, text: str) -> str:
    """Return a cursor that says who gave it."""
    return f"{adapter}.{text}"


def unsign_cursor(adapter: Adapter, text: str) -> str:
    """Return a cursor as the adapter wrote it. Raises `CursorExpired` for another adapter's, `InvalidInput`."""
    name, dot, written = text.partition(".")
    if not dot or name not in list(Adapter):
        raise InvalidInput(f"{shown(text)} is not a cursor", path=["after"])
    if name != adapter:
        raise CursorExpired(f"the {name} gave this cursor, and another answers now: begin from the first page",
                            path=["after"])  # fmt: skip
    return written


def _forget_ids(tree: Filter) -> Filter:
    def put(leaf: Leaf) -> Filter:
        return NO_IDS if isinstance(leaf, IdsLeaf) else leaf

    return replace_leaves(tree, put)
