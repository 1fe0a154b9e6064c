"""Former values of parameters."""

from __future__ import annotations

from typing import Annotated

import strawberry

from api.info import Info
from api.parameters.types import FormerParameter
from api.reading import AtLeast, await_token
from domain.references import parse_run_id
from store.parameters import HISTORY_LIMIT, fetch_parameter_history


@strawberry.type
class ParameterQueries:
    @strawberry.field(
        description=f"Values that a parameter had and that were replaced, the newest first; at most {HISTORY_LIMIT:,}."
    )
    async def parameter_history(
        self,
        info: Info,
        run: Annotated[strawberry.ID, strawberry.argument(description="The run: its global id, or its bare UUID.")],
        key: Annotated[str, strawberry.argument(description="The parameter's key.")],
        at_least: AtLeast = None,
    ) -> list[FormerParameter]:
        await await_token(info, at_least)
        workspace = info.context.workspace
        async with info.context.read() as conn:
            found = await fetch_parameter_history(conn, workspace, parse_run_id(run, workspace, "run"), key)
        return [
            FormerParameter(
                key=one.parameter.key,
                type=one.parameter.type,
                value=one.parameter.value,
                text=one.parameter.text,
                replaced_at=one.replaced_at,
            )
            for one in found
        ]
