"""From the structure of a text to the tree it means: one leaf at a time, every mistake with its place."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

from lark import Token, v_args
from lark.visitors import Transformer_NonRecursive

from domain.errors import DomainError, InvalidInput, InvalidQuery, TooLarge
from domain.filters import EVERYTHING, LEAF_LIMIT, NOTHING, And, Filter, Not, Or
from domain.predicates import Operator
from search.language.ancestry import Reference, make_leaf, read_named, read_reference
from search.language.mistakes import OPERATORS, fail, fail_at, find_nearest, show
from search.language.subjects import Context, Subject, read_call, read_field, read_keyed
from search.language.words import read_phrase, read_word

T = TypeVar("T")
Part = Filter | None
"""A piece of a tree; None is a word without a token, which is left out."""

Written = tuple[Subject, Token]
"""A subject, and where it stands."""

_OPERATORS = {
    "=": Operator.EQ,
    "!=": Operator.NE,
    "<": Operator.LT,
    "<=": Operator.LTE,
    ">": Operator.GT,
    ">=": Operator.GTE,
}
_WORDS = {operator: text for text, operator in _OPERATORS.items()} | {
    Operator.IN: "in",
    Operator.EXISTS: "exists",
    Operator.MATCHES: "matches",
}
_PLACE = re.compile(r"^line \d+, column \d+: ")
"""Where a mistake stands in the text that `matches` takes; here the place in the whole query is told."""

_OTHER_TONGUES = {"==": "=", "<>": "!=", "=<": "<=", "=>": ">=", "!": "not"}


@v_args(inline=True)
class Builder(Transformer_NonRecursive):  # type: ignore[type-arg]  # lark's is generic for checkers only
    """Builds the tree of one text. Not recursive: a text may open ten thousand parentheses."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._leaves = 0

    def start(self, tree: Part = EVERYTHING) -> Filter:
        if tree is None:
            raise fail_at("there is no word to look for in the query", line=1, column=1)
        return tree

    def disjunction(self, *items: Part) -> Part:
        return _join(Or, items)

    def conjunction(self, *items: Part) -> Part:
        return _join(And, items)

    def negate(self, item: Part) -> Part:
        return None if item is None else Not(item)

    def word(self, token: Token) -> Part:
        self._count()
        return _at(token, lambda: read_word(token))

    def phrase(self, token: Token) -> Part:
        self._count()
        return _at(token, lambda: read_phrase(token))

    def reference(self, token: Token) -> Reference:
        return _at(token, lambda: read_reference(token, self._context.workspace))

    def named_reference(self, function: Token, *arguments: Token) -> Reference:
        return _at(function, lambda: read_named(function, arguments))

    def lineage(self, relation: Token, *given: Reference) -> Filter:
        self._count()
        return _at(relation, lambda: make_leaf(relation, given))

    def everything(self, _token: Token) -> Filter:
        return EVERYTHING

    def nothing(self, _token: Token) -> Filter:
        return NOTHING

    def field(self, token: Token) -> Written:
        return _at(token, lambda: read_field(token, self._context)), token

    def keyed(self, token: Token) -> Written:
        return _at(token, lambda: read_keyed(token)), token

    def call(self, function: Token, key: Token) -> Written:
        return _at(key, lambda: read_call(function, key)), key

    def compare(self, written: Written, sign: Token, value: Token) -> Filter:
        operator = _OPERATORS.get(sign)
        if operator is None:
            nearest = _OTHER_TONGUES.get(sign) or find_nearest(sign, OPERATORS)
            told = f"{show(sign)} is no operator; there are {', '.join(OPERATORS)}"
            raise fail(told, sign, expected=OPERATORS, nearest=nearest)
        return self._make_leaf(written, operator, value, at=sign)

    def between(self, written: Written, low: Token, high: Token) -> Filter:
        return self._make_leaf(written, Operator.BETWEEN, low, high, at=low)

    def within(self, written: Written, *values: Token) -> Filter:
        return self._make_leaf(written, Operator.IN, *values, at=written[1])

    def matches(self, written: Written, value: Token) -> Filter:
        return self._make_leaf(written, Operator.MATCHES, value, at=value)

    def exists(self, written: Written) -> Filter:
        self._count()
        subject, token = written
        return _at(token, subject.exists)

    def _make_leaf(self, written: Written, operator: Operator, *values: Token, at: Token) -> Filter:
        self._count()
        subject, token = written
        if operator not in subject.operators:
            expected = [word for operator, word in _WORDS.items() if operator in subject.operators]
            told = f"{show(token)} is compared by {', '.join(expected[:-1])} or {expected[-1]} only"
            raise fail(told, at, expected=expected)
        read: list[Any] = [_at(value, partial(subject.read, value)) for value in values]
        return _at(token, lambda: subject.make(operator, read), value=values[0] if values else None)

    def _count(self) -> None:
        """Refuse early what would be refused later: nobody should wait for ten thousand leaves."""
        self._leaves += 1
        if self._leaves > LEAF_LIMIT:
            raise TooLarge(f"the query has more than {LEAF_LIMIT} leaves")


def _join(operator: type[And] | type[Or], items: Sequence[Part]) -> Part:
    kept = [item for item in items if item is not None]
    return operator(tuple(kept)) if kept else None


def _at(token: Token, make: Callable[[], T], *, value: Token | None = None) -> T:
    """Return what `make` returns; what it raises gets its place: the token, or the value where no key is to blame."""
    try:
        return make()
    except DomainError as exc:
        if isinstance(exc, InvalidQuery) and not exc.path:
            raise
        place = token if value is None or exc.path == ("key",) else value
        mistake = fail(_PLACE.sub("", exc.message), place)
        raise (mistake if isinstance(exc, InvalidInput) else type(exc)(mistake.message)) from exc
