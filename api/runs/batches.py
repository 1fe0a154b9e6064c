"""The mutation that takes everything of one run at once."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry

from api.artifacts.inputs import read_artifact
from api.code.inputs import read_code, read_environment
from api.info import Info
from api.metrics.points import read_series
from api.mutating import RunWrite, read_run_write, write
from api.parameters.inputs import read_parameters
from api.problems import result_of
from api.runs.answers import answer_run
from api.runs.inputs import LogBatchInput
from api.runs.payloads import LogBatchPayload
from api.tags.inputs import read_tags
from domain.errors import DomainError
from domain.ids import NoteID
from store.batches import Batch, Ending, NewArtifact, NoteDraft, log_batch
from store.metrics.points import prepare_points
from store.transactions import Transaction


@strawberry.type
class BatchMutations:
    @strawberry.mutation(
        graphql_type=result_of(LogBatchPayload),
        description="Log everything of one run at once, in one transaction: parameters, tags, points, notes, "
        "artifacts, and its end.",
    )
    async def log_batch(
        self, info: Info, input: Annotated[LogBatchInput, strawberry.argument(description="Which run, and all of it.")]
    ) -> LogBatchPayload:
        target = read_run_write(info, input)
        workspace = info.context.workspace
        batch = await read_batch(info, target, input)
        keys = await info.context.services.keys.intern(workspace, batch.key_names)

        async def work(tx: Transaction) -> dict[str, Any]:
            return {"accepted": await log_batch(tx, workspace, batch, keys=keys)}

        again = {"accepted": 0 if batch.points is None else len(batch.points)}
        answer = await write(info, target.delivery, work, again=again, opens_run=True)
        run = await answer_run(info, target.run, answer)
        return LogBatchPayload(run=run, accepted=answer.values["accepted"], token=str(answer.token))


async def read_batch(info: Info, target: RunWrite, given: LogBatchInput) -> Batch:
    """Return the batch that an input describes; checks all of it before anything is written."""
    parameters = read_parameters(given.params, given.parameters)
    tags = read_tags(given.tags)
    artifacts = []
    for index, one in enumerate(given.artifacts or ()):
        try:
            artifacts.append(read_artifact(one))
        except DomainError as exc:
            raise exc.below("artifacts", str(index)) from exc
    notes = given.notes or []
    ids = [target.delivery.make_id(place) for place in range(len(notes) + len(artifacts))]
    points = None
    if given.series:
        request = await read_series(info, target, given.series)
        points = await prepare_points(info.context.services.keys, request)
    return Batch(
        run=target.run,
        attempt=target.attempt,
        parameters=parameters,
        mode=given.mode,
        tags=tags,
        notes=tuple(
            NoteDraft(NoteID(made), note.text, note.created_by) for made, note in zip(ids, notes, strict=False)
        ),
        artifacts=tuple(map(NewArtifact, ids[len(notes) :], artifacts)),
        points=points,
        ending=None if given.finish is None else Ending(given.finish.status, given.finish.ended_at),
        code=read_code(given.code),
        environment=read_environment(given.environment),
    )
