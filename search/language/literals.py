"""What a leaf compares with, as it is written: numbers, texts, booleans, names of an enumeration, ids."""

from __future__ import annotations

import math
import re
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID

from domain.errors import InvalidInput
from domain.ids import NodeKind, WorkspaceID, parse_global_id, parse_uuid
from domain.predicates import Value
from domain.references import parse_node_id, parse_run_id
from search.language.mistakes import fail, find_nearest, show
from search.language.quoting import is_quoted, unquote

if TYPE_CHECKING:
    from lark import Token

_INTEGER = re.compile(r"[+-]?[0-9]+")
_FLOAT = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_NAMED = {"nan": math.nan} | {
    f"{sign}{word}": -math.inf if sign == "-" else math.inf for sign in ("", "+", "-") for word in ("inf", "infinity")
}
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_DIGITS = 310  # a double has 309 at most; Python itself refuses to read some thousands
_INT64 = range(-(2**63), 2**63)


def read_text(token: Token) -> str:
    """Return a text: what is in quotes, or the word as it was typed, a number too."""
    return unquote(token) if is_quoted(token) else str(token)


def read_scalar(token: Token) -> Value:
    """Return a value of the type that it is written in: `0.1` is a number, `true` a boolean, `"0.1"` a text."""
    if token.type in ("TRUE", "FALSE"):
        return token.type == "TRUE"
    if is_quoted(token):
        return unquote(token)
    number = _parse_number(token)
    return str(token) if number is None else number


def read_number(token: Token) -> int | float:
    """Return a number; an integer stays one, so that a count compares exactly."""
    number = None if is_quoted(token) else _parse_number(token)
    if number is None:
        raise fail(f"expected a number, found {show(token)}", token, expected=["a number"])
    return number


def read_whole(token: Token) -> int:
    """Return an integer of 64 bits."""
    number = None if is_quoted(token) else _parse_number(token)
    if not isinstance(number, int) or number not in _INT64:
        told = f"expected a whole number between -2^63 and 2^63 - 1, found {show(token)}"
        raise fail(told, token, expected=["a whole number"])
    return number


def read_member(token: Token, members: type[StrEnum]) -> str:
    """Return the name of a member, which may be written in any case."""
    text = read_text(token)
    if text.upper() not in members.__members__:
        expected = list(members.__members__)
        told = f"expected one of {', '.join(expected)}, found {show(token)}"
        raise fail(told, token, expected=expected, nearest=find_nearest(text, expected))
    return str(members[text.upper()])


def read_run(token: Token, workspace: WorkspaceID) -> UUID:
    """Return a run's id, from its global id or bare UUID."""
    return parse_run_id(read_text(token), workspace)


def read_uuid(token: Token) -> UUID:
    """Return a bare UUID."""
    return parse_uuid(read_text(token))


def read_experiment(token: Token, workspace: WorkspaceID) -> str | UUID:
    """Return an experiment's id from a bare global id or UUID, else its name; what is in quotes is always a name."""
    if is_quoted(token):
        return unquote(token)
    if _UUID.fullmatch(token):
        return parse_uuid(token)
    try:
        kind = parse_global_id(token).kind
    except InvalidInput:
        return str(token)
    return parse_node_id(token, workspace, NodeKind.EXPERIMENT) if kind is NodeKind.EXPERIMENT else str(token)


def is_experiment_id(text: str) -> bool:
    """Say whether a bare word would be read as an experiment's id."""
    try:
        return _UUID.fullmatch(text) is not None or parse_global_id(text).kind is NodeKind.EXPERIMENT
    except InvalidInput:
        return False


def _parse_number(token: Token) -> int | float | None:
    """Return the number that a word is, None if it is none. Raises `InvalidQuery` beyond the range of a double."""
    if named := _NAMED.get(token.lower()):
        return named
    number: int | float
    if _INTEGER.fullmatch(token):
        number = int(token) if len(token) <= _DIGITS else math.inf
    elif _FLOAT.fullmatch(token):
        number = float(token)
    else:
        return None
    if _is_too_large(number):
        raise fail(f"the number {show(token)} is beyond the range of a double", token, expected=["a number"])
    return number


def _is_too_large(number: float) -> bool:
    try:
        return math.isinf(float(number))
    except OverflowError:
        return True
