"""The schema: every noun's queries, mutations and subscriptions in one, and how documents are executed."""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter
from typing import Any

import strawberry
from graphql import GraphQLError, GraphQLObjectType, GraphQLSchema
from strawberry.extensions import SchemaExtension
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext, ExecutionResult
from strawberry.types.graphql import OperationType

from api.artifacts.mutations import ArtifactMutations
from api.changes.subscriptions import ChangeSubscriptions
from api.comparisons.queries import ComparisonQueries
from api.compiled.executor import CompiledExecutor
from api.console.mutations import ConsoleMutations
from api.console.queries import ConsoleQueries
from api.conversion import convert_quickly
from api.datasets.mutations import DatasetMutations
from api.deployments.mutations import DeploymentMutations
from api.execution import Execution, PreparedDocuments
from api.experiments.mutations import ExperimentMutations
from api.experiments.queries import ExperimentQueries
from api.failures import present
from api.lineage.changes import LineageSubscriptions
from api.lineage.findings import LineageFindingQueries
from api.lineage.mutations import LineageMutations
from api.lineage.queries import LineageQueries
from api.metrics.mutations import MetricMutations
from api.metrics.queries import MetricQueries
from api.models.mutations import ModelMutations
from api.nodes.queries import NodeQueries
from api.nodes.wrapping import TYPES
from api.notes.mutations import NoteMutations
from api.parameters.mutations import ParameterMutations
from api.parameters.queries import ParameterQueries
from api.problems import ProblemHandler
from api.projections.mutations import ProjectionMutations
from api.projections.queries import ProjectionQueries
from api.quick_mutations import QuickMutations, replay_outcomes
from api.runs.batches import BatchMutations
from api.runs.bulk_mutations import BulkRunMutations
from api.runs.mutations import RunMutations
from api.runs.queries import RunQueries
from api.scalars import SCALARS
from api.search.queries import SearchQueries
from api.tags.mutations import TagMutations
from api.workspaces.mutations import WorkspaceMutations
from api.workspaces.queries import WorkspaceQueries


@strawberry.type(description="What can be asked. Every request has one workspace and sees nothing of another.")
class Query(
    WorkspaceQueries,
    ExperimentQueries,
    RunQueries,
    MetricQueries,
    ParameterQueries,
    ComparisonQueries,
    ConsoleQueries,
    NodeQueries,
    LineageQueries,
    LineageFindingQueries,
    SearchQueries,
    ProjectionQueries,
):
    pass


@strawberry.type(
    description="What can be done. Each mutation is one transaction, answers with its payload or a problem, and may be "
    "sent twice without being done twice when it carries a client key."
)
class Mutation(
    WorkspaceMutations,
    ExperimentMutations,
    RunMutations,
    BulkRunMutations,
    BatchMutations,
    MetricMutations,
    ParameterMutations,
    TagMutations,
    NoteMutations,
    ArtifactMutations,
    ConsoleMutations,
    ProjectionMutations,
    LineageMutations,
    DatasetMutations,
    ModelMutations,
    DeploymentMutations,
):
    pass


@strawberry.type(description="What can be watched, over graphql-transport-ws.")
class Subscription(ChangeSubscriptions, LineageSubscriptions):
    pass


class Schema(strawberry.Schema):
    """Strawberry's schema with our caches and limits, errors that programs can branch on, and cheap plain fields."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        read_plainly(self._schema)
        convert_quickly(self._schema, self.config)
        replay_outcomes(self._schema)
        self._documents = PreparedDocuments(self._schema)
        self._quick = QuickMutations(self._schema, self.config, self._documents, ProblemHandler.describe)

    async def execute(
        self,
        query: str | None,
        variable_values: dict[str, Any] | None = None,
        context_value: Any | None = None,
        root_value: Any | None = None,
        operation_name: str | None = None,
        allowed_operation_types: Iterable[OperationType] | None = None,
        operation_extensions: dict[str, Any] | None = None,
    ) -> ExecutionResult:
        """Answer an operation: a plain mutation the short way, all else as Strawberry does."""
        done = await self._quick.answer(
            query, variable_values or {}, context_value, name=operation_name, allowed=allowed_operation_types
        )
        if done is not None:
            return done
        return await super().execute(
            query,
            variable_values,
            context_value,
            root_value,
            operation_name,
            allowed_operation_types,
            operation_extensions,
        )

    def get_extensions(self, sync: bool = False) -> list[SchemaExtension]:  # noqa: FBT001, FBT002  # Strawberry's own
        return [Execution(self._documents)]

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Make the errors of an answer what clients see; called before anybody reads them."""
        operation = None if execution_context is None else execution_context.operation_name
        errors[:] = [present(error, operation=operation) for error in errors]


def read_plainly(schema: GraphQLSchema) -> None:
    """Let fields without a resolver read their attribute at once: 0.6 us less for each value of an answer."""
    for type_ in schema.type_map.values():
        if isinstance(type_, GraphQLObjectType) and not type_.name.startswith("__"):
            for field in type_.fields.values():
                definition = field.extensions.get("strawberry-definition")
                if definition is not None and getattr(field.resolve, "_is_default", False):
                    field.resolve = make_reader(definition.python_name)


def make_reader(name: str) -> Any:
    """Return a resolver that reads an attribute."""
    read = attrgetter(name)

    def resolve(source: Any, _info: Any) -> Any:
        return read(source)

    resolve._is_default = True  # type: ignore[attr-defined]  # as Strawberry marks its own
    return resolve


schema = Schema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    types=list(TYPES.values()),
    config=StrawberryConfig(scalar_map=SCALARS),
    execution_context_class=CompiledExecutor,
    exception_handlers=[ProblemHandler()],
)
