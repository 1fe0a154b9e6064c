"""Models as clients register them."""

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
from domain.references import ModelRef, make_model_ref, parse_run_id
from domain.texts import check_name
from store.lineage.registering import ModelDraft

MOST_ALIASES = 100
REGISTRY = "Name of the registry; `whence` when left out."


@strawberry.input(description="A version of a model to be registered, from a file or as what a run made, or both.")
class RegisterModelInput(Keyed):
    name: str = strawberry.field(description="Name of the model; made where nobody knows it.")
    registry: str | None = strawberry.field(default=None, description=REGISTRY)
    version: str | None = strawberry.field(default=None, description="Name of the version; left out, the next number.")
    artifact: NodeRefInput | None = strawberry.field(
        default=None, description="The file: a version of one, its `uri`, or the id of a run's artifact."
    )
    run: strawberry.ID | None = strawberry.field(
        default=None, description="The run that made it, where no file is known that it made."
    )
    digest: str | None = strawberry.field(
        default=None, description="Digest of the content; left out, that of the file."
    )
    stage: str | None = strawberry.field(default=None, description="Where it stands on its way to being served.")
    description: str | None = strawberry.field(default=None, description="What it is; at most 64 KiB.")
    owner: str | None = strawberry.field(default=None, description="Who answers for it.")
    aliases: list[str] = strawberry.field(
        default_factory=list, description=f"Aliases that mean this version from now on; at most {MOST_ALIASES}."
    )
    at: DateTime | None = strawberry.field(
        default=None, description="When it was registered; left out, when its file came to be."
    )
    origin: Origin = strawberry.field(default=Origin.OBSERVED, description=ORIGIN)
    producer: str = strawberry.field(default="", description=PRODUCER)


@strawberry.input(description="What an alias of a model means, and from when.")
class SetAliasInput(Keyed):
    name: str = strawberry.field(description="Name of the model.")
    registry: str | None = strawberry.field(default=None, description=REGISTRY)
    alias: str = strawberry.field(description="The alias: `champion`. At most 500 characters.")
    version: str | None = strawberry.field(description="Name of the version; null takes the alias away.")
    at: DateTime | None = strawberry.field(
        default=None,
        description="From when, until the next time that is known; left out, now. Told late, edges by it are bound "
        "anew.",
    )


def read_model(info: Info, given: RegisterModelInput) -> ModelDraft:
    """Return the version that an input describes. Raises `InvalidInput`, `NotFound`, `TooLarge`."""
    workspace = info.context.workspace
    if given.artifact is None and given.run is None and given.digest is None:
        raise InvalidInput("a model is a file, what a run made, or at least a digest", path=["artifact"])
    if len(given.aliases) > MOST_ALIASES:
        raise TooLarge(f"{len(given.aliases)} aliases; at most {MOST_ALIASES} are taken", path=["aliases"])
    check_moment(given.at, "at")
    facts = {name: getattr(given, name) for name in ("digest", "stage", "description", "owner")}
    return ModelDraft(
        model=make_model_ref(given.name, registry=given.registry, version=given.version),
        file=None if given.artifact is None else given.artifact.to_domain(workspace, "artifact"),
        run=None if given.run is None else parse_run_id(given.run, workspace, "run"),
        facts={name: value for name, value in facts.items() if value is not None},
        aliases=tuple(check_name(one, "aliases", str(place)) for place, one in enumerate(given.aliases)),
        at=given.at,
        origin=given.origin,
        producer=given.producer,
    )


def read_version(given: SetAliasInput) -> ModelRef:
    """Return the version, or the model, that an input names. Raises `InvalidInput`."""
    check_name(given.alias, "alias")
    check_moment(given.at, "at")
    return make_model_ref(given.name, registry=given.registry, version=given.version)
