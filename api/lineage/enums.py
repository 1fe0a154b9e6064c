"""The enums of lineage as clients see them."""

from __future__ import annotations

from api.enums import expose
from domain.lineage.facts import AvailabilityState
from domain.lineage.kinds import EdgeKind, Origin, WriteMode
from domain.lineage.roles import Role

__all__ = ["AvailabilityState", "EdgeKind", "Origin", "Role", "WriteMode"]

expose(
    EdgeKind,
    "What an edge says; every edge points where data flows.",
    {
        "USED": "A run, or its Evaluation, used a version.",
        "GENERATED": "A run, or its Evaluation, made a version.",
        "DERIVED": "A version was made from another one.",
        "REGISTERED_AS": "A file was registered as a model's version.",
        "DEPLOYED_AS": "A model's version, or a file, is what a revision of a deployment serves.",
        "CONTINUED_AS": "A run goes on as another one, under a new name.",
        "MEASURED_IN": "From a run to its Evaluation: the side that only measures.",
        "SAME_CONTENT": "Two versions have the same bytes, and only the source is explained. Inferred.",
        "PART_OF": "A file lies where a dataset does. Inferred.",
        "RAN_CODE": "Code that a run ran.",
        "RAN_IN": "The environment that a run ran in.",
        "CALLED": "A run called another one: containment, no flow of data.",
        "REVISION_OF": "From a version to the next one of the same name. Inferred; followed only when asked for.",
        "VERSION_OF": "From a version to its name; never followed.",
    },
)
expose(
    Role,
    "What a version is to a run: the first ten of what it used, the others of what it made.",
    {
        "INPUT": "Made from it; what USED has without a role.",
        "TRAIN": "Trained on it.",
        "INITIALISE": "Its weights were where training began.",
        "TEACHER": "Distilled from it; a reward model or reference policy too.",
        "MEMBER": "One of those that were merged.",
        "VALIDATION": "Stopped, tuned or chosen by it, and measured on it: it stands on both sides of the run.",
        "CANDIDATE": "One of those that a select run chose from.",
        "TEST": "Data measured on, nothing chosen by it.",
        "EVALUATE": "The model or the predictions that were measured.",
        "BASELINE": "What it was compared with.",
        "OUTPUT": "What it made; what GENERATED has without a role.",
        "CHECKPOINT": "A state of the model on the way.",
        "SPLIT": "One part of the data, apart from the others.",
        "PREDICTION": "What a model said of data.",
        "REPORT": "What was measured; what an Evaluation makes has it without a role.",
        "LOG": "What it wrote of its doing.",
    },
)
expose(
    Origin,
    "How an edge is known.",
    {
        "OBSERVED": "A tool saw it happen.",
        "DECLARED": "Somebody said so.",
        "INFERRED": "Whence concluded it from other facts, and takes it back when they change.",
        "MANUAL": "A person drew it by hand.",
    },
)
expose(
    WriteMode,
    "What a write did to what was there.",
    {
        "APPEND": "It was added to.",
        "MERGE": "Parts of it were replaced.",
        "OVERWRITE": "All of it was replaced.",
    },
)
expose(
    AvailabilityState,
    "Whether the bytes of a version are still to be had.",
    {
        "AVAILABLE": "They are.",
        "MISSING": "They were not found.",
        "EXPIRED": "They were deleted since their time was over.",
        "ERASED": "They were deleted since the law, or somebody's right, asked for it.",
    },
)
