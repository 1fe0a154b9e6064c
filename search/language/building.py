"""From the structure of a text to the tree it means: one leaf at a time, every mistake with its place."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from lark import Token, v_args
from lark.visitors import Transformer_NonRecursive

from domain.errors import DomainError, InvalidInput, InvalidQuery, TooLarge
from domain.filters import EVERYTHING, LEAF_LIMIT, NOTHING, And, Filter, Not, Or
from domain.predicates import Operator
from search.language.mistakes import OPERATORS, fail, find_nearest, show
from search.language.subjects import Context, Subject, read_call, read_field, read_keyed

T = TypeVar("T")
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
_WORDS = {operator: text for text, operator in _OPERATORS.items()} | {Operator.IN: "in", Operator.EXISTS: "exists"}
_OTHER_TONGUES = {"==": "=", "<>": "!=", "=<": "<=", "=>": ">=", "!": "not"}


@v_args(inline=True)
class Builder(Transformer_NonRecursive):  # type: ignore[type-arg]  # lark's is generic for checkers only
    """Builds the tree of one text. Not recursive: a text may open ten thousand parentheses."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._leaves = 0

    def start(self, tree: Filter = EVERYTHING) -> Filter:
        return tree

    def disjunction(self, *items: Filter) -> Filter:
        return Or(items)

    def conjunction(self, *items: Filter) -> Filter:
        return And(items)

    def negate(self, item: Filter) -> Filter:
        return Not(item)

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


def _at(token: Token, make: Callable[[], T], *, value: Token | None = None) -> T:
    """Return what `make` returns; what it raises gets its place: the token, or the value where no key is to blame."""
    try:
        return make()
    except InvalidQuery:
        raise
    except DomainError as exc:
        place = token if value is None or exc.path == ("key",) else value
        mistake = fail(exc.message, place)
        raise (mistake if isinstance(exc, InvalidInput) else type(exc)(mistake.message)) from exc
