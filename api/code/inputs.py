"""Code and environments as clients write them."""

from __future__ import annotations

import strawberry

from domain.errors import DomainError
from domain.lineage.surroundings import CodeDraft, EnvironmentDraft, make_code_draft, make_environment_draft


@strawberry.input(description="Code that a run ran.")
class CodeInput:
    repository: str = strawberry.field(description="Address of the repository.")
    commit: str = strawberry.field(description="The commit's hash: 7 to 64 hexadecimal digits, best all of them.")
    diff_digest: str | None = strawberry.field(
        default=None, description="Digest of what was changed and not committed, if something was."
    )
    path: str | None = strawberry.field(default=None, description="The file that was run.")
    entry_point: str | None = strawberry.field(default=None, description="Where it was entered.")


@strawberry.input(description="What a run ran in; at least one of these is given.")
class EnvironmentInput:
    image_digest: str | None = strawberry.field(default=None, description="Digest of the container image.")
    lock_digest: str | None = strawberry.field(default=None, description="Digest of the lock file of its packages.")
    hardware: str | None = strawberry.field(default=None, description="Class of hardware, such as `8xH100`.")


def read_code(given: CodeInput | None) -> CodeDraft | None:
    """Return the code of an input. Raises `InvalidInput` with its path."""
    if given is None:
        return None
    try:
        return make_code_draft(
            repository=given.repository,
            commit=given.commit,
            diff_digest=given.diff_digest,
            path=given.path,
            entry_point=given.entry_point,
        )
    except DomainError as exc:
        raise exc.below("code") from exc


def read_environment(given: EnvironmentInput | None) -> EnvironmentDraft | None:
    """Return the environment of an input. Raises `InvalidInput` with its path."""
    if given is None:
        return None
    try:
        return make_environment_draft(
            image_digest=given.image_digest, lock_digest=given.lock_digest, hardware=given.hardware
        )
    except DomainError as exc:
        raise exc.below("environment") from exc
