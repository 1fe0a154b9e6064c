"""What mutations of experiments take and answer with."""

from __future__ import annotations

import strawberry

from api.experiments.types import Experiment
from api.lineage.descendants import DESPITE
from api.mutating import TOKEN, Keyed
from api.scalars import Int64

WHICH = "The experiment, by name or global id."
NAME = "1 to 500 characters, unique in the workspace, among the deleted ones too."
NOW = "The experiment as it is now."


@strawberry.input(description="An experiment to be made.")
class CreateExperimentInput(Keyed):
    name: str = strawberry.field(description=NAME)
    description: str | None = strawberry.field(default=None, description="What it is about; at most 64 KiB.")


@strawberry.input(description="An experiment to be deleted or restored.")
class ExperimentInput(Keyed):
    experiment: str = strawberry.field(description=WHICH)


@strawberry.input(description="Changes of an experiment; what is left out stays, null empties a field.")
class UpdateExperimentInput(ExperimentInput):
    expected_version: Int64 | None = strawberry.field(
        default=None, description="Refuse with CONFLICT unless the experiment's `version` is this."
    )
    name: strawberry.Maybe[str] = strawberry.field(default=None, description=NAME)
    description: strawberry.Maybe[str | None] = strawberry.field(default=None, description="At most 64 KiB.")


@strawberry.input(description="An experiment to be put away, or taken out again.")
class ArchiveExperimentInput(ExperimentInput):
    archived: bool = strawberry.field(default=True, description="False takes it out again.")


@strawberry.input(description="An experiment whose rows are to be erased; it must be deleted first.")
class PurgeExperimentInput(ExperimentInput):
    despite_descendants: bool = strawberry.field(default=False, description=DESPITE)


@strawberry.type(description="An experiment was made.")
class CreateExperimentPayload:
    experiment: Experiment = strawberry.field(description="The experiment.")
    token: str = strawberry.field(description=TOKEN)


@strawberry.type(description="An experiment was changed.")
class UpdateExperimentPayload:
    experiment: Experiment = strawberry.field(description=NOW)
    token: str = strawberry.field(description=TOKEN)


@strawberry.type(description="An experiment was put away or taken out.")
class ArchiveExperimentPayload:
    experiment: Experiment = strawberry.field(description=NOW)
    token: str = strawberry.field(description=TOKEN)


@strawberry.type(description="An experiment was deleted.")
class DeleteExperimentPayload:
    experiment: Experiment = strawberry.field(description="The experiment, which can be restored.")
    token: str = strawberry.field(description=TOKEN)


@strawberry.type(description="An experiment was restored.")
class RestoreExperimentPayload:
    experiment: Experiment = strawberry.field(description=NOW)
    token: str = strawberry.field(description=TOKEN)


@strawberry.type(description="An experiment was purged. Its name is free again.")
class PurgeExperimentPayload:
    token: str = strawberry.field(description=TOKEN)
