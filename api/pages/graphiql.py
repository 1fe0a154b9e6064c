"""The GraphiQL page and its examples."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from api.pages.files import Content, make_content, read_content, send_content

FOLDER = Path(__file__).parents[1] / "graphiql"
PAGE = FOLDER / "page" / "graphiql-page.html"
EXAMPLES = FOLDER / "examples"
OPENED = 3
"""So many examples stand open when someone comes for the first time."""


async def send_graphiql(request: Request) -> Response:
    """Answer with the page; which workspace it is for, it reads from its address."""
    return send_content(request, read_content(PAGE))


async def send_example_list(request: Request) -> Response:
    """Answer with the examples, in the order of their file names."""
    return send_content(request, _make_list())


@cache
def _make_list() -> Content:
    found = [read_example(path) for path in sorted(EXAMPLES.glob("*.graphql"))]
    for number, example in enumerate(found):
        example["opened"] = number < OPENED
    return make_content(msgspec.json.encode(found), "application/json")


def read_example(path: Path) -> dict[str, Any]:
    """Return an example: its first comment line is the title, the next ones the description; variables stand beside."""
    text = path.read_text(encoding="utf-8")
    comments = [line[1:].strip() for line in text.split("\n\n")[0].splitlines() if line.startswith("#")]
    variables = path.with_suffix(".json")
    return {
        "name": path.stem,
        "title": comments[0],
        "description": " ".join(comments[1:]).replace("`", ""),
        "query": text,
        "variables": variables.read_text(encoding="utf-8") if variables.exists() else "",
    }
