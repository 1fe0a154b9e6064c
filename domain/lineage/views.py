"""A read of a feature view: which view, from which sources, as of which cutoff."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.ids import RunID
from domain.lineage.claims import check_moment
from domain.lineage.roles import Role
from domain.references import DatasetRef, make_dataset_ref

MOST_SOURCES = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewRead:
    """What a run read through a feature view. Sources without a version are bound at the cutoff."""

    run: RunID
    view: DatasetRef
    sources: tuple[DatasetRef, ...] = ()
    cutoff: datetime | None = None
    role: Role | None = None
    subset: str | None = None
    producer: str = ""

    def __post_init__(self) -> None:
        check_moment(self.cutoff, "cutoff")

    @property
    def data(self) -> DatasetRef:
        """Return the version of data that the read makes."""
        return DatasetRef(self.view.namespace, self.view.name, f"{self.view.version} as read by run {self.run}")

    @property
    def range(self) -> Mapping[str, Any] | None:
        return None if self.cutoff is None else {"cutoff": self.cutoff.isoformat()}


def make_view_ref(namespace: str, name: str, version: str, *path: str) -> DatasetRef:
    """Return a reference to a view's version; it is spelled as a dataset's. Raises `InvalidInput`."""
    return make_dataset_ref(namespace, name, version, *path)
