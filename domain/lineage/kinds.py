"""Kinds of edges, all in the direction data flows, and which kinds of nodes each may join."""

from __future__ import annotations

from collections.abc import Set
from enum import Enum

from domain.errors import InvalidInput
from domain.ids import NodeKind


class EdgeKind(Enum):
    """What an edge says. The value stands in the record: never change or reuse one."""

    USED = 1
    GENERATED = 2
    DERIVED = 3
    REGISTERED_AS = 4
    DEPLOYED_AS = 5
    CONTINUED_AS = 6
    MEASURED_IN = 7
    SAME_CONTENT = 8
    PART_OF = 9
    RAN_CODE = 10
    RAN_IN = 11
    CALLED = 12
    REVISION_OF = 13
    VERSION_OF = 14


class Origin(Enum):
    """How an edge is known. The value stands in the record."""

    OBSERVED = 1
    DECLARED = 2
    INFERRED = 3
    MANUAL = 4


class WriteMode(Enum):
    """What a write does to what was there. The value stands in the record."""

    APPEND = 1
    MERGE = 2
    OVERWRITE = 3

    @property
    def keeps(self) -> bool:
        """Say whether the version holds what the one before it held."""
        return self is not WriteMode.OVERWRITE


VERSIONS = frozenset({
    NodeKind.DATASET_VERSION,
    NodeKind.FEATURE_VIEW_VERSION,
    NodeKind.ARTIFACT_VERSION,
    NodeKind.MODEL_VERSION,
    NodeKind.DEPLOYMENT_REVISION,
})  # fmt: skip
"""The version layer but for what runs: immutable things."""

NAMES = frozenset({NodeKind.DATASET, NodeKind.FEATURE_VIEW, NodeKind.MODEL, NodeKind.DEPLOYMENT})
"""The name layer."""

NAME_OF = {
    NodeKind.DATASET_VERSION: NodeKind.DATASET,
    NodeKind.FEATURE_VIEW_VERSION: NodeKind.FEATURE_VIEW,
    NodeKind.MODEL_VERSION: NodeKind.MODEL,
    NodeKind.DEPLOYMENT_REVISION: NodeKind.DEPLOYMENT,
}
"""The kind of name that a kind of version belongs to. VERSION_OF is never a row: the version's own row names it."""

CONTENT = frozenset({NodeKind.DATASET_VERSION, NodeKind.ARTIFACT_VERSION, NodeKind.MODEL_VERSION})
"""What has bytes, and so a digest."""

_SIDES = frozenset({NodeKind.RUN, NodeKind.EVALUATION})
_RUN = frozenset({NodeKind.RUN})

ENDS: dict[EdgeKind, tuple[Set[NodeKind], Set[NodeKind]]] = {
    EdgeKind.USED: (VERSIONS, _SIDES),
    EdgeKind.GENERATED: (_SIDES, VERSIONS - {NodeKind.FEATURE_VIEW_VERSION}),
    EdgeKind.DERIVED: (VERSIONS, VERSIONS),
    EdgeKind.REGISTERED_AS: (frozenset({NodeKind.ARTIFACT_VERSION}), frozenset({NodeKind.MODEL_VERSION})),
    EdgeKind.DEPLOYED_AS: (
        frozenset({NodeKind.MODEL_VERSION, NodeKind.ARTIFACT_VERSION}),
        frozenset({NodeKind.DEPLOYMENT_REVISION}),
    ),
    EdgeKind.CONTINUED_AS: (_RUN, _RUN),
    EdgeKind.MEASURED_IN: (_RUN, frozenset({NodeKind.EVALUATION})),
    EdgeKind.SAME_CONTENT: (CONTENT, CONTENT),
    EdgeKind.PART_OF: (CONTENT, CONTENT),
    EdgeKind.RAN_CODE: (frozenset({NodeKind.CODE_REVISION}), _RUN),
    EdgeKind.RAN_IN: (frozenset({NodeKind.ENVIRONMENT}), _RUN),
    EdgeKind.CALLED: (_RUN, _RUN),
    EdgeKind.REVISION_OF: (VERSIONS, VERSIONS),
    EdgeKind.VERSION_OF: (frozenset(NAME_OF), NAMES),
}
"""Kinds of the source, and of the target."""

WALKED = frozenset(EdgeKind) - {EdgeKind.CALLED, EdgeKind.REVISION_OF, EdgeKind.VERSION_OF}
"""What a walk follows unless it is told otherwise."""

RECORDABLE = frozenset({
    EdgeKind.USED,
    EdgeKind.GENERATED,
    EdgeKind.DERIVED,
    EdgeKind.REGISTERED_AS,
    EdgeKind.DEPLOYED_AS,
    EdgeKind.CONTINUED_AS,
    EdgeKind.RAN_CODE,
    EdgeKind.RAN_IN,
    EdgeKind.CALLED,
})  # fmt: skip
"""What a client may say; the other kinds follow from these."""

PRODUCING = frozenset({EdgeKind.GENERATED, EdgeKind.DERIVED, EdgeKind.REGISTERED_AS})
"""Edges that explain where a version came from, unless they are inferred."""


def check_ends(kind: EdgeKind, source: NodeKind, target: NodeKind) -> None:
    """Raise `InvalidInput` unless an edge of the kind may lead from the one to the other."""
    sources, targets = ENDS[kind]
    if source in sources and target in targets:
        return
    turned = source in targets and target in sources
    why = "; edges point where data flows: this one stands the wrong way round" if turned else ""
    field = "target" if source in sources else "source"
    allowed = " or ".join(sorted(one.name for one in (targets if field == "target" else sources)))
    given = target if field == "target" else source
    raise InvalidInput(f"the {field} of {kind.name} is a {allowed}, not a {given.name}{why}", path=[field])
