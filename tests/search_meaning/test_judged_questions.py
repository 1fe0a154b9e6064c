"""Thirty judged questions over the demo's 119 notes: how well each engine ranks, printed, and kept from falling."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Mapping
from uuid import UUID

import pytest

from demo.logs import read_notes
from domain.ids import NodeKey, NodeKind, NoteID, WorkspaceID, make_uuid7
from domain.search.documents import DocumentKind
from domain.search.questions import SearchQuestion
from domain.text.parsing import parse_text
from search.elastic.index import ElasticsearchSearchIndex
from search.postgres_index import PostgresSearchIndex
from search.search_index import SearchIndex
from store.database import Database
from store.documents import fetch_documents
from store.notes import add_note
from tests.search.judged import measure_rank, measure_recall, read_judged
from tests.store.making import make_run, make_workspace

FLOORS = {"record": (0.90, 0.95), "elasticsearch": (0.90, 0.95)}
"""Recall at 10 and mean reciprocal rank that each has at least; they were 0.922 and 0.978, 0.922 and 0.975."""


@pytest.fixture(scope="module")
async def notes(record: Database) -> tuple[WorkspaceID, dict[UUID, str]]:
    """The demo's notes, each on a run of its recipe: the workspace, and the paths of the notes by their ids."""
    workspace = await make_workspace(record, "judged")
    paths: dict[UUID, str] = {}
    for note in read_notes():
        run = await make_run(record, note.path.split("/")[0], workspace=workspace, name=note.path.split("/")[1])
        id_ = NoteID(make_uuid7())
        async with record.write() as tx:
            await add_note(tx, workspace, NodeKey(NodeKind.RUN, run), note.text, id=id_)
        paths[id_] = note.path
    return workspace, paths


async def test_the_record_ranks_as_well_as_it_did(
    record: Database, notes: tuple[WorkspaceID, dict[UUID, str]], capsys: pytest.CaptureFixture[str]
) -> None:
    found = await measure(PostgresSearchIndex(record.read), *notes)
    with capsys.disabled():
        sys.stdout.write(f"\nrecord: recall at 10 {found[0]:.3f}, mean reciprocal rank {found[1]:.3f}\n")

    assert found[0] >= FLOORS["record"][0]
    assert found[1] >= FLOORS["record"][1]


async def test_elasticsearch_ranks_as_well_as_it_did(
    record: Database,
    notes: tuple[WorkspaceID, dict[UUID, str]],
    index: ElasticsearchSearchIndex,
    capsys: pytest.CaptureFixture[str],
) -> None:
    workspace, paths = notes
    async with record.read_primary() as conn:
        documents = await fetch_documents(conn, workspace, [NodeKey(NodeKind.NOTE, id_) for id_ in paths])
    await index.apply(documents)
    await index.refresh()
    found = await measure(index, workspace, paths)
    with capsys.disabled():
        sys.stdout.write(f"\nelasticsearch: recall at 10 {found[0]:.3f}, mean reciprocal rank {found[1]:.3f}\n")

    assert found[0] >= FLOORS["elasticsearch"][0]
    assert found[1] >= FLOORS["elasticsearch"][1]


async def measure(index: SearchIndex, workspace: WorkspaceID, paths: Mapping[UUID, str]) -> tuple[float, float]:
    """Return recall at 10 and mean reciprocal rank over all questions."""
    recalls, ranks = [], []
    for judged in read_judged():
        question = SearchQuestion(
            workspace=workspace, text=parse_text(judged.text), kinds=frozenset({DocumentKind.NOTE}), first=20
        )
        found = [paths[hit.key.uuid] for hit in (await index.search(question)).hits]
        recalls.append(measure_recall(found, judged.notes))
        ranks.append(measure_rank(found, judged.notes))
    return statistics.fmean(recalls), statistics.fmean(ranks)
