"""What is done with a finished model by whoever answers for it: name and version, alias, endpoint, and its end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import whence
from whence.failures import WhenceError
from whence.tracking.handles import Artifact

ENVIRONMENT = "production"
Ref = dict[str, Any]


class Registry:
    """The service as one who registers and deploys asks it."""

    def __init__(self, client: whence.Client) -> None:
        self._client = client

    def describe_experiment(self, name: str, description: str, goals: Mapping[str, str]) -> None:
        """Make the experiment, and say which end of its metrics is the good one."""
        self._do("createExperiment", name=name, description=description)
        for key, goal in goals.items():
            self._do("defineMetric", experiment=name, key=key, goal=goal)

    def register(self, artifact: Artifact, name: str, version: str) -> Ref:
        """Give a file a place in the registry, and return the reference to it."""
        self._do("registerModel", name=name, version=version, artifact=artifact.reference)
        return {"model": {"name": name, "version": version}}

    def set_alias(self, name: str, alias: str, version: str) -> None:
        """Let an alias stand for a version from now on."""
        self._do("setAlias", name=name, alias=alias, version=version)

    def deploy(self, ref: Ref, endpoint: str, revision: str) -> None:
        """Let an endpoint serve a version from now on, beside what it served before."""
        where = {"environment": ENVIRONMENT, "endpoint": endpoint, "revision": revision}
        self._do("deploy", **where, serves=[ref], replaces=False)

    def undeploy(self, endpoint: str, revision: str) -> None:
        """Let a revision of an endpoint end now."""
        self._do("undeploy", environment=ENVIRONMENT, endpoint=endpoint, revision=revision)

    def choose(self, run: whence.Run, name: str, version: str) -> None:
        """Say that a run chose what is registered under a name."""
        run.flush()
        target = {"model": {"name": name, "version": version}}
        edge = {"kind": "GENERATED", "source": {"run": str(run.id)}, "target": target, "role": "OUTPUT"}
        self._do("recordLineage", edges=[edge])

    def _do(self, mutation: str, **fields: Any) -> None:
        type_ = mutation[:1].upper() + mutation[1:]
        document = f"""mutation Do($input: {type_}Input!) {{ {mutation}(input: $input) {{
            ... on {type_}Payload {{ token }} ... on Problem {{ code message path retriable }} }} }}"""
        answer = self._client.execute(document, {"input": fields})[mutation]
        if "message" in answer:
            raise WhenceError(f"{mutation}: {answer['message']}")
