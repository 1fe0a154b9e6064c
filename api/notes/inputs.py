"""Notes as clients write them."""

from __future__ import annotations

import strawberry

from api.mutating import Delivered, Keyed
from api.nodes.inputs import NodeRefInput
from api.scalars import Int64

TEXT = "Markdown, at most 1 MiB of UTF-8."


@strawberry.input(description="A note on a node.")
class AddNoteInput(Delivered):
    on: NodeRefInput = strawberry.field(
        description="What it stands on. A dataset with version, a uri or a model with version that nobody knows yet "
        "is made."
    )
    text: str = strawberry.field(description=TEXT)
    created_by: str | None = strawberry.field(default=None, description="Who writes it.")


@strawberry.input(description="A new text of a note; the former one is kept.")
class EditNoteInput(Keyed):
    note: strawberry.ID = strawberry.field(description="Global id of the note.")
    text: str = strawberry.field(description=TEXT)
    expected_version: Int64 | None = strawberry.field(
        default=None, description="Refuse with CONFLICT unless the note's `version` is this."
    )
    edited_by: str | None = strawberry.field(default=None, description="Who changes it.")


@strawberry.input(description="A note to be deleted, restored or purged.")
class NoteInput(Keyed):
    note: strawberry.ID = strawberry.field(description="Global id of the note.")
