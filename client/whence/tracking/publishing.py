"""What a run gives to others: versions of datasets and models, and what is served."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, cast

from whence.tracking.describing import DescribesData
from whence.tracking.handles import Artifact, Dataset, ModelVersion, Named, find_reference
from whence.tracking.writing import drop_none


class Publishes(DescribesData):
    """A run whose outputs have names."""

    def make_dataset(
        self,
        data: Any,
        *,
        version: str | None = None,
        role: Literal["output", "split", "prediction"] = "output",
        mode: Literal["append", "merge", "overwrite"] | None = None,
        name: str | None = None,
        namespace: str | None = None,
        fingerprint: bool = True,
    ) -> Dataset:
        """Record that the run made data, and return it. Arguments are those of `use_dataset`.

        Without a version, and without content to make one from, it is the version as left by this run. `mode` says what
        the write did to what was there: `append` and `merge` make the version before it a part of its origin.
        """
        found = self._identify(data, version=version, name=name, namespace=namespace, fingerprint=fingerprint)
        edge = {"kind": "GENERATED", "source": {"run": str(self.id)}, "target": found.reference, "role": role.upper()}
        told = drop_none(edge | {"mode": None if mode is None else mode.upper(), "origin": "OBSERVED"})
        self._add_keyed("recordLineage", {"edges": [told]})
        self._describe(data, found)
        return found

    def register_model(
        self,
        artifact: Named,
        name: str,
        *,
        alias: str | None = None,
        version: str | None = None,
        stage: str | None = None,
        description: str | None = None,
        registry: str | None = None,
    ) -> ModelVersion:
        """Register a file as a version of a model, and return it.

        `artifact` is what `log_artifact` gave back, or an address. Without a `version` the service gives the next
        number. `alias` is a name that means this version from now on; it moves from the one that had it.
        """
        try:
            reference = find_reference(artifact)
        except TypeError as exc:
            self._warn(f"register_model: {exc}; nothing is registered")
            return ModelVersion(name, version=version, alias=alias, registry=registry)
        fields = {
            "name": name,
            "registry": registry,
            "version": version,
            "artifact": reference,
            "stage": stage,
            "description": description,
            "aliases": None if alias is None else [alias],
        }
        self._add_keyed("registerModel", drop_none(fields))
        made = artifact if isinstance(artifact, Artifact) else None
        return ModelVersion(name, made, version=version, alias=alias, registry=registry)

    def deploy(
        self,
        serves: Named | Sequence[Named],
        *,
        endpoint: str,
        environment: str,
        revision: str | None = None,
        replaces: bool = True,
    ) -> None:
        """Record that versions of models, or files, are served from now on.

        `serves` is what `register_model` or `log_artifact` gave back, or a reference such as
        `{"model": {"name": "gpt2", "alias": "champion"}}`, or several. `environment` is where, such as `production`;
        `endpoint` its name there; `revision` the name of this revision, else the next number. `replaces` ends what was
        live at the endpoint; without it this one serves beside it, as a canary does.
        """
        several: Sequence[Named] = serves if isinstance(serves, (list, tuple)) else [cast("Named", serves)]
        try:
            references = [find_reference(one) for one in several]
        except TypeError as exc:
            self._warn(f"deploy: {exc}; nothing is recorded")
            return
        fields = {"environment": environment, "endpoint": endpoint, "revision": revision, "serves": references}
        self._add_keyed("deploy", drop_none(fields | {"replaces": replaces}))
