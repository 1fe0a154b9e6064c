"""What people really do, told as their code tells it: one builder for each practice."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from domain.artifacts import make_artifact_draft
from domain.ids import AttemptID, RunID, make_uuid7
from domain.lineage.facts import Availability, AvailabilityState
from domain.lineage.kinds import EdgeKind
from domain.lineage.roles import Role
from domain.lineage.views import ViewRead
from domain.metrics import MetricContext
from domain.references import DatasetRef, URIRef
from domain.runs import RunKind
from store.artifacts import log_artifact
from store.counters import lock_run
from store.lineage.deploying import DeploymentDraft, deploy, undeploy
from store.lineage.describing import describe_node
from store.lineage.locating import find_nodes
from store.lineage.measuring import record_measured
from store.lineage.registering import ModelDraft, register_model
from store.lineage.viewing import read_view
from store.metrics.contexts import fetch_contexts, insert_contexts
from store.metrics.resuming import Resume, resume_run
from tests.lineage.building import Lineage, dataset, hour, model

DIGEST = "sha256:" + "ab" * 32
LARGE = 5_000


async def log_file(
    lineage: Lineage,
    run: str,
    uri: str,
    *,
    digest: str | None = None,
    role: Role | None = None,
    step: int | None = None,
) -> None:
    """Log a file of a run, as `logArtifact` does."""
    draft = make_artifact_draft(path=uri.rpartition("/")[2], uri=uri, digest=digest, size=LARGE, step=step, role=role)
    async with lineage.database.write() as tx:
        await log_artifact(tx, lineage.workspace, lineage.runs[run], draft, id=make_uuid7())


async def register(lineage: Lineage, name: str, uri: str | None = None, **facts: object) -> None:
    """Register a version of a model, as `registerModel` does."""
    file = None if uri is None else URIRef(uri)
    async with lineage.database.write() as tx:
        draft = ModelDraft(model=model(name), file=file, facts=facts)
        await register_model(tx, lineage.workspace, draft, now=hour(0))


async def describe(lineage: Lineage, name: str | DatasetRef, **facts: object) -> None:
    """Say what is known of a node, as `describeNode` does."""
    ref = URIRef(name) if isinstance(name, str) else name
    async with lineage.database.write() as tx:
        (key,) = (await find_nodes(tx, lineage.workspace, {ref: ("node",)})).values()
        await describe_node(tx, lineage.workspace, key, facts)


async def measure(lineage: Lineage, run: str, name: str) -> None:
    """Say that points of a run were measured on a version, as `logMetrics` does beside writing the points."""
    async with lineage.database.write() as tx:
        (key,) = (await find_nodes(tx, lineage.workspace, {dataset(name): ("on",)})).values()
        context, id_ = MetricContext(on=key), lineage.runs[run]
        await lock_run(tx, lineage.workspace, id_)
        contexts = await fetch_contexts(tx.driver, lineage.workspace, id_)
        contexts.number(np.array([1]), [context])
        await insert_contexts(tx.driver, lineage.workspace, id_, contexts)
        await record_measured(tx, lineage.workspace, id_, [context])


async def tell_crash_and_resume(lineage: Lineage) -> None:
    """A training crashes after step 20 and goes on from its checkpoint of step 10."""
    run = await lineage.run("training", start=1)
    await lineage.used(dataset("web@1"), "training", Role.TRAIN)
    for step in (10, 20):
        await log_file(lineage, "training", f"s3://b/{step}.pt", role=Role.CHECKPOINT, step=step)
    async with lineage.database.write() as tx:
        await resume_run(tx, lineage.workspace, run, Resume(attempt=AttemptID(make_uuid7()), from_step=10))
    await lineage.used("s3://b/10.pt", "training", Role.INITIALISE)


async def tell_fork(lineage: Lineage) -> None:
    """A training goes on under a new name from step 100 of another."""
    await lineage.run("first", start=1, end=2)
    await lineage.used(dataset("web@1"), "first", Role.TRAIN)
    await lineage.run("second", start=3)
    await lineage.say(EdgeKind.CONTINUED_AS, "first", "second", step=100)


async def tell_fine_tuning(lineage: Lineage) -> None:
    """One training begins from a checkpoint, another one from a registered model."""
    await lineage.run("pretraining", start=1, end=2)
    await log_file(lineage, "pretraining", "s3://b/last.pt", role=Role.CHECKPOINT)
    await register(lineage, "gpt@1", "s3://b/last.pt")
    await lineage.run("from a file", start=3)
    await lineage.used("s3://b/last.pt", "from a file", Role.INITIALISE)
    await lineage.run("from a model", start=3)
    await lineage.used(model("gpt@1"), "from a model", Role.INITIALISE)


async def tell_ensemble(lineage: Lineage) -> None:
    """Two models become one, a third one teaches it."""
    await lineage.run("merge", RunKind.MERGE, start=1, end=2)
    await lineage.used(model("a@1"), "merge", Role.MEMBER)
    await lineage.used(model("b@1"), "merge", Role.MEMBER)
    await lineage.used(model("c@1"), "merge", Role.TEACHER)
    await lineage.generated("merge", model("soup@1"))


async def tell_sweep(lineage: Lineage) -> None:
    """Two trainings of a sweep, each with data of its own."""
    await lineage.run("sweep", RunKind.SWEEP, start=1)
    for name in ("seed 1", "seed 2"):
        await lineage.run(name, start=2, parent="sweep")
        await lineage.used(dataset("web@1"), name, Role.TRAIN)


async def tell_selection(lineage: Lineage) -> None:
    """The best of two models is chosen by validation data, and registered as a version of its own."""
    await lineage.run("select", RunKind.SELECT, start=5, end=6)
    for name in ("a", "b"):
        await lineage.used(model(f"{name}@1"), "select", Role.CANDIDATE)
    await lineage.used(dataset("web@1"), "select", Role.VALIDATION)
    await lineage.generated("select", model("best@1"))
    await lineage.say(EdgeKind.DERIVED, model("a@1"), model("best@1"))


async def tell_cross_validation(lineage: Lineage) -> None:
    """Folds as children, and as subsets within one run."""
    await lineage.run("all folds", RunKind.GROUP, start=1)
    await lineage.run("fold 1", start=2, parent="all folds")
    await lineage.used(dataset("web@1"), "fold 1", Role.TRAIN, subset="not 1")
    await lineage.used(dataset("web@1"), "fold 1", Role.VALIDATION, subset="1")
    await lineage.run("in one", start=2)
    for fold in ("1", "2"):
        await lineage.used(dataset("web@1"), "in one", Role.TRAIN, subset=f"not {fold}")
        await lineage.used(dataset("web@1"), "in one", Role.VALIDATION, subset=fold)


async def tell_same_bytes_made_twice(lineage: Lineage) -> None:
    """Two runs make the same version: alternative producers."""
    for name in ("monday", "tuesday"):
        await lineage.run(name, RunKind.TRANSFORM, start=1, end=2)
        await lineage.generated(name, dataset("web@1"))


async def tell_ranks(lineage: Lineage) -> None:
    """Four ranks of one run say the same."""
    await lineage.run("training", start=1)
    for _ in range(4):
        await lineage.used(dataset("web@1"), "training", Role.TRAIN)
        await lineage.generated("training", "s3://b/m.pt")


async def tell_nested_runs(lineage: Lineage) -> None:
    """A script records its data; what it calls records nothing but what it does."""
    await lineage.run("ingest", RunKind.INGEST, start=0, end=1)
    await lineage.generated("ingest", dataset("web"))
    await lineage.run("script", RunKind.MANUAL, start=2)
    await lineage.used(dataset("web"), "script", Role.TRAIN)
    await lineage.used(dataset("held out@1"), "script", Role.TEST)
    await lineage.run("group", RunKind.GROUP, start=2, parent="script")
    await lineage.run("training", start=3, parent="group")
    await lineage.generated("training", model("gpt@1"))
    await lineage.run("measuring", RunKind.EVALUATE, start=4, parent="group")
    await lineage.run("own", start=3, parent="group")
    await lineage.used(dataset("other@1"), "own", Role.TRAIN)


async def tell_pseudo_labels(lineage: Lineage) -> None:
    """Predictions of a predict run, and of an Evaluation, are trained on."""
    await lineage.run("predict", RunKind.PREDICT, start=1, end=2)
    await lineage.used(model("gpt@1"), "predict")
    await lineage.used(dataset("unlabelled@1"), "predict")
    await lineage.generated("predict", dataset("labels@1"), Role.PREDICTION)
    await lineage.run("training", start=1, end=2)
    await lineage.used(dataset("held out@1"), "training", Role.TEST)
    await lineage.generated("training", dataset("answers@1"), Role.PREDICTION)
    await lineage.run("student", start=3)
    await lineage.used(dataset("labels@1"), "student", Role.TRAIN)
    await lineage.used(dataset("answers@1"), "student", Role.TRAIN)


async def tell_splits(lineage: Lineage) -> None:
    """Data is split by a run; elsewhere only the subset is named."""
    await lineage.run("split", RunKind.TRANSFORM, start=1, end=2)
    await lineage.used(dataset("web@1"), "split")
    for part in ("train", "test"):
        await lineage.generated("split", dataset(f"{part}@1"), Role.SPLIT)
    await lineage.run("training", start=3)
    await lineage.used(dataset("train@1"), "training", Role.TRAIN)
    await lineage.used(dataset("test@1"), "training", Role.TEST)
    await describe(lineage, dataset("web@1"), splits=["train", "test"])
    await lineage.run("other", start=3)
    await lineage.used(dataset("web@1"), "other", Role.TRAIN, subset="train")
    await lineage.used(dataset("web@1"), "other", Role.TEST, subset="test")


async def tell_stream(lineage: Lineage) -> None:
    """A run reads part of a stream."""
    await lineage.run("training", start=1)
    window = {"offsets": {"0": [17, 90]}, "from": "2026-11-01T00:00:00Z"}
    await lineage.used(dataset("clicks@topic"), "training", Role.TRAIN, range=window)


async def tell_feature_view(lineage: Lineage) -> None:
    """A run reads a feature view as of hour 3; one source is named, of the other the cutoff decides."""
    for name, end in (("early", 1), ("late", 4)):
        await lineage.run(name, RunKind.INGEST, start=end - 0.5, end=end)
        await lineage.generated(name, dataset("orders"))
    await lineage.run("training", start=6)
    read = ViewRead(
        run=RunID(lineage.runs["training"]),
        view=dataset("users@2"),
        sources=(dataset("clicks@7"), dataset("orders")),
        cutoff=hour(3),
        role=Role.TRAIN,
    )
    async with lineage.database.write() as tx:
        await read_view(tx, lineage.workspace, read)
    await lineage.run("again", start=6)
    read = replace(read, run=RunID(lineage.runs["again"]), sources=(), cutoff=None)
    async with lineage.database.write() as tx:
        await read_view(tx, lineage.workspace, read)


async def tell_serving(lineage: Lineage) -> None:
    """A model and an unregistered file are deployed, an endpoint is tested, one of them ends."""
    for name, served, at in (("chat", model("gpt@1"), 1), ("raw", URIRef("s3://b/raw.pt"), 2)):
        draft = DeploymentDraft(environment="production", endpoint=name, serves=(served,), at=hour(at))
        async with lineage.database.write() as tx:
            key, _ = await deploy(tx, lineage.workspace, draft)
            lineage.deployed[name] = key
    await lineage.run("endpoint test", RunKind.EVALUATE, start=3)
    await lineage.used(lineage.ref_of("chat"), "endpoint test", Role.EVALUATE)
    async with lineage.database.write() as tx:
        await undeploy(tx, lineage.workspace, "production", "raw", None, at=hour(4))


async def tell_copy_and_files(lineage: Lineage) -> None:
    """A checkpoint is copied to another bucket and used there; files lie where a table does."""
    await lineage.run("training", start=1, end=2)
    await log_file(lineage, "training", "s3://b/m.pt", digest=DIGEST)
    await describe(lineage, "gs://mirror/m.pt", digest=DIGEST, size=LARGE)
    await lineage.run("ingest", RunKind.INGEST, start=3, end=4)
    await lineage.generated("ingest", dataset("web@1"))
    await describe(lineage, dataset("web@1"), location="s3://lake/web")
    await lineage.run("writer", RunKind.INGEST, start=2, end=3)
    await lineage.generated("writer", "s3://lake/web/part-1.parquet")
    await lineage.run("reader", start=5)
    await lineage.used("s3://lake/web/part-2.parquet", "reader", Role.TRAIN)


async def tell_erased_data(lineage: Lineage) -> None:
    """Data that a model was trained on is erased."""
    await lineage.run("training", start=1, end=2)
    await lineage.used(dataset("people@1"), "training", Role.TRAIN)
    await lineage.generated("training", model("gpt@1"))
    gone = Availability(state=AvailabilityState.ERASED, since=hour(3), reason="a person asked")
    await describe(lineage, dataset("people@1"), availability=gone)
