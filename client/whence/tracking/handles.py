"""What a run hands back for data, files and models, to be named again: measured on, measured of, registered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeAlias
from uuid import UUID

Reference: TypeAlias = dict[str, Any]
"""A `NodeRef` of the schema: exactly one of its fields."""


@dataclass(frozen=True)
class Dataset:
    """Data that a run used. Without a version it is unversioned: the service binds it by the time of the use."""

    namespace: str
    name: str
    version: str | None = None
    digest: str | None = None
    """`sha256:<hex>` of the content, where it was read."""
    size: int | None = None
    """Bytes."""

    @property
    def reference(self) -> Reference:
        named = {"namespace": self.namespace, "name": self.name}
        return {"dataset": named if self.version is None else named | {"version": self.version}}


@dataclass(frozen=True)
class Artifact:
    """A file or folder that a run made: its path among the run's files, and what is known of its content."""

    run: UUID
    path: str
    uri: str
    """Where lineage finds it: `whence://runs/<run>/<path>`, or the address that was given."""
    digest: str | None = None
    size: int | None = None
    """Bytes."""
    media_type: str | None = None

    @property
    def reference(self) -> Reference:
        return {"uri": self.uri}


@dataclass(frozen=True)
class ModelVersion:
    """A version of a registered model. Its number is given by the service, unless `version` named it."""

    name: str
    artifact: Artifact | None = None
    version: str | None = None
    alias: str | None = None
    registry: str | None = None

    @property
    def reference(self) -> Reference:
        if self.version is None and self.artifact is not None:
            return self.artifact.reference
        fields = {"name": self.name, "registry": self.registry, "version": self.version}
        if self.version is None:
            fields["alias"] = self.alias
        return {"model": {key: value for key, value in fields.items() if value is not None}}


class Refers(Protocol):
    """What a run hands back, or what was found: it names itself."""

    @property
    def reference(self) -> Reference: ...


Named: TypeAlias = "Refers | Mapping[str, Any] | str | Path"
"""Whatever names a thing: a handle, a file that was read, a `NodeRef`, an address, a path of this machine, a digest."""


def find_reference(named: Named) -> Reference:
    """Return the reference of what was named. Raises `TypeError` for what names nothing."""
    held = getattr(named, "reference", None)
    if isinstance(held, dict):
        return held
    if isinstance(named, Mapping):
        return dict(named)
    if isinstance(named, Path):
        return {"uri": named.expanduser().absolute().as_uri()}
    if isinstance(named, str):
        if "://" in named:
            return {"uri": named}
        if named.startswith("sha256:"):
            return {"digest": named}
        return {"uri": Path(named).expanduser().absolute().as_uri()}
    raise TypeError(f"{type(named).__name__} {str(named)[:60]!r} names neither data nor a file nor a model")
