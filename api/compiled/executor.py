"""graphql-core's executor, which answers by compiled plans wherever it can."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

from graphql import GraphQLOutputType, GraphQLResolveInfo
from graphql.execution.collect_fields import FieldDetailsList
from graphql.pyutils import Path
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from api.compiled.compiler import compile_shape
from api.compiled.plans import Plans
from api.compiled.shapes import PlainShape, Shape


class CompiledExecutor(StrawberryGraphQLCoreExecutionContext):
    """Completes objects and lists by the plans of their document.

    Whatever a plan does not foresee (a null where none may be, a resolver that fails, a value of another class) makes
    it give up, and graphql-core completes the same value from the start: what a client sees of errors is its alone.
    Loaders remember what they gave, so that nothing is fetched twice. After that the operation is left to graphql-core.

    Documents that no cache keeps have no plans: `Execution` hands them over with the context.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        plans = getattr(self.context_value, "plans", None)
        usable = self.error_propagation and not getattr(self.middleware_manager, "middlewares", None)
        self._plans: Plans | None = plans if usable else None

    def complete_value(
        self,
        return_type: GraphQLOutputType,
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: Any,
        position_context: Any,
    ) -> Any:
        if self._plans is not None and result is not None and field_details_list[0].node.selection_set is not None:
            shape = self._find_shape(self._plans, return_type, field_details_list)
            if isinstance(shape, PlainShape):
                try:
                    return shape.complete_one(result)
                except Exception:  # whatever it was, it happens again below, and is told there
                    self._plans = None
            elif shape is not None and not isinstance(result, Exception):
                return self._complete(shape, return_type, field_details_list, info, path, result, position_context)
        return super().complete_value(return_type, field_details_list, info, path, result, position_context)

    async def _complete(
        self,
        shape: Shape,
        return_type: GraphQLOutputType,
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: Any,
        position_context: Any,
    ) -> Any:
        try:
            return (await shape.complete(self, [result]))[0]
        except Exception:  # as above
            self._plans = None
        completed = super().complete_value(return_type, field_details_list, info, path, result, position_context)
        return await completed if isinstance(completed, Awaitable) else completed

    def _find_shape(self, plans: Plans, type_: GraphQLOutputType, field_details_list: FieldDetailsList) -> Shape | None:
        """Return what was compiled for a type and its selection; compile it the first time."""
        # The document keeps its nodes alive, and is kept together with its plans: their ids stay theirs.
        key = (id(type_), *(id(details.node) for details in field_details_list))
        if key not in plans.shapes:
            plans.shapes[key] = compile_shape(self, type_, field_details_list)
        return plans.shapes[key]
