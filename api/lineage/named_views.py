"""Fields by which versions answer in the words people say; each is a view over edges and stored nowhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import strawberry

from api.info import Info
from api.nodes.types import Node
from domain.ids import parse_global_id

if TYPE_CHECKING:
    from api.lineage.explaining import UsedData


@strawberry.type
class ModelViews:
    """What a version of a model, or the file of one, says of its data and its deployments."""

    @strawberry.field(description="What it was trained on, by its own run and by those whose models it goes back to.")
    async def trained_on(self, info: Info) -> list[Annotated[UsedData, strawberry.lazy("api.lineage.explaining")]]:
        from api.lineage.views import load_training_data  # it knows every noun, and this stands on some of them

        return await load_training_data(info, parse_global_id(self.id).key)  # type: ignore[attr-defined]

    @strawberry.field(description="What it was measured on.")
    async def evaluated_on(self, info: Info) -> list[Annotated[UsedData, strawberry.lazy("api.lineage.explaining")]]:
        from api.lineage.views import load_test_data

        return await load_test_data(info, parse_global_id(self.id).key)  # type: ignore[attr-defined]

    @strawberry.field(description="The revisions of deployments that serve or served its bytes.")
    async def deployed_as(self, info: Info) -> list[Node]:
        from api.lineage.views import load_deployments

        return await load_deployments(info, parse_global_id(self.id).key)  # type: ignore[attr-defined]


@strawberry.type
class ContentViews:
    """What a version with bytes says of others."""

    @strawberry.field(
        description="Other versions of any kind with the same bytes; at most 1,000. Of files below 1 KiB none: they "
        "are equal by chance."
    )
    async def same_content_as(self, info: Info) -> list[Node]:
        from api.lineage.views import load_equals

        return await load_equals(info, parse_global_id(self.id).key)  # type: ignore[attr-defined]
