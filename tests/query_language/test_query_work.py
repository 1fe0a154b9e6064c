"""Reading a text is work linear in its length, however it is written, and costs nothing before the first text."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest

from domain.errors import DomainError
from tests.query_language.trees import read

SHAPES: dict[str, Callable[[int], str]] = {
    "parentheses": lambda n: "(" * n + "true" + ")" * n,
    "parentheses that are never closed": lambda n: "(" * n,
    "values": lambda n: f"param.x in ({','.join(['1'] * n)})",
    "constants": lambda n: " or ".join(["true"] * n),
    "groups that begin with groups": lambda n: "(" * n + "true" + " or true)" * n,
    "negations": lambda n: "not " * n + "true",
    "escapes": lambda n: "name = '" + '\\"' * n + "'",
    "escapes in a quote that is never closed": lambda n: "param.'" + '\\"' * n,
    "empty quotes": lambda n: 'name = ""' + '""' * n,
    "one word": lambda n: "x" * n,
    "one number": lambda n: "param.x = " + "1" * n,
    "dots": lambda n: "param." + "." * n + " exists",
    "operators": lambda n: "name " + "=" * n,
    "letters of functions": lambda n: "last" * n + "(",
    "words": lambda n: "ab " * n,
    "different words": lambda n: " ".join(f"w{number}x" for number in range(n)),
    "phrases": lambda n: '"a b"' * n,
    "apostrophes": lambda n: "x'" * n + "x",
    "stars": lambda n: "ab* " * n,
    "references": lambda n: f"descendant_of({','.join(['s3://b/x'] * n)})",
    "spaces": lambda n: " " * n,
    "lines": lambda n: "\n" * n + "name",
}


def count_steps(text: str) -> int:
    """Return how many lines of Python run while a text is read or refused."""
    steps = 0

    def trace(_frame: object, event: str, _argument: object) -> object:
        nonlocal steps
        steps += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)  # type: ignore[arg-type]  # a tracer of anything
    try:
        read(text)
    except DomainError:
        pass
    finally:
        sys.settrace(before)
    return steps


@pytest.mark.parametrize("shape", SHAPES)
def test_twice_the_text_is_at_most_twice_the_work(shape: str) -> None:
    make = SHAPES[shape]
    read("true")  # makes the parser

    assert count_steps(make(2000)) <= 2.2 * count_steps(make(1000))


@pytest.mark.parametrize("shape", SHAPES)
def test_a_text_of_the_greatest_length_is_read_or_refused(shape: str) -> None:
    make = SHAPES[shape]
    size = next(n for n in range(65_000, 0, -500) if len(make(n)) <= 65_536)

    try:
        read(make(size))
    except DomainError as exc:
        told = exc.message
    else:
        told = ""

    assert len(told) < 1000


def test_the_parser_library_is_loaded_by_the_first_text_and_not_before() -> None:
    code = (
        "import sys, api.schema, search.language; before = 'lark' in sys.modules;"
        "from tests.query_language.trees import read; read('true'); print(before, 'lark' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["False", "True"]
