"""Deployments as clients write them."""

from __future__ import annotations

import strawberry

from api.info import Info
from api.lineage.enums import Origin
from api.lineage.inputs import ORIGIN, PRODUCER
from api.mutating import Keyed
from api.nodes.inputs import NodeRefInput
from api.scalars import DateTime
from domain.errors import InvalidInput, TooLarge
from domain.lineage.claims import check_moment
from domain.texts import check_name
from domain.times import make_now
from store.lineage.deploying import DeploymentDraft

MOST_SERVED = 100
ENVIRONMENT = "Where it serves: `production`, `staging`. At most 500 characters."


@strawberry.input(description="What an endpoint serves from now on.")
class DeployInput(Keyed):
    environment: str = strawberry.field(description=ENVIRONMENT)
    endpoint: str = strawberry.field(description="The endpoint's name there; made where nobody knows it.")
    revision: str | None = strawberry.field(
        default=None, description="Name of the revision; left out, the next number. One that began before: CONFLICT."
    )
    serves: list[NodeRefInput] = strawberry.field(
        description=f"Versions of models, or files that nobody registered; at most {MOST_SERVED}. An alias means the "
        "version that it meant then."
    )
    at: DateTime | None = strawberry.field(default=None, description="Since when; left out, now.")
    replaces: bool = strawberry.field(
        default=False, description="End what is live at the endpoint; else it serves beside it, as a canary does."
    )
    origin: Origin = strawberry.field(default=Origin.OBSERVED, description=ORIGIN)
    producer: str = strawberry.field(default="", description=PRODUCER)


@strawberry.input(description="What an endpoint serves no more.")
class UndeployInput(Keyed):
    environment: str = strawberry.field(description=ENVIRONMENT)
    endpoint: str = strawberry.field(description="The endpoint's name there.")
    revision: str | None = strawberry.field(default=None, description="Name of the revision; left out, all live ones.")
    at: DateTime | None = strawberry.field(default=None, description="Since when; left out, now.")


def read_deployment(info: Info, given: DeployInput) -> DeploymentDraft:
    """Return the deployment that an input describes. Raises `InvalidInput`, `NotFound`, `TooLarge`."""
    if not given.serves:
        raise InvalidInput("a deployment serves something", path=["serves"])
    if len(given.serves) > MOST_SERVED:
        raise TooLarge(f"{len(given.serves)} versions; at most {MOST_SERVED} are taken", path=["serves"])
    check_moment(given.at, "at")
    workspace = info.context.workspace
    return DeploymentDraft(
        environment=check_name(given.environment, "environment"),
        endpoint=check_name(given.endpoint, "endpoint"),
        revision=None if given.revision is None else check_name(given.revision, "revision"),
        serves=tuple(one.to_domain(workspace, "serves", str(place)) for place, one in enumerate(given.serves)),
        at=given.at or make_now(),
        replaces=given.replaces,
        origin=given.origin,
        producer=given.producer,
    )
