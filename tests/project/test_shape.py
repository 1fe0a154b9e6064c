"""The shape of the code that the style asks for, where no linter checks it."""

import ast
import sys
from collections import Counter
from pathlib import Path

from tests.project.checkout import ROOT, own_files, read, relative

_VAGUE = frozenset({"utils", "util", "helpers", "helper", "common", "base", "misc", "tools", "shared"})
_DRIVERS = frozenset(
    {"neo4j", "elasticsearch", "strawberry", "sqlalchemy", "asyncpg", "alembic", "starlette", "uvicorn"}
)


def _is_test(path: Path) -> bool:
    return (ROOT / "tests") in path.parents


def test_no_module_is_longer_than_four_hundred_lines_and_no_test_than_five_hundred() -> None:
    long = {
        relative(path): lines
        for path in own_files(".py")
        if (lines := len(read(path).splitlines())) > (500 if _is_test(path) else 400)
    }

    assert long == {}


def test_every_module_opens_with_one_sentence() -> None:
    wrong = []
    for path in own_files(".py"):
        doc = ast.get_docstring(ast.parse(read(path)))
        if not doc or not doc.split("\n\n")[0].rstrip().endswith((".", "?", ":")):
            wrong.append(relative(path))

    assert wrong == []


def test_no_module_has_a_name_that_says_nothing_or_hides_a_library() -> None:
    wrong = [relative(path) for path in own_files(".py") if {path.stem, path.parent.name} & (_VAGUE | _DRIVERS)]
    # At the top a name of the standard library would hide it; inside a package it hides nothing.
    hiding = [
        path.name for path in ROOT.iterdir() if path.stem in sys.stdlib_module_names and path.suffix in {"", ".py"}
    ]

    assert wrong == []
    assert hiding == []


def test_there_is_no_package_file_in_the_tests() -> None:
    assert [relative(path) for path in own_files(".py") if _is_test(path) and path.name == "__init__.py"] == []


def test_no_two_test_modules_share_a_name() -> None:
    names = Counter(path.name for path in own_files(".py") if _is_test(path) and path.name.startswith("test_"))

    assert [name for name, count in names.items() if count > 1] == []


def test_no_test_is_left_out() -> None:
    marks = ("pytest.mark.skip", "pytest.mark.xfail", "pytest.xfail", "pytest.importorskip")
    wrong = [
        relative(path)
        for path in own_files(".py")
        if _is_test(path) and path != Path(__file__)
        for mark in marks
        if mark in read(path)
    ]

    assert wrong == []
