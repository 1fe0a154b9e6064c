"""What a run read, as clients write it."""

from __future__ import annotations

import strawberry

from api.lineage.enums import Role
from api.lineage.inputs import PRODUCER, SUBSET
from api.lineage.using import UseInput
from api.mutating import OfRun
from api.nodes.inputs import DatasetRefInput, NodeRefInput
from api.scalars import DateTime
from domain.errors import TooLarge
from domain.ids import RunID
from domain.lineage.kinds import EdgeKind
from domain.lineage.roles import choose_role
from domain.lineage.views import MOST_SOURCES, ViewRead, make_view_ref
from domain.references import make_dataset_ref
from domain.texts import check_name


@strawberry.input(description="A dataset that a run used.")
class UseDatasetInput(UseInput):
    dataset: NodeRefInput = strawberry.field(
        description="The dataset or a version of it. A name or a version that nobody knows yet is made."
    )
    source: bool = strawberry.field(default=False, description="Declare at once that lineage begins there.")


@strawberry.input(description="A feature view by name and version.")
class FeatureViewRefInput:
    namespace: str = strawberry.field(description="The feature store it is defined in.")
    name: str = strawberry.field(description="Its name there.")
    version: str = strawberry.field(description="Which definition.")


@strawberry.input(description="A feature view that a run read.")
class UseFeatureViewInput(OfRun):
    view: FeatureViewRefInput = strawberry.field(description="The view; made where nobody knows it.")
    sources: list[DatasetRefInput] = strawberry.field(
        default_factory=list,
        description="What it was made from; without a version it is bound at the cutoff. Left out: what it was made "
        f"from before, bound so. At most {MOST_SOURCES}.",
    )
    cutoff: DateTime | None = strawberry.field(default=None, description="Point in time; left out, the run's start.")
    role: Role | None = strawberry.field(default=None, description="What the data is to the run; left out, INPUT.")
    subset: str | None = strawberry.field(default=None, description=SUBSET)
    producer: str = strawberry.field(default="", description=PRODUCER)


def read_view_read(given: UseFeatureViewInput, run: RunID) -> ViewRead:
    """Return the read of an input. Raises `InvalidInput`, `TooLarge` with the field's name."""
    if len(given.sources) > MOST_SOURCES:
        raise TooLarge(f"{len(given.sources)} sources; at most {MOST_SOURCES} are taken", path=["sources"])
    choose_role(EdgeKind.USED, given.role, from_evaluation=False)
    return ViewRead(
        run=run,
        view=make_view_ref(
            given.view.namespace, given.view.name, check_name(given.view.version, "view", "version"), "view"
        ),
        sources=tuple(
            make_dataset_ref(one.namespace, one.name, one.version, "sources", str(place))
            for place, one in enumerate(given.sources)
        ),
        cutoff=given.cutoff,
        role=given.role,
        subset=given.subset,
        producer=given.producer,
    )
