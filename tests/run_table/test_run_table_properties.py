"""Any filter in any order over any runs: the record answers exactly what the specification says."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.experiments import Lifecycle
from domain.filters import Filter
from domain.ids import WorkspaceID
from domain.orders import Order
from store.database import Database
from store.keys import Keys
from store.run_table import count_runs, fetch_run_page
from tests.run_table import questions
from tests.run_table.oracle import PlainRun, find
from tests.run_table.recording import record_workspace

EXAMPLES = 300 if settings.get_current_profile_name() == "ordinary" else 10_000
lifecycles = st.sampled_from([Lifecycle.PRESENT, Lifecycle.PRESENT, *Lifecycle])


async def read_all(
    database: Database,
    workspace: WorkspaceID,
    where: Filter,
    orders: list[Order],
    lifecycle: Lifecycle,
    *,
    first: int,
    steps: int,
) -> list[object]:
    """Read page after page to the end."""
    found: list[object] = []
    after = None
    async with database.read() as conn:
        while True:
            page = await fetch_run_page(
                conn, workspace, where, orders, first=first, after=after, lifecycle=lifecycle, steps=steps
            )
            found += page.ids
            if not page.has_next:
                return found
            after = page.cursors[-1]


@settings(max_examples=EXAMPLES)
@given(
    runs=questions.worlds(),
    asked=st.lists(st.tuples(questions.filters, questions.orders, lifecycles), min_size=1, max_size=4),
    first=st.integers(1, 9),
    steps=st.sampled_from([1, 2, 4, 1000]),
)
async def test_the_record_answers_what_the_specification_says(
    record: Database,
    keys: Keys,
    runs: list[PlainRun],
    asked: list[tuple[Filter, list[Order], Lifecycle]],
    first: int,
    steps: int,
) -> None:
    workspace = await record_workspace(record, keys, runs)
    for where, orders, lifecycle in asked:
        expected = find(runs, where, orders, lifecycle)
        found = await read_all(record, workspace, where, orders, lifecycle, first=first, steps=steps)
        async with record.read() as conn:
            count = await count_runs(conn, workspace, where, lifecycle=lifecycle)

        assert found == expected
        assert (count.value, count.exact) == (len(expected), True)
