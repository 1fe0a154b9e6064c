"""The page of limits says the numbers that the code holds."""

import re

from api.changes.points import MOST_POINTS as MESSAGE_POINTS
from api.changes.subscriptions import BATCH
from api.comparisons.queries import MOST_ROWS
from api.connections import LARGEST_PAGE
from api.limits import COST_BUDGET, MAX_ALIASES, MAX_DEPTH, MAX_TOKENS
from api.metrics.loaders import MOST_KEYS
from api.metrics.queries import MOST_POINTS
from api.nodes.queries import MOST_IDS
from api.reading import LONGEST_WAIT_MS
from domain import attempts, console, filters, metrics, orders, pages, parameters, predicates, runs, tags, texts
from domain.lineage.claims import MOST_CLAIMS
from store import comparisons, lifecycle, once, received
from store.metrics.appended import MOST_BEHIND
from store.metrics.prefixes import MOST_BEFORE
from store.parameters import HISTORY_LIMIT
from tests.project.checkout import ROOT, read

EXPECTED = [
    *(texts.KEY_LIMIT, texts.TEXT_LIMIT, texts.NOTE_LIMIT, console.MAX_CHUNK),
    *(
        parameters.PARAMETER_LIMIT,
        tags.TAG_LIMIT,
        metrics.MAX_SERIES,
        metrics.MAX_CONTEXTS,
        attempts.MAX_ATTEMPTS,
        received.MAX_GAPS,
    ),
    lifecycle.LONGEST_S,
    *(metrics.MAX_POINTS, runs.BULK_LIMIT, MOST_CLAIMS, comparisons.RUN_LIMIT, MOST_ROWS, MOST_IDS, MOST_KEYS),
    *(MOST_POINTS, MOST_BEFORE, HISTORY_LIMIT, LONGEST_WAIT_MS),
    *(LARGEST_PAGE, pages.COUNT_LIMIT, filters.LEVEL_LIMIT, filters.LEAF_LIMIT, predicates.IN_LIMIT),
    orders.ORDER_LIMIT,
    *(MAX_DEPTH, MAX_ALIASES, MAX_TOKENS, COST_BUDGET),
    *(MESSAGE_POINTS, MOST_BEHIND, BATCH),
    *(once.KEPT.days, received.KEPT.days),
]
"""In the order of the page."""


def test_the_page_of_limits_says_the_numbers_of_the_code() -> None:
    page = read(ROOT / "docs" / "reference" / "limits.md")
    cells = re.findall(r"^\|.*\| ([\d, ]+) \|$", page, re.MULTILINE)

    assert [int(number.replace(",", "")) for cell in cells for number in cell.split(", ")] == EXPECTED
