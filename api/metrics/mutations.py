"""Mutations of metric series."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry

from api.experiments.loaders import read_named
from api.info import Info
from api.metrics.inputs import DefineMetricInput, LogMetricsInput
from api.metrics.points import read_points
from api.mutating import TOKEN, read_delivery, read_run_write, show_writes, write
from api.problems import result_of
from api.scalars import Int64
from domain.metrics import MetricDefinition
from domain.texts import check_key, check_name
from store.experiments import resolve_experiment
from store.metrics.definitions import define_metric
from store.transactions import Transaction


@strawberry.type(description="Points were logged, all of them.")
class LogMetricsPayload:
    accepted: Int64 = strawberry.field(description="Points of the request.")
    token: str = strawberry.field(description=TOKEN)


@strawberry.type(description="A metric was defined.")
class DefineMetricPayload:
    token: str = strawberry.field(description=TOKEN)


@strawberry.type
class MetricMutations:
    @strawberry.mutation(
        graphql_type=result_of(LogMetricsPayload),
        description="Log points of a run: all of the request or nothing. Answered once they are safe on disk.",
    )
    async def log_metrics(
        self,
        info: Info,
        input: Annotated[LogMetricsInput, strawberry.argument(description="Which run, and its points.")],
    ) -> LogMetricsPayload:
        target = read_run_write(info, input)
        request = await read_points(info, target, input)
        accepted = await info.context.services.ingest.submit(request)
        show_writes(info)
        return LogMetricsPayload(accepted=accepted.accepted, token=str(accepted.token))

    @strawberry.mutation(
        graphql_type=result_of(DefineMetricPayload),
        description="Say what is known of a metric in an experiment: the only source of `best`. Saying it again "
        "replaces it.",
    )
    async def define_metric(
        self,
        info: Info,
        input: Annotated[DefineMetricInput, strawberry.argument(description="Which metric, and what it means.")],
    ) -> DefineMetricPayload:
        context = info.context
        key = check_key(input.key, "key")
        axis = None if input.step_metric is None else check_key(input.step_metric, "stepMetric")
        unit = None if input.unit is None else check_name(input.unit, "unit")
        keys = await context.services.keys.intern(context.workspace, {key, axis or key})
        definition = MetricDefinition(goal=input.goal, unit=unit, step_metric=axis)
        named = read_named(info, input.experiment, "experiment")

        async def work(tx: Transaction) -> dict[str, Any]:
            await define_metric(
                tx,
                context.workspace,
                await resolve_experiment(tx.conn, context.workspace, named),
                key=keys[key],
                definition=definition,
                step_metric=None if axis is None else keys[axis],
            )
            return {}

        answer = await write(info, read_delivery(info, input), work)
        return DefineMetricPayload(token=str(answer.token))
