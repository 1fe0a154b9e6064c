"""References: whatever a user holds of a node, as one of a few forms."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID

from domain.digests import normalise_digest
from domain.errors import InvalidInput, NotFound
from domain.ids import GlobalID, NodeKind, RunID, WorkspaceID, parse_global_id, parse_uuid
from domain.texts import check_name, check_text, shown
from domain.uris import normalise_uri

DEFAULT_REGISTRY = "whence"
_COMMIT = re.compile(r"[0-9a-f]{7,64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class IDRef:
    """A node by its global id."""

    id: GlobalID


@dataclass(frozen=True, slots=True)
class RunRef:
    """A run by its UUID."""

    run: RunID


@dataclass(frozen=True, slots=True)
class URIRef:
    """The newest version of a file at a place."""

    uri: str


@dataclass(frozen=True, slots=True)
class DigestRef:
    """What has these bytes."""

    digest: str


@dataclass(frozen=True, slots=True)
class CommitRef:
    """Code at a commit, whose name may be cut to seven characters or more."""

    repository: str | None
    sha: str


@dataclass(frozen=True, slots=True)
class DatasetRef:
    """A dataset, or one of its versions."""

    namespace: str
    name: str
    version: str | None = None


@dataclass(frozen=True, slots=True)
class ModelRef:
    """A model, or the version of it that has a name or an alias."""

    registry: str
    name: str
    version: str | None = None
    alias: str | None = None


@dataclass(frozen=True, slots=True)
class ForeignRef:
    """A node by what another system calls it."""

    system: str
    kind: str
    scope: str
    id: str


NodeRef: TypeAlias = IDRef | RunRef | URIRef | DigestRef | CommitRef | DatasetRef | ModelRef | ForeignRef


def make_uri_ref(uri: str, *path: str) -> URIRef:
    return URIRef(normalise_uri(uri, *path))


def make_digest_ref(digest: str, *path: str) -> DigestRef:
    return DigestRef(normalise_digest(digest, *path))


def make_commit_ref(sha: str, repository: str | None, *path: str) -> CommitRef:
    """Return a reference to code. Raises `InvalidInput` for what cannot be the start of a commit's name."""
    if _COMMIT.fullmatch(sha.lower()) is None:
        raise InvalidInput(f"{shown(sha)} is not a commit: 7 to 64 hexadecimal digits", path=[*path, "sha"])
    return CommitRef(None if repository is None else _check_part(repository, *path, "repository"), sha.lower())


def make_dataset_ref(namespace: str, name: str, version: str | None, *path: str) -> DatasetRef:
    """Return a reference to a dataset; a namespace that is a place (`s3://...`) gets its one spelling."""
    _check_part(namespace, *path, "namespace")
    if "://" in namespace:
        namespace = normalise_uri(namespace, *path, "namespace")
    checked = None if version is None else check_name(version, *path, "version")
    return DatasetRef(namespace, _check_part(name, *path, "name"), checked)


def make_model_ref(
    name: str, *path: str, registry: str | None = None, version: str | None = None, alias: str | None = None
) -> ModelRef:
    """Return a reference to a model. Raises `InvalidInput` if both a version and an alias are given."""
    if version is not None and alias is not None:
        raise InvalidInput("a model's version is named by `version` or by `alias`, not both", path=[*path, "alias"])
    return ModelRef(
        DEFAULT_REGISTRY if registry is None else check_name(registry, *path, "registry"),
        _check_part(name, *path, "name"),
        None if version is None else check_name(version, *path, "version"),
        None if alias is None else check_name(alias, *path, "alias"),
    )


def make_foreign_ref(system: str, kind: str, scope: str, foreign_id: str, *path: str) -> ForeignRef:
    return ForeignRef(
        check_name(system, *path, "system"),
        check_name(kind, *path, "kind"),
        scope and check_name(scope, *path, "scope"),
        check_name(foreign_id, *path, "id"),
    )


def parse_run_id(text: str, workspace: WorkspaceID, *path: str) -> RunID:
    """Read a run's id: a global id, or a bare UUID. Raises `InvalidInput`, or `NotFound` for another workspace's."""
    if len(text) in (32, 36):  # a global id has 44 characters
        try:
            return RunID(parse_uuid(text))
        except InvalidInput as exc:
            raise InvalidInput(exc.message, path=path) from exc
    return RunID(parse_node_id(text, workspace, NodeKind.RUN, *path))


def parse_node_id(text: str, workspace: WorkspaceID, kind: NodeKind, *path: str) -> UUID:
    """Read the global id of a node of one kind. Raises `InvalidInput`, or `NotFound` for another workspace's."""
    try:
        found = parse_global_id(text)
    except InvalidInput as exc:
        raise InvalidInput(exc.message, path=path) from exc
    if found.kind is not kind:
        raise InvalidInput(f"{text[:80]!r} is the id of a {found.kind.name}, not of a {kind.name}", path=path)
    if found.workspace != workspace:
        raise NotFound(f"no {kind.name} {found.uuid} in this workspace", path=path)
    return found.uuid


def _check_part(text: str, *path: str) -> str:
    if not text.strip():
        raise InvalidInput(f"{shown(text)} cannot be a part of a name", path=path)
    return check_text(text, *path)
