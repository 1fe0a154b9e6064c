"""A text that cannot be read is answered with the place of the mistake, what was expected there, and what was meant."""

from __future__ import annotations

import pytest

from domain.errors import InvalidQuery, TooLarge
from domain.filters import Field
from tests.query_language.trees import read

SIGNS = ["=", "!=", "<", "<=", ">", ">="]
COMPARISONS = [*SIGNS, "between", "in", "exists", "matches"]
CONDITION = ["a condition", "a word", "not", "("]
FIELDS = [field.value for field in Field]
MORE = ["and", "or", "the end of the query"]
FUNCTIONS = ["first", "last", "min", "max", "best", "count"]
STATUSES = ["RUNNING", "FINISHED", "FAILED", "KILLED", "LOST"]
TIMES = ["2026-11-23T10:00:00Z", "2026-11-23", "-7d", "now"]


def refuse(text: str) -> InvalidQuery:
    """Return the mistake that a text is."""
    with pytest.raises(InvalidQuery) as caught:
        read(text)
    return caught.value


@pytest.mark.parametrize(
    ("text", "line", "column", "expected"),
    [
        ("loss spike = 3", 1, 12, ["and", "or"]),
        ("loss spike last(x) < 3", 1, 12, ["a word", *MORE]),
        ('"loss spike" param.x exists', 1, 14, ["a word", *MORE]),
        ("(loss", 1, 6, ["a word", "and", "or", ")", *COMPARISONS]),
        ("*loss", 1, 1, []),
        ("lo*ss", 1, 1, []),
        ('spike "lo* ss"', 1, 7, []),
        ("l*", 1, 1, []),
        ("spike *", 1, 7, []),
        ("& or not (+ *)", 1, 13, []),
        ("& or not (+)", 1, 1, []),
        ("name matches '&'", 1, 14, []),
        ("number matches 3", 1, 16, [*SIGNS, "in", "exists"]),
        ("text = loss", 1, 6, ["matches"]),
        ("dataset.teach.name = x", 1, 1, FIELDS),
        ("descendant_of()", 1, 15, ["a reference"]),
        ("descendant_of(x)", 1, 15, []),
        ("descendant_of(depth(3))", 1, 1, []),
        ("descendant_of(s3://b/x, depth(0))", 1, 25, []),
        ("ancestor_of(dataset(x))", 1, 13, []),
        ("ancestor_of(modell(x))", 1, 13, ["dataset", "model", "alias", "commit", "foreign", "depth"]),
        ("name = a\n  and\n  (kind = train", 3, 16, ["and", "or", ")"]),
        ("name = a)", 1, 9, MORE),
        ("()", 1, 2, CONDITION),
        ("not", 1, 4, CONDITION),
        ("name = a and", 1, 13, CONDITION),
        ("name = a kind = train", 1, 10, MORE),
        ("name = a && kind = train", 1, 10, MORE),
        ("exists(param.lr)", 1, 1, CONDITION),
        ("name =", 1, 7, ["a value"]),
        ("name = and", 1, 8, ["a value"]),
        ("name = a = b", 1, 10, MORE),
        ("param.x in 1", 1, 12, ["("]),
        ("param.x in (1 2)", 1, 15, [")", ","]),
        ("param.x in (1, )", 1, 16, ["a value"]),
        ("param.x between 1 or 2", 1, 19, ["and"]),
        ('param."a b"c = 1', 1, 12, COMPARISONS),
        ("last()", 1, 6, ["a key"]),
        ("last (loss) < 1", 1, 13, ["and", "or"]),
        ("last(a b) < 1", 1, 8, [")"]),
        ("param. = 3", 1, 1, ["a key"]),
        ("last(loss) < high", 1, 14, ["a number"]),
        ('last(loss) < "3"', 1, 14, ["a number"]),
        ("number = 1.5", 1, 10, ["a whole number"]),
        ("number = 9223372036854775808", 1, 10, ["a whole number"]),
        ("param.x = 1e999", 1, 11, ["a number"]),
        (f"param.x = {'9' * 5000}", 1, 11, ["a number"]),
        ("created > yesterday", 1, 11, TIMES),
        ("created > 2026-11-23T10:00:00", 1, 11, TIMES),
        ("created > 2026-02-30", 1, 11, TIMES),
        ("created > -999999999w", 1, 11, TIMES),
        ("created > -7y", 1, 11, TIMES),
        ("status < running", 1, 8, ["=", "!=", "in", "exists"]),
        ("run between a and b", 1, 13, ["=", "!=", "in", "exists"]),
        ("run = seed-1", 1, 7, []),
        ("attempt = seed-1", 1, 11, []),
        ("name = a\r\nand name = 'x", 2, 12, ["'"]),
        ('name = "x\\"', 1, 8, ['"']),
        ("name = 'a\\q'", 1, 8, []),
        ("name = '\\u0000'", 1, 8, []),
        ("name = '\\ud800'", 1, 8, []),
        ("name = a\x07", 1, 9, []),
        ("name = a\0", 1, 9, []),
        ("name = 'x\n\ud800'", 2, 1, []),
        ("param.x between 1 and a", 1, 17, []),
        ("param.' ' = 1", 1, 1, []),
        ("last('a\\u0000') = 1", 1, 6, []),
    ],
)
def test_a_mistake_has_its_place_and_what_was_expected(text: str, line: int, column: int, expected: list[str]) -> None:
    mistake = refuse(text)

    assert (mistake.line, mistake.column, mistake.expected) == (line, column, expected)
    assert mistake.message.startswith(f"line {line}, column {column}: ")
    assert mistake.code == "INVALID_INPUT"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name = a adn name = b", "expected and, or or the end of the query, found 'adn'; did you mean and?"),
        ("param.x betwen 1 and 2", f"expected {', '.join(COMPARISONS[:-1])} or matches, found 'betwen'; "
         "did you mean between?"),
        ("name == a", "'==' is no operator; there are =, !=, <, <=, >, >=; did you mean =?"),
        ("name <> a", "'<>' is no operator; there are =, !=, <, <=, >, >=; did you mean !=?"),
        ("lst(loss) < 1", "there is no function 'lst'; there are first, last, min, max, best, count; "
         "did you mean last?"),
        ("status = runing", "expected one of RUNNING, FINISHED, FAILED, KILLED, LOST, found 'runing'; "
         "did you mean RUNNING?"),
        ("experimnt = a", "there is no field 'experimnt'; a metric is written last(experimnt), a parameter "
         "param.experimnt, a tag tag.experimnt; did you mean experiment?"),
        ("val_loss < 3.28", "there is no field 'val_loss'; a metric is written last(val_loss), a parameter "
         "param.val_loss, a tag tag.val_loss"),
        ("params.lr = 1", "there is no field 'params.lr'; a metric is written last(params.lr), a parameter "
         "param.params.lr, a tag tag.params.lr; did you mean param.lr?"),
        ('name = "x', 'the quote " that opens here is never closed'),
        ("name = a\x07", "the character '\\x07' may stand in quotes only, written \\u0007"),
        ("run = seed-1", "'seed-1' is not an id"),
    ],
)  # fmt: skip
def test_a_mistake_says_what_was_meant(text: str, message: str) -> None:
    assert refuse(text).message.split(": ", 1)[1] == message


def test_a_mistake_keeps_its_place_when_it_is_seen_from_further_out() -> None:
    mistake = refuse("name == a").below("query")

    assert isinstance(mistake, InvalidQuery)
    assert (mistake.path, mistake.line, mistake.column, mistake.expected) == (("query",), 1, 6, SIGNS)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x" * 65_537, "the query has 65537 characters; at most 65536 bytes"),
        ("é" * 32_769, "the query has 65538 bytes in UTF-8; at most 65536"),
        ("not " * 101 + "name = a", "written in more than 100 levels"),
        ("not (name = a and " * 6 + "name = b" + ")" * 6, "13 levels; at most 10"),
        (" or ".join(["name = a"] * 501), "more than 500 leaves"),
        (f"param.x in ({', '.join(['1'] * 10_001)})", "line 1, column 13: 10001 values; at most 10,000"),
        (f"param.{'k' * 501} = 1", "line 1, column 1: 'kkk"),
    ],
)
def test_what_is_too_large_is_refused(text: str, told: str) -> None:
    with pytest.raises(TooLarge) as caught:
        read(text)

    assert told in caught.value.message
