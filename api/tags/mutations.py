"""Mutations of tags."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry

from api.info import Info
from api.mutating import TOKEN, find_subject, write
from api.nodes.loaders import load_present
from api.nodes.types import Node
from api.problems import result_of
from api.tags.inputs import RemoveTagsInput, SetTagsInput, read_tags
from store.tags import remove_tags, set_tags
from store.transactions import Transaction


@strawberry.type(description="Tags were set.")
class SetTagsPayload:
    on: Node = strawberry.field(description="What they stand on, as it is now.")
    token: str = strawberry.field(description=TOKEN)


@strawberry.type(description="Tags were taken off.")
class RemoveTagsPayload:
    on: Node = strawberry.field(description="What they stood on, as it is now.")
    token: str = strawberry.field(description=TOKEN)


@strawberry.type
class TagMutations:
    @strawberry.mutation(
        graphql_type=result_of(SetTagsPayload),
        description="Set tags on a run or an experiment; a key that is there gets the new text.",
    )
    async def set_tags(
        self,
        info: Info,
        input: Annotated[SetTagsInput, strawberry.argument(description="What to tag, and the tags.")],
    ) -> SetTagsPayload:
        context = info.context
        tags = read_tags(input.tags)
        subject = await find_subject(info, input, input.on)
        keys = await context.services.keys.intern(context.workspace, {tag.key for tag in tags})

        async def work(tx: Transaction) -> dict[str, Any]:
            await set_tags(tx, context.workspace, subject.key, tags, keys=keys, attempt=subject.attempt)
            return {}

        answer = await write(info, subject.delivery, work)
        return SetTagsPayload(on=await load_present(info, subject.key), token=str(answer.token))

    @strawberry.mutation(graphql_type=result_of(RemoveTagsPayload), description="Take tags off a run or an experiment.")
    async def remove_tags(
        self,
        info: Info,
        input: Annotated[RemoveTagsInput, strawberry.argument(description="What to take them off, and their keys.")],
    ) -> RemoveTagsPayload:
        context = info.context
        subject = await find_subject(info, input, input.on)

        async def work(tx: Transaction) -> dict[str, Any]:
            await remove_tags(tx, context.workspace, subject.key, input.keys, attempt=subject.attempt)
            return {}

        answer = await write(info, subject.delivery, work)
        return RemoveTagsPayload(on=await load_present(info, subject.key), token=str(answer.token))
