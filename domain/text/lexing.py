"""A typed text as words, phrases, operators and parentheses, each with its place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from domain.errors import InvalidInput, InvalidQuery, TooLarge
from domain.text.terms import Term
from domain.texts import TEXT_LIMIT, shown

WORD_LIMIT = 500
"""Words and phrases of a text."""

_LEXEME = re.compile(r'\s*(?:(?P<open>\()|(?P<close>\))|"(?P<phrase>[^"]*)(?P<end>"?)(?P<star>\**)|(?P<word>[^\s"]+))')
_OPERATORS = frozenset({"and", "or", "not"})


@dataclass(frozen=True, slots=True)
class Lexeme:
    """A piece of a text. `kind` is word, phrase, open, close, and, or, not."""

    kind: str
    text: str
    at: int


def split_text(text: str) -> list[Lexeme]:
    """Return the pieces of a text. Raises `InvalidQuery` for a quote that is never closed, `TooLarge`."""
    if len(text.encode("utf-8", "replace")) > TEXT_LIMIT:
        raise TooLarge(f"the text has {len(text)} characters; at most {TEXT_LIMIT} bytes in UTF-8 are taken")
    if "\0" in text:
        raise fail_at(text, text.index("\0"), "a NUL character cannot stand in a text")
    return list(_split(text))


def read_words(text: str) -> tuple[Term, ...]:
    """Return the words and phrases of a text that must all be there; no operator is one. Raises as `parse_text`."""
    lexemes = [lexeme for lexeme in split_text(text) if lexeme.kind not in ("open", "close")]
    if len(lexemes) > WORD_LIMIT:
        raise TooLarge(f"the text has {len(lexemes)} words; at most {WORD_LIMIT} are taken")
    terms = tuple(term for lexeme in lexemes if (term := make_term(text, lexeme)))
    if not terms:
        raise fail_at(text, 0, f"there is no word in {shown(text)}")
    return terms


def make_term(text: str, lexeme: Lexeme) -> Term:
    """Return the term of a word or phrase. Raises `InvalidQuery` for a star elsewhere than at its end, `TooLarge`."""
    typed = lexeme.text
    inner = typed.removesuffix("*")
    if "*" in inner:
        raise fail_at(text, lexeme.at, f"the star in {shown(typed)} stands elsewhere than at the end of a word: only "
                      "the start of a word can be looked for")  # fmt: skip
    is_open = len(inner) < len(typed)
    if is_open and not inner.strip():
        raise fail_at(text, lexeme.at, "a star alone means nothing: it stands at the end of a word")
    try:
        return Term(inner, is_phrase=lexeme.kind == "phrase", is_open=is_open)
    except InvalidInput as exc:
        raise fail_at(text, lexeme.at, exc.message) from exc


def fail_at(text: str, at: int, message: str) -> InvalidQuery:
    """Return the mistake at a place of a text."""
    before = text[:at]
    line, column = before.count("\n") + 1, at - (before.rfind("\n") + 1) + 1
    return InvalidQuery(f"line {line}, column {column}: {message}", line=line, column=column)


def _split(text: str) -> Iterator[Lexeme]:
    """Give the lexemes of a text. A parenthesis that is closed in the same word is a part of it: `f(x)`."""
    at = 0
    while at < len(text) and (found := _LEXEME.match(text, at)):
        kind = found.lastgroup if found["phrase"] is None else "phrase"
        start = found.start(kind or 0)
        at = found.end()
        match kind:
            case "phrase":
                if not found["end"]:
                    raise fail_at(text, start - 1, 'the quote " that opens here is never closed')
                yield Lexeme("phrase", found["phrase"] + found["star"], start - 1)
            case "word":
                word = found["word"]
                while word.endswith(")") and word.count(")") > word.count("("):
                    word = word[:-1]
                at = start + len(word)
                yield Lexeme(word.lower() if word.lower() in _OPERATORS else "word", word, start)
            case _:
                yield Lexeme(str(kind), found[0], start)
