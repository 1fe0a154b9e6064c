"""From the inputs of runs to the values of the domain."""

from __future__ import annotations

from api.code.inputs import read_code, read_environment
from api.edits import read_edit
from api.filters.inputs import read_experiment
from api.info import Info
from api.mutating import read_attempt, read_uuid
from api.parameters.inputs import read_parameters
from api.runs.inputs import CreateRunInput, UpdateRunInput
from api.tags.inputs import read_tags
from domain.errors import DomainError
from domain.ids import ExperimentID, RunID
from domain.references import parse_run_id
from domain.runs import RunDraft, RunEdit
from domain.unset import UNSET, Maybe


def read_draft(info: Info, given: CreateRunInput) -> RunDraft:
    """Return the run that an input describes. Raises `InvalidInput`, `NotFound`, `TooLarge`."""
    workspace = info.context.workspace
    made = read_uuid(given.id, "id")
    return RunDraft(
        experiment=_read_experiment(info, given.experiment),
        id=None if made is None else RunID(made),
        name=given.name,
        description=given.description,
        kind=given.kind,
        parent=None if given.parent is None else parse_run_id(given.parent, workspace, "parent"),
        created_by=given.created_by,
        host=given.host,
        started_at=given.started_at,
        attempt=read_attempt(given),
        parameters=read_parameters(given.params, given.parameters),
        tags=read_tags(given.tags),
        code=read_code(given.code),
        environment=read_environment(given.environment),
    )


def _read_experiment(info: Info, text: str) -> str | ExperimentID:
    try:
        found = read_experiment(text, info.context.workspace)
    except DomainError as exc:
        raise exc.below("experiment") from exc
    return found if isinstance(found, str) else ExperimentID(found)


def read_run_edit(info: Info, given: UpdateRunInput) -> RunEdit:
    """Return the changes that an input describes. Raises `InvalidInput`, `NotFound`."""
    return RunEdit(
        name=read_edit(given.name),
        description=read_edit(given.description),
        kind=read_edit(given.kind),
        status=read_edit(given.status),
        parent=_read_parent(info, given),
        created_by=read_edit(given.created_by),
        host=read_edit(given.host),
        started_at=read_edit(given.started_at),
        ended_at=read_edit(given.ended_at),
    )


def _read_parent(info: Info, given: UpdateRunInput) -> Maybe[RunID | None]:
    parent = read_edit(given.parent)
    if parent is UNSET or parent is None:
        return parent
    return parse_run_id(parent, info.context.workspace, "parent")
