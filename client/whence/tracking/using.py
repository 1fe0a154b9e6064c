"""What a run uses: data, files, models, and the run that it goes on from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from whence.tracking.describing import DescribesData
from whence.tracking.handles import Dataset, Named, find_reference
from whence.tracking.writing import drop_none


class Uses(DescribesData):
    """A run that has inputs."""

    used: dict[Dataset, str]
    """The datasets that it used so far, with their roles."""

    def use_dataset(
        self,
        data: Any,
        *,
        version: str | None = None,
        role: str = "input",
        subset: str | None = None,
        range: Mapping[str, Any] | None = None,
        name: str | None = None,
        namespace: str | None = None,
        source: bool = False,
        fingerprint: bool = True,
    ) -> Dataset:
        """Record that the run uses data, and return it, for `log(..., on=data)`.

        `data` is an address (`s3://data/fineweb10B`: the dataset `fineweb10B` in `s3://data`), a file or folder, a
        table or array in memory (pandas, polars, numpy, torch, Hugging Face), or the bare name of a dataset.
        `name` and `namespace` replace what these say. Without a `version` one is made from the content: the SHA-256
        of a file, of a folder's manifest, or of a table's rows; the version id or etag of an object, where the extra
        `whence[s3]` is installed. What has neither is unversioned. `fingerprint=False` reads nothing.
        `role` is what the data is to the run: input, train, validation, test, baseline, initialise, teacher, member
        or candidate. `subset` is a part of it, `range` a window in JSON. `source` says that its lineage begins here.
        """
        found = self._identify(data, version=version, name=name, namespace=namespace, fingerprint=fingerprint)
        self.used[found] = role
        fields: dict[str, Any] = {
            "dataset": found.reference,
            "role": role.upper(),
            "subset": subset,
            "range": None if range is None else dict(range),
            "source": source or None,
        }
        self._write("useDataset", drop_none(fields))
        self._describe(data, found)
        return found

    def use_artifact(self, artifact: Named, *, role: str = "input", subset: str | None = None) -> None:
        """Record that the run uses a file, or a version of a model: of an earlier run, or by its address.

        `artifact` is what `log_artifact` or `register_model` gave back, an address, or a reference such as
        `{"model": {"name": "gpt2", "alias": "candidate"}}`.
        """
        try:
            reference = find_reference(artifact)
        except TypeError as exc:
            self._warn(f"use_artifact: {exc}; nothing is recorded")
            return
        self._write("useArtifact", drop_none({"artifact": reference, "role": role.upper(), "subset": subset}))

    def continue_from(self, run: str | UUID, *, step: int | None = None) -> None:
        """Record that this run goes on from another, under a name of its own: a fork, at a step of the other."""
        edge = {"kind": "CONTINUED_AS", "source": {"run": str(run)}, "target": {"run": str(self.id)}, "step": step}
        self._add_keyed("recordLineage", {"edges": [drop_none(edge)]})
