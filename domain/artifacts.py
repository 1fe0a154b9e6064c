"""Artifacts: files that a run made, by name, place and digest; their bytes are elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.digests import normalise_digest
from domain.errors import InvalidInput, TooLarge
from domain.ids import AttemptID, NodeKey, NodeKind, RunID
from domain.lineage.kinds import EdgeKind
from domain.lineage.roles import Role, choose_role
from domain.texts import check_name, check_text, shown
from domain.uris import normalise_uri

INT64_MAX = (1 << 63) - 1
MOST_ALIASES = 20
LATEST = "latest"
"""The alias that nobody sets: it always means the newest file at a path."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtifactChoice:
    """Which of the files at one path: that of an alias, that of a number counted from 1, or the newest."""

    alias: str | None = None
    version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtifactDraft:
    """An artifact to be logged, as it will stand in the record; `role`: what it is to its run in lineage."""

    name: str
    path: str
    size: int | None = None
    media_type: str | None = None
    digest: str | None = None
    uri: str | None = None
    step: int | None = None
    role: Role | None = None
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """A file of a run. `superseded`: a later attempt of the run began again before its step."""

    id: UUID
    run: RunID
    name: str
    path: str
    size: int | None
    media_type: str | None
    digest: str | None
    uri: str | None
    attempt: AttemptID | None
    step: int | None
    superseded: bool
    created_at: datetime
    deleted_at: datetime | None
    revision: int
    version: int

    @property
    def key(self) -> NodeKey:
        return NodeKey(NodeKind.ARTIFACT, self.id)


def make_artifact_draft(
    *,
    path: str,
    name: str | None = None,
    size: int | None = None,
    media_type: str | None = None,
    digest: str | None = None,
    uri: str | None = None,
    step: int | None = None,
    role: Role | None = None,
    aliases: Sequence[str] = (),
) -> ArtifactDraft:
    """Return a draft with its digest and URI in their one spelling. Raises `InvalidInput` with the field's name."""
    if not path:
        raise InvalidInput("an artifact needs a path", path=["path"])
    check_text(path, "path")
    if size is not None and not 0 <= size <= INT64_MAX:
        raise InvalidInput(f"{size} is no size in bytes", path=["size"])
    choose_role(EdgeKind.GENERATED, role, from_evaluation=False)
    if step is not None and not -INT64_MAX - 1 <= step <= INT64_MAX:
        raise InvalidInput(f"{shown(step)} is no 64-bit step", path=["step"])
    return ArtifactDraft(
        name=check_name(path.rstrip("/").rpartition("/")[2][-500:] or path[-500:] if name is None else name, "name"),
        path=path,
        size=size,
        media_type=None if media_type is None else check_name(media_type, "mediaType"),
        digest=None if digest is None else normalise_digest(digest, "digest"),
        uri=None if uri is None else normalise_uri(uri, "uri"),
        step=step,
        role=role,
        aliases=_check_aliases(aliases),
    )


def make_choice(*, alias: str | None, version: int | None) -> ArtifactChoice:
    """Return which file at a path is meant. Raises `InvalidInput` where both are given, or no number from 1."""
    if alias is not None and version is not None:
        raise InvalidInput("give an alias or a version, not both", path=["version"])
    if version is not None and not 1 <= version <= INT64_MAX:
        raise InvalidInput(f"{version} is no version: they are counted from 1", path=["version"])
    return ArtifactChoice(alias=None if alias is None else check_name(alias, "alias"), version=version)


def check_alias(alias: str, *path: str) -> str:
    """Return an alias that may be set. Raises `InvalidInput`."""
    if check_name(alias, *path) == LATEST:
        raise InvalidInput(f"{LATEST!r} always means the newest file at a path; it cannot be set", path=path)
    if alias.isdecimal():
        raise InvalidInput(f"{alias!r} is a number, as a version is; an alias is none", path=path)
    return alias


def _check_aliases(aliases: Sequence[str]) -> tuple[str, ...]:
    if len(aliases) > MOST_ALIASES:
        raise TooLarge(f"{len(aliases)} aliases; at most {MOST_ALIASES} are taken", path=["aliases"])
    return tuple(dict.fromkeys(check_alias(one, "aliases", str(place)) for place, one in enumerate(aliases)))
