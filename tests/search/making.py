"""Documents for tests of indexes: runs and notes of one workspace, with what a test gives them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from domain.filters import Field, Statistic
from domain.ids import NodeKey, NodeKind, WorkspaceID
from domain.parameters import parse_parameter
from domain.search.answers import SearchAnswer
from domain.search.documents import Dimensions, DocumentKind, DocumentText, SearchDocument, TextField

WORKSPACE = WorkspaceID(UUID(int=0xA))
ELSEWHERE = WorkspaceID(UUID(int=0xB))
EXPERIMENT = UUID(int=0xE)
BEGIN = datetime(2026, 5, 1, 12, tzinfo=UTC)


def make_run(
    number: int,
    *,
    workspace: WorkspaceID = WORKSPACE,
    revision: int = 1,
    deleted: bool = False,
    name: str | None = None,
    params: Mapping[str, Any] | None = None,
    tags: Mapping[str, str] | None = None,
    metrics: Mapping[str, Mapping[Statistic, float]] | None = None,
) -> SearchDocument:
    """Return a run; the greater its number, the later it was recorded."""
    id_ = UUID(int=number)
    called = name or f"seed {number}"
    dimensions = Dimensions(
        id=id_,
        kind=NodeKind.RUN,
        experiment=EXPERIMENT,
        experiment_name="track",
        fields={
            Field.RUN: id_,
            Field.NAME: called,
            Field.KIND: "TRAIN",
            Field.STATUS: "FINISHED",
            Field.CREATED_AT: _moment(number),
            Field.STARTED_AT: _moment(number),
        },
        params={key: parse_parameter(key, value) for key, value in (params or {}).items()},
        tags=tags or {},
        metrics=metrics or {},
    )
    return SearchDocument(
        workspace=workspace,
        kind=DocumentKind.RUN,
        id=id_,
        revision=revision,
        deleted=deleted,
        texts=(DocumentText(TextField.NAME, called),),
        created_at=_moment(number),
        dimensions=dimensions,
    )


def make_note(number: int, text: str, on: SearchDocument, *, revision: int = 2) -> SearchDocument:
    """Return a note on a run."""
    return SearchDocument(
        workspace=on.workspace,
        kind=DocumentKind.NOTE,
        id=UUID(int=1 << 32 | number),
        revision=revision,
        subject=NodeKey(NodeKind.RUN, on.id),
        texts=(DocumentText(TextField.TEXT, text),),
        created_at=_moment(number),
        dimensions=on.dimensions,
    )


def list_numbers(answer: SearchAnswer) -> list[int]:
    """Return the numbers of the hits, in their order."""
    return [hit.key.uuid.int & 0xFFFFFFFF for hit in answer.hits]


def list_ids(documents: Sequence[SearchDocument]) -> list[UUID]:
    return [document.id for document in documents]


def _moment(number: int) -> datetime:
    return BEGIN + timedelta(minutes=number)
