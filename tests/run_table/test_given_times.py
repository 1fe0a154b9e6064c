"""A time is kept by its whole milliseconds, cut, so that asking for it as it was given finds it."""

from __future__ import annotations

from datetime import UTC, datetime

from domain.filters import Field, FieldLeaf
from domain.ids import make_uuid7
from domain.predicates import parse_predicate
from domain.runs import RunDraft, RunStatus
from store.database import Database
from store.numbers import Numbers
from store.run_edits import finish_run
from store.run_table import fetch_run_page
from store.runs import create_run
from store.workspaces import create_workspace

JUST_BEFORE = datetime(2026, 5, 1, 12, 0, 0, 999_999, tzinfo=UTC)


async def test_a_run_is_found_by_its_times_as_they_were_given(record: Database) -> None:
    async with record.write() as tx:
        workspace = await create_workspace(tx, f"times-{make_uuid7()}")
    place = await Numbers(record).take(workspace, "track")
    async with record.write() as tx:
        run = await create_run(tx, workspace, RunDraft(experiment="track", started_at=JUST_BEFORE), place, keys={})
    async with record.write() as tx:
        await finish_run(tx, workspace, run, RunStatus.FINISHED, ended_at=JUST_BEFORE)

    async with record.read() as conn:
        for field in (Field.STARTED_AT, Field.ENDED_AT):
            page = await fetch_run_page(conn, workspace, FieldLeaf(field, parse_predicate("eq", JUST_BEFORE)), first=1)
            assert page.ids == [run]
