"""What a run ran: code at a commit, and the environment it ran in."""

from __future__ import annotations

from dataclasses import dataclass

from domain.digests import normalise_digest
from domain.errors import InvalidInput
from domain.references import make_commit_ref
from domain.texts import check_name, check_text
from domain.uris import normalise_uri


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeDraft:
    """Code as it was run; `diff_digest` is that of what was changed and not committed."""

    repository: str
    commit: str
    diff_digest: str | None = None
    path: str | None = None
    entry_point: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentDraft:
    """Software by the digest of its image or lock, and the class of hardware."""

    image_digest: str | None = None
    lock_digest: str | None = None
    hardware: str | None = None


def make_code_draft(
    *,
    repository: str,
    commit: str,
    diff_digest: str | None = None,
    path: str | None = None,
    entry_point: str | None = None,
) -> CodeDraft:
    """Return code with its place and commit in their one spelling. Raises `InvalidInput` with the field's name."""
    if not repository.strip():
        raise InvalidInput("code stands in a repository", path=["repository"])
    place = normalise_uri(repository, "repository") if "://" in repository else check_text(repository, "repository")
    for field, text in (("path", path), ("entryPoint", entry_point)):
        if text is not None:
            check_text(text, field)
    try:
        sha = make_commit_ref(commit, None).sha
    except InvalidInput as exc:
        raise InvalidInput(exc.message, path=["commit"]) from exc
    return CodeDraft(
        repository=place,
        commit=sha,
        diff_digest=None if diff_digest is None else normalise_digest(diff_digest, "diffDigest"),
        path=path,
        entry_point=entry_point,
    )


def make_environment_draft(
    *, image_digest: str | None = None, lock_digest: str | None = None, hardware: str | None = None
) -> EnvironmentDraft:
    """Return an environment. Raises `InvalidInput` with the field's name, also where nothing is said."""
    if image_digest is None and lock_digest is None and hardware is None:
        raise InvalidInput("an environment is known by its image, its lock or its hardware", path=[])
    return EnvironmentDraft(
        image_digest=None if image_digest is None else normalise_digest(image_digest, "imageDigest"),
        lock_digest=None if lock_digest is None else normalise_digest(lock_digest, "lockDigest"),
        hardware=None if hardware is None else check_name(hardware, "hardware"),
    )
