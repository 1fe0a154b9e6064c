"""The argument `query`: the tree `Filter` as text."""

from __future__ import annotations

import asyncio

from api.filters.inputs import FilterInput, read_filter
from domain.errors import DomainError
from domain.filters import And, Filter
from domain.ids import WorkspaceID
from domain.times import make_now
from search.language import TEXT_LIMIT, parse_query

QUERY = (
    "The same as text, such as `experiment = baseline and last(val_loss) < 3.28 and not tag.state = broken`; see "
    "/docs/reference/query-language. Where both are given, a run must fulfil both. A mistake is answered with its "
    f"line and column in the text, and with what was expected. At most {TEXT_LIMIT // 1024} KiB."
)


async def read_question(where: FilterInput | None, query: str | None, workspace: WorkspaceID) -> Filter:
    """Return the tree that both arguments mean together. Raises `InvalidQuery` and what `read_filter` raises."""
    tree = read_filter(where, workspace, "where")
    if query is None:
        return tree
    # Longer texts take tens of milliseconds, the first one the making of the parser: others go on meanwhile.
    asked = await asyncio.to_thread(_read_text, query, workspace)
    return asked if where is None else And((tree, asked))


def _read_text(query: str, workspace: WorkspaceID) -> Filter:
    try:
        return parse_query(query, now=make_now(), workspace=workspace)
    except DomainError as exc:
        raise exc.below("query") from exc
