"""Code at a commit, and the environments it ran in."""

from __future__ import annotations

from typing import Self

import strawberry

from api.nodes.types import LineageFacts, take_facts
from domain import nodes
from domain.ids import WorkspaceID


@strawberry.type(description="Code at a commit, with the digest of what was changed and not committed.")
class CodeRevision(LineageFacts):
    repository: str = strawberry.field(description="Address of the repository.")
    commit: str = strawberry.field(description="The commit's hash.")
    diff_digest: str | None = strawberry.field(description="Digest of the uncommitted change, if there was one.")

    @strawberry.field(description="Whether something was changed and not committed.")
    def dirty(self) -> bool:
        return self.diff_digest is not None

    @classmethod
    def of(cls, node: nodes.CodeRevision, workspace: WorkspaceID) -> Self:
        return cls(
            **take_facts(node, workspace),
            repository=node.repository,
            commit=node.commit,
            diff_digest=node.diff_digest,
        )


@strawberry.type(description="Software by the digest of its image or lock, and the class of hardware.")
class Environment(LineageFacts):
    image_digest: str | None = strawberry.field(description="Digest of the container image.")
    lock_digest: str | None = strawberry.field(description="Digest of the lock file of its packages.")
    hardware: str | None = strawberry.field(description="Class of hardware, such as `8xH100`.")

    @strawberry.field(description="The image's digest, else the lock's: what tells it from others.")
    def digest(self) -> str | None:
        return self.image_digest or self.lock_digest

    @classmethod
    def of(cls, node: nodes.Environment, workspace: WorkspaceID) -> Self:
        return cls(
            **take_facts(node, workspace),
            image_digest=node.image_digest,
            lock_digest=node.lock_digest,
            hardware=node.hardware,
        )
