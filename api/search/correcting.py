"""Did you mean: words and keys that nobody used, replaced by the most similar ones that somebody did."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

from api.info import Info
from api.search.asking import ask_index, make_record_index
from domain.errors import InvalidInput
from domain.filters import Filter, Leaf, MetricLeaf, ParamLeaf, TagLeaf, iterate_leaves, replace_leaves
from domain.search.answers import SuggestionKind
from search.language import print_query

Correct = Callable[[], Awaitable[str | None]]

KINDS = {
    ParamLeaf: SuggestionKind.PARAM_KEY,
    MetricLeaf: SuggestionKind.METRIC_KEY,
    TagLeaf: SuggestionKind.TAG_KEY,
}
MOST_KEYS = 10
"""Keys of a query that are looked up; those behind them stay as they are."""


def ask_known_words(info: Info, words: str | None) -> Correct:
    """Return what gives a text with known words, None where all of its words are in use."""

    async def ask() -> str | None:
        if words is None:
            return None
        workspace, record = info.context.workspace, make_record_index(info.context)
        try:
            return (await ask_index(info, lambda index: index.correct(workspace, words), record=record)).value
        except InvalidInput:  # of `query`: what that language takes as words need not be such a text
            return None

    return ask


def ask_known_keys(info: Info, tree: Filter) -> Correct:
    """Return what gives a query with known keys, as text; None where all of its keys are in use."""

    async def ask() -> str | None:
        keyed = [leaf for leaf in iterate_leaves(tree) if isinstance(leaf, ParamLeaf | MetricLeaf | TagLeaf)]
        named = list(dict.fromkeys((KINDS[type(leaf)], leaf.key) for leaf in keyed))[:MOST_KEYS]
        known = {name: meant for name in named if (meant := await _find_key(info, *name)) not in (None, name[1])}

        def put(leaf: Leaf) -> Filter:
            if not isinstance(leaf, ParamLeaf | MetricLeaf | TagLeaf):
                return leaf
            return replace(leaf, key=known.get((KINDS[type(leaf)], leaf.key)) or leaf.key)

        return print_query(replace_leaves(tree, put)) if known else None

    return ask


async def _find_key(info: Info, kind: SuggestionKind, key: str) -> str | None:
    """Return the key in use that is most like one: itself, where somebody used it."""
    workspace, record = info.context.workspace, make_record_index(info.context)
    found = await ask_index(info, lambda index: index.suggest(workspace, key, [kind], first=5), record=record)
    texts = [one.text for one in found.value]
    return key if key in texts else next(iter(texts), None)
