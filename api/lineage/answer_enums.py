"""The enums of questions and answers about lineage; those of what is written are in `enums.py`."""

from __future__ import annotations

from enum import Enum

import strawberry

from api.enums import expose
from domain.ids import NodeKind
from domain.lineage.answers import Reason
from domain.lineage.collapsing import Collapse
from domain.lineage.explaining import Part
from domain.lineage.influence import Influence
from domain.lineage.leakage import Grade, LeakKind
from domain.lineage.questions import Direction

__all__ = [
    "AnswerSource",
    "Collapse",
    "Direction",
    "Grade",
    "Influence",
    "LeakKind",
    "LineageNodeKind",
    "Part",
    "PathMode",
    "Reason",
    "show_kind",
]

expose(
    Direction,
    "Which way to walk.",
    {"UPSTREAM": "Against the flow of data: whence it came.", "DOWNSTREAM": "With it: what came of it."},
    name="LineageDirection",
)
expose(
    Reason,
    "Why an answer is not complete.",
    {
        "DEPTH": "There is more beyond `maxDepth`.",
        "NODES": "There is more than the budget of nodes; the cut is between whole levels.",
        "EDGES": "There is more than the budget of links.",
        "HUB": "A node with very many links was shown and not passed.",
        "TIME": "The time budget was used up.",
        "PERMISSION": "Something may not be seen by you.",
    },
    name="IncompleteReason",
)
expose(
    Influence,
    "What bad data means for what lies below it.",
    {
        "WEIGHTS": "It was made from the data: make it again.",
        "MEASUREMENT": "It was measured on it, or rests on what was: measure it again.",
        "SELECTION": "It was only chosen by it: choose again.",
    },
)
expose(
    Grade,
    "How sure a leak is.",
    {
        "PROVEN": "The record says so.",
        "POSSIBLE": "The record does not say that it is not.",
        "EXCLUDED": "They look related, and the record says that they are kept apart.",
    },
    name="LeakGrade",
)
expose(
    LeakKind,
    "What gives a leak away.",
    {
        "SAME_VERSION": "The same version of a dataset stands on both sides.",
        "SAME_BYTES": "Two versions with equal digests stand on either side.",
        "COMMON_ANCESTOR": "Training data and test data go back to the same data.",
        "CHOICE": "The test data stopped, tuned or chose the model.",
    },
)
expose(
    Part,
    "A part of an explanation.",
    {
        "MEASURED_ON": "The data that the value was measured on.",
        "TRAINED_ON": "The data that the model was trained on.",
        "SELECTED_ON": "The data that stopped, tuned or chose the model.",
        "CODE": "The code that the run ran.",
        "ENVIRONMENT": "What the run ran in.",
    },
    name="ExplanationPart",
)
expose(
    Collapse,
    "What is folded into one node.",
    {
        "NAME": "Versions of one name, shown as the name.",
        "JOB": "Repeats of one job, shown as the newest of them: runs of the same experiment and kind that are part of "
        "the same run, or have the same name.",
    },
    name="LineageCollapse",
)


@strawberry.enum(description="Kinds of nodes of lineage.")
class LineageNodeKind(Enum):
    RUN = strawberry.enum_value(NodeKind.RUN, description="A run: the side that makes.")
    EVALUATION = strawberry.enum_value(NodeKind.EVALUATION, description="The side of a run that only measures.")
    DATASET = strawberry.enum_value(NodeKind.DATASET, description="A name under which versions of data appear.")
    DATASET_VERSION = strawberry.enum_value(NodeKind.DATASET_VERSION, description="Data as it was.")
    FEATURE_VIEW = strawberry.enum_value(NodeKind.FEATURE_VIEW, description="A definition of features, by name.")
    FEATURE_VIEW_VERSION = strawberry.enum_value(NodeKind.FEATURE_VIEW_VERSION, description="One such definition.")
    CODE_REVISION = strawberry.enum_value(NodeKind.CODE_REVISION, description="Code at a commit.")
    ENVIRONMENT = strawberry.enum_value(NodeKind.ENVIRONMENT, description="Software and hardware that runs ran in.")
    ARTIFACT_VERSION = strawberry.enum_value(NodeKind.ARTIFACT_VERSION, description="A file by place and digest.")
    MODEL = strawberry.enum_value(NodeKind.MODEL, description="A registered model, by name.")
    MODEL_VERSION = strawberry.enum_value(NodeKind.MODEL_VERSION, description="One version of a registered model.")
    DEPLOYMENT = strawberry.enum_value(NodeKind.DEPLOYMENT, description="An endpoint in an environment.")
    DEPLOYMENT_REVISION = strawberry.enum_value(
        NodeKind.DEPLOYMENT_REVISION, description="What an endpoint served from a start to an end."
    )


@strawberry.enum(description="Where an answer was read.")
class AnswerSource(Enum):
    RECORD = strawberry.enum_value("RECORD", description="In the record itself.")
    GRAPH = strawberry.enum_value("GRAPH", description="In the graph, which follows the record.")
    INDEX = strawberry.enum_value("INDEX", description="In the search index, which follows the record.")


@strawberry.enum(description="Which ways are asked for.")
class PathMode(Enum):
    SHORTEST = strawberry.enum_value("SHORTEST", description="One of the shortest.")
    ALL_SHORTEST = strawberry.enum_value("ALL_SHORTEST", description="All of the shortest.")


def show_kind(kind: NodeKind) -> LineageNodeKind:
    """Return a kind of node as the schema shows it."""
    return LineageNodeKind(kind)
