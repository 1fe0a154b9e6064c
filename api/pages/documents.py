"""The documents, as pages: what stands in docs/, rendered from Markdown, behind a first page that shows the way."""

from __future__ import annotations

import html
import posixpath
import re
from collections.abc import Collection, Iterable, Iterator
from functools import cache
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from api.pages.files import Content, make_content, send_content
from api.transport.refusals import Refusal, refuse
from domain.errors import NotFound

if TYPE_CHECKING:
    from markdown_it.token import Token

HERE = Path(__file__).parent
TEMPLATE = HERE / "document.html"
PLACES = (HERE / "docs", HERE.parents[1] / "docs")
"""Where docs/ is: beside this module in an installed wheel, at the top of a checkout."""

FOLDERS = {"": "Guides", "reference/": "Reference", "operating/": "Operating it", "decisions/": "Why it is as it is"}

FIRST_PAGE = """\
# Whence

A metadata and lineage service for machine-learning experiments. This instance is running; everything it does is at one
GraphQL address for each workspace, `/w/<workspace>/graphql`.

| | |
| --- | --- |
| Try it in the browser | [GraphiQL](/graphql), or on the [demo data](/w/demo/graphql) where it was loaded |
| The whole schema | [schema.graphql](/schema.graphql) |
| Is it alive, is it ready | [/healthz](/healthz), [/readyz](/readyz) |
| Figures for Prometheus | [/metrics](/metrics) |

From a shell:

```sh
curl {address}/graphql -H 'Content-Type: application/json' \\
  -d '{{"query": "{{ runs(first: 5) {{ nodes {{ id name status }} }} }}"}}'
```

"""


class Documents:
    """Answers `/docs` and what is below it."""

    def __init__(self) -> None:
        folder = next((place for place in PLACES if place.is_dir()), None)
        found = sorted(folder.rglob("*.md")) if folder else []
        self._pages = {path.relative_to(folder).with_suffix("").as_posix(): path for path in found if folder}

    async def first(self, request: Request) -> Response:
        """Answer with the first page: where everything is, and the list of documents."""
        text = FIRST_PAGE.format(address=str(request.base_url).rstrip("/"))
        listed = "".join(self._list(title, folder) for folder, title in FOLDERS.items())
        return send_content(request, _render("Whence", text + listed))

    def _list(self, title: str, folder: str) -> str:
        lines = [
            f"- [{_read_title(path)}](/docs/{name})"
            for name, path in self._pages.items()
            if name.rpartition("/")[0] == folder.rstrip("/") and name != "README"
        ]
        return "\n".join([f"## {title}\n", *lines, "\n"]) if lines else ""

    async def page(self, request: Request) -> Response:
        """Answer with one document. Links between documents name files, so `.md` at the end is taken."""
        name = str(request.path_params["name"]).removesuffix(".md")
        path = self._pages.get(name)
        if path is None:
            return refuse(Refusal(NotFound("there is no such document")))
        return send_content(request, _read_page(path, name, frozenset(self._pages)))


@cache
def _read_page(path: Path, name: str, pages: frozenset[str]) -> Content:
    return _render(_read_title(path), path.read_text(encoding="utf-8"), name=name, pages=pages)


def _read_title(path: Path) -> str:
    with path.open(encoding="utf-8") as lines:
        return next((line.lstrip("# ").strip() for line in lines if line.startswith("# ")), path.stem)


def _render(title: str, markdown: str, *, name: str = "", pages: Collection[str] = ()) -> Content:
    from markdown_it import MarkdownIt  # not before somebody reads: the service starts without it

    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = reader.parse(markdown)
    for token in tokens:
        if token.children:
            token.children = list(_follow_links(token.children, name, pages))
    body = reader.renderer.render(tokens, reader.options, {})
    page = Template(TEMPLATE.read_text(encoding="utf-8")).substitute(title=html.escape(title), body=body)
    return make_content(page.encode(), "text/html")


def _follow_links(tokens: Iterable[Token], name: str, pages: Collection[str]) -> Iterator[Token]:
    """Give the tokens of a text; of links into the checkout, which is not served, only their words."""
    is_open = True
    for token in tokens:
        if token.type == "link_open":
            is_open = _is_served(str(token.attrGet("href")), name, pages)
            if str(token.attrGet("href")).endswith("/schema.graphql"):
                token.attrSet("href", "/schema.graphql")
        if is_open or token.type not in ("link_open", "link_close"):
            yield token


def _is_served(href: str, name: str, pages: Collection[str]) -> bool:
    target = href.partition("#")[0]
    if not target or target.startswith("/") or re.match(r"[a-z]+:", target) or target.endswith("/schema.graphql"):
        return True
    return posixpath.normpath(posixpath.join(posixpath.dirname(name), target)).removesuffix(".md") in pages
