"""Reading the text form of a filter. The parser is made on first use: importing it takes 50 ms, making it as long."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from domain.errors import InvalidInput, TooLarge
from domain.filters import Filter, normalise
from domain.ids import WorkspaceID
from search.language.ancestry import find_relation
from search.language.mistakes import explain_character, explain_token, fail_at
from search.language.quoting import KEYWORDS
from search.language.subjects import Context

if TYPE_CHECKING:
    from lark import Lark, Token

TEXT_LIMIT = 64 * 1024
"""UTF-8 bytes of a text."""

_GRAMMAR = Path(__file__).with_name("grammar.lark")
_TYPES = {word: word.upper() if word in ("true", "false") else f"_{word.upper()}" for word in KEYWORDS}


def parse_query(text: str, *, now: datetime, workspace: WorkspaceID) -> Filter:
    """Return the tree that a text means, in its normal form; an empty text means everything.

    `now` is what relative times count from, `workspace` where global ids belong. Takes time linear in the text.
    Raises `InvalidQuery` with line and column, `NotFound` for another workspace's id, `TooLarge` beyond a limit.
    """
    _check(text)
    from lark.exceptions import UnexpectedCharacters, UnexpectedToken, VisitError

    from search.language.building import Builder

    try:
        return normalise(Builder(Context(now, workspace)).transform(_make_parser().parse(text)))
    except UnexpectedToken as exc:
        raise explain_token(exc.token, _find_accepted(text, exc.token)) from None
    except UnexpectedCharacters as exc:
        raise explain_character(exc) from None
    except VisitError as exc:
        raise exc.orig_exc from None


@cache
def _make_parser() -> Lark:
    from lark import Lark

    return Lark(
        _GRAMMAR.read_text(encoding="utf-8"),
        parser="lalr",
        lexer="basic",  # one meaning a token, wherever it stands: a keyword is never silently a value
        lexer_callbacks={"WORD": _find_keyword, "CALL": _find_relation},
        maybe_placeholders=False,
    )


def _find_accepted(text: str, token: Token) -> set[str]:
    """Return what the grammar takes where a token stands that it does not take.

    The text is read once more up to there: the failed parser has closed what the token might have gone on with.
    """
    parser = _make_parser().parse_interactive(text)
    for before in parser.lexer_thread.lex(parser.parser_state):  # type: ignore[no-untyped-call]  # lark says no types
        if token.type != "$END" and before.start_pos == token.start_pos:
            break
        parser.feed_token(before)
    return set(parser.accepts())  # type: ignore[no-untyped-call]


def _find_keyword(token: Token) -> Token:
    """Give a keyword its own type. The longest has seven letters."""
    if len(token) <= 7 and (keyword := _TYPES.get(token.lower())):
        token.type = keyword
    return token


def _find_relation(token: Token) -> Token:
    """Give `descendant_of(` and `ancestor_of(` a type of their own."""
    if find_relation(token) is not None:
        token.type = "RELATION"
    return token


def _check(text: str) -> None:
    """Raise for a text that no parser should see."""
    if len(text) > TEXT_LIMIT:
        raise TooLarge(f"the query has {len(text)} characters; at most {TEXT_LIMIT} bytes in UTF-8 are taken")
    try:
        size = len(text.encode("utf-8"))
    except UnicodeEncodeError as exc:
        raise _fail_character(text, exc.start, "a lone surrogate") from exc
    if size > TEXT_LIMIT:
        raise TooLarge(f"the query has {size} bytes in UTF-8; at most {TEXT_LIMIT} are taken")
    if "\0" in text:
        raise _fail_character(text, text.index("\0"), "a NUL character")


def _fail_character(text: str, index: int, what: str) -> InvalidInput:
    before = text[:index]
    column = index - (before.rfind("\n") + 1) + 1
    return fail_at(f"{what} cannot stand in a query", line=before.count("\n") + 1, column=column)
