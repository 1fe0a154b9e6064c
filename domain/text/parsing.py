"""The text that a person types into a search box, as a tree of words: joined by and, unless it says `or` or `not`."""

from __future__ import annotations

from collections.abc import Callable

from domain.errors import TooLarge
from domain.filters import LEAF_LIMIT, WRITTEN_LIMIT, And, Filter, Not, Or, TextLeaf, normalise
from domain.text.lexing import Lexeme, fail_at, make_term, split_text
from domain.texts import shown


def parse_text(text: str) -> Filter:
    """Return the tree that a text means: words, "phrases", prefixes such as `learn*`, `or`, `not` and parentheses.

    What has no token (`&`, `->`) is left out. Raises `InvalidQuery` with the place of a mistake and for a text of which
    nothing is left, `TooLarge` beyond a limit.
    """
    tree = _Parser(text).parse()
    if tree is None:
        raise fail_at(text, 0, f"there is no word in {shown(text)}")
    return normalise(tree)


class _Parser:
    """Reads one text by recursive descent; None is what has no token."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._lexemes = split_text(text)
        self._at = 0
        self._level = 0
        self._leaves = 0

    def parse(self) -> Filter | None:
        tree = self._either() if self._lexemes else None
        if (left := self._peek()) is not None:
            raise fail_at(self._text, left.at, "this parenthesis closes none that is open")
        return tree

    def _peek(self) -> Lexeme | None:
        return self._lexemes[self._at] if self._at < len(self._lexemes) else None

    def _takes(self, kind: str) -> bool:
        lexeme = self._peek()
        if lexeme is None or lexeme.kind != kind:
            return False
        self._at += 1
        return True

    def _either(self) -> Filter | None:
        items = [self._all()]
        while self._takes("or"):
            items.append(self._all())
        return _join(Or, items)

    def _all(self) -> Filter | None:
        items = [self._one()]
        while (lexeme := self._peek()) is not None and lexeme.kind not in ("or", "close"):
            self._takes("and")
            items.append(self._one())
        return _join(And, items)

    def _one(self) -> Filter | None:
        lexeme = self._peek()
        if lexeme is None or lexeme.kind in ("and", "or", "close"):
            place = len(self._text) if lexeme is None else lexeme.at
            if lexeme is not None and lexeme.kind == "close" and self._level:
                return None  # an empty pair
            raise fail_at(self._text, place, "expected a word here; put and, or, not in quotes to look for them")
        self._at += 1
        match lexeme.kind:
            case "not":
                return self._nested(self._one, negated=True)
            case "open":
                tree = self._nested(self._either)
                if not self._takes("close"):
                    raise fail_at(self._text, lexeme.at, "the parenthesis that opens here is never closed")
                return tree
            case _:
                return self._leaf(lexeme)

    def _nested(self, read: Callable[[], Filter | None], *, negated: bool = False) -> Filter | None:
        self._level += 1
        if self._level > WRITTEN_LIMIT:
            raise TooLarge(f"the text is written in more than {WRITTEN_LIMIT} levels")
        tree = read()
        self._level -= 1
        return Not(tree) if negated and tree is not None else tree

    def _leaf(self, lexeme: Lexeme) -> Filter | None:
        self._leaves += 1
        if self._leaves > LEAF_LIMIT:
            raise TooLarge(f"the text has more than {LEAF_LIMIT} words")
        term = make_term(self._text, lexeme)
        return TextLeaf(term) if term else None


def _join(operator: type[And] | type[Or], items: list[Filter | None]) -> Filter | None:
    kept = [item for item in items if item is not None]
    return operator(tuple(kept)) if kept else None
