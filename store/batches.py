"""Everything of one run in one transaction: parameters, tags, notes, artifacts, points and its end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.artifacts import ArtifactDraft
from domain.ids import AttemptID, NodeKey, NodeKind, NoteID, RunID, WorkspaceID
from domain.lineage.surroundings import CodeDraft, EnvironmentDraft
from domain.parameters import Parameter, ParameterMode, check_parameters
from domain.runs import RunStatus
from domain.tags import Tag, check_tags
from domain.texts import check_note
from store.artifacts import put_artifact
from store.counters import Counters, lock_run, save_counters
from store.lineage.files import insert_files, record_files
from store.lineage.surroundings import record_surroundings
from store.metrics.points import Prepared, write_points
from store.notes import insert_note
from store.outbox import Changed
from store.parameters import put_parameters
from store.run_edits import put_end
from store.standing import Standing, read_standing
from store.tags import put_tags
from store.transactions import Transaction


@dataclass(frozen=True, slots=True)
class NoteDraft:
    """A note to be put on the run."""

    id: NoteID
    text: str
    created_by: str | None = None


@dataclass(frozen=True, slots=True)
class NewArtifact:
    """A file that the run made."""

    id: UUID
    draft: ArtifactDraft


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run ended, now unless a time is given."""

    status: RunStatus
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What one request says of one run. `points` come from `prepare_points`, before the transaction."""

    run: RunID
    attempt: AttemptID | None = None
    parameters: tuple[Parameter, ...] = ()
    mode: ParameterMode = ParameterMode.SAME_OR_FAIL
    tags: tuple[Tag, ...] = ()
    notes: tuple[NoteDraft, ...] = ()
    artifacts: tuple[NewArtifact, ...] = ()
    points: Prepared | None = None
    ending: Ending | None = None
    code: CodeDraft | None = None
    environment: EnvironmentDraft | None = None

    def __post_init__(self) -> None:
        check_parameters(self.parameters, "params")
        check_tags(self.tags, "tags")
        for place, note in enumerate(self.notes):
            check_note(note.text, "notes", str(place), "text")

    @property
    def key_names(self) -> set[str]:
        """Return the names that must be interned before the transaction; the points' are already."""
        return {parameter.key for parameter in self.parameters} | {tag.key for tag in self.tags}


async def log_batch(tx: Transaction, workspace: WorkspaceID, batch: Batch, *, keys: Mapping[str, int]) -> int:
    """Write all of a batch and return how many points it had. Raises what the single mutations raise."""
    await insert_files(tx, workspace, [artifact.draft for artifact in batch.artifacts])
    counters = await lock_run(tx, workspace, batch.run)
    standing = await read_standing(tx, workspace, batch.run, batch.attempt)
    if await _put_texts(tx, counters, batch, keys, standing):
        counters.raise_revision(tx, Changed.DOCUMENT)
    if batch.ending is not None:
        end = batch.ending
        await put_end(tx, counters, end.status, ended_at=end.ended_at, standing=standing)
    await record_files(tx, workspace, batch.run, [artifact.draft for artifact in batch.artifacts])
    await record_surroundings(tx, workspace, batch.run, code=batch.code, environment=batch.environment)
    # Last: points lock summaries, which come after the run's own row.
    accepted = 0 if batch.points is None else await write_points(tx, counters, batch.points)
    await save_counters(tx, counters)
    return accepted


async def _put_texts(
    tx: Transaction, counters: Counters, batch: Batch, keys: Mapping[str, int], standing: Standing
) -> bool:
    changed = bool(batch.notes or batch.artifacts)
    if batch.parameters:
        changed |= await put_parameters(tx, counters, batch.parameters, mode=batch.mode, keys=keys, standing=standing)
    if batch.tags:
        changed |= await put_tags(tx, counters, batch.tags, keys=keys, standing=standing)
    for note in batch.notes:
        subject = NodeKey(NodeKind.RUN, counters.run)
        await insert_note(tx, counters.workspace, subject, note.text, id=note.id, created_by=note.created_by)
    for artifact in batch.artifacts:
        await put_artifact(tx, counters, artifact.draft, id=artifact.id, standing=standing)
    return changed
