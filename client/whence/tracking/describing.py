"""Telling which data a run means, whether it reads or makes it."""

from __future__ import annotations

from typing import Any

from whence.tracking.handles import Dataset
from whence.tracking.writing import RunWriter, drop_none


class DescribesData(RunWriter):
    """Names data by its content, and says what the content was."""

    def _identify(
        self, data: Any, *, version: str | None, name: str | None, namespace: str | None, fingerprint: bool
    ) -> Dataset:
        from whence.datasets.identifying import identify  # few scripts need it, all would wait for it

        return identify(
            data,
            version=version,
            name=name,
            namespace=namespace,
            fingerprint=fingerprint and self.records,
            warn=self._warn,
        )

    def _describe(self, data: Any, found: Dataset) -> None:
        from whence.datasets.identifying import find_location

        facts = drop_none({"digest": found.digest, "size": found.size, "location": find_location(data)})
        if found.version is not None and facts:
            self._add_keyed("describeNode", {"node": found.reference, "facts": facts})
