"""References: whatever a user holds of a node, as one input."""

from __future__ import annotations

from enum import Enum

import strawberry

from domain.errors import InvalidInput, NotFound
from domain.ids import WorkspaceID, parse_global_id
from domain.references import (
    IDRef,
    NodeRef,
    RunRef,
    make_commit_ref,
    make_dataset_ref,
    make_digest_ref,
    make_foreign_ref,
    make_model_ref,
    make_uri_ref,
    parse_run_id,
)


@strawberry.enum(description="Another system whose ids Whence knows.")
class ForeignSystem(Enum):
    MLFLOW = strawberry.enum_value("MLFLOW", description="MLflow Tracking and its model registry.")
    WANDB = strawberry.enum_value("WANDB", description="Weights & Biases.")
    OPENLINEAGE = strawberry.enum_value("OPENLINEAGE", description="Anything that emits OpenLineage events.")


@strawberry.input(name="CommitRef", description="Code at a commit.")
class CommitRefInput:
    sha: str = strawberry.field(description="The commit's hash, or its first seven digits or more.")
    repository: str | None = strawberry.field(
        default=None, description="Address of the repository; left out, the commit must be in only one."
    )


@strawberry.input(name="DatasetRef", description="A dataset, or one of its versions.")
class DatasetRefInput:
    namespace: str = strawberry.field(description="Where the dataset lives, as OpenLineage names it: `s3://data`.")
    name: str = strawberry.field(description="Name of the dataset in its namespace.")
    version: str | None = strawberry.field(default=None, description="Name of the version; left out, the dataset.")


@strawberry.input(name="ModelRef", description="A registered model, or one of its versions.")
class ModelRefInput:
    name: str = strawberry.field(description="Name of the model in its registry.")
    registry: str | None = strawberry.field(default=None, description="Name of the registry; `whence` when left out.")
    version: str | None = strawberry.field(default=None, description="Name of the version. Not together with `alias`.")
    alias: str | None = strawberry.field(default=None, description="A name that moves between versions.")


@strawberry.input(name="ForeignRef", description="A node by what another system calls it.")
class ForeignRefInput:
    system: ForeignSystem = strawberry.field(description="The other system.")
    kind: str = strawberry.field(description="What that system calls such a thing: `run`, `experiment`, `model`.")
    scope: str = strawberry.field(default="", description="Where the id is unique there: `entity/project`, or empty.")
    id: strawberry.ID = strawberry.field(description="The id there.")


@strawberry.input(name="NodeRef", one_of=True, description="One way to name a node; exactly one field is given.")
class NodeRefInput:
    id: strawberry.ID | None = strawberry.field(default=strawberry.UNSET, description="A global id.")
    run: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="A run's global id, or its bare UUID."
    )
    uri: str | None = strawberry.field(
        default=strawberry.UNSET, description="Place of a file: `s3://bucket/path`. Its newest version is meant."
    )
    digest: str | None = strawberry.field(
        default=strawberry.UNSET, description="Digest of the content: `sha256:<hex>`. Several nodes: CONFLICT."
    )
    commit: CommitRefInput | None = strawberry.field(default=strawberry.UNSET, description="Code at a commit.")
    dataset: DatasetRefInput | None = strawberry.field(
        default=strawberry.UNSET, description="A dataset or a version of it."
    )
    model: ModelRefInput | None = strawberry.field(default=strawberry.UNSET, description="A model or a version of it.")
    foreign: ForeignRefInput | None = strawberry.field(
        default=strawberry.UNSET, description="What another system calls it."
    )

    def to_domain(self, workspace: WorkspaceID, *path: str) -> NodeRef:
        """Return the reference. Raises `InvalidInput`, or `NotFound` for an id of another workspace."""
        if self.id:
            return _read_id(self.id, workspace, *path, "id")
        if self.run:
            return RunRef(parse_run_id(self.run, workspace, *path, "run"))
        if self.uri:
            return make_uri_ref(self.uri, *path, "uri")
        if self.digest:
            return make_digest_ref(self.digest, *path, "digest")
        if self.commit:
            return make_commit_ref(self.commit.sha, self.commit.repository, *path, "commit")
        return self._to_named(*path)

    def _to_named(self, *path: str) -> NodeRef:
        if self.dataset:
            dataset = self.dataset
            return make_dataset_ref(dataset.namespace, dataset.name, dataset.version, *path, "dataset")
        if self.model:
            model = self.model
            return make_model_ref(
                model.name, *path, "model", registry=model.registry, version=model.version, alias=model.alias
            )
        if self.foreign:
            foreign = self.foreign
            system = str(foreign.system.value)
            return make_foreign_ref(system, foreign.kind, foreign.scope, foreign.id, *path, "foreign")
        raise InvalidInput("a reference is empty", path=path)


def _read_id(text: str, workspace: WorkspaceID, *path: str) -> IDRef:
    try:
        found = parse_global_id(text)
    except InvalidInput as exc:
        raise exc.below(*path) from exc
    if found.workspace != workspace:
        raise NotFound(f"no {found.kind.name} {found.uuid} in this workspace", path=path)
    return IDRef(found)
