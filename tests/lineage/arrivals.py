"""Worlds of facts that arrive in any order: what is told of runs, data, files and models, and how each is told."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid5

from hypothesis import strategies as st

from domain.ids import RunID
from domain.lineage.kinds import EdgeKind, WriteMode
from domain.lineage.roles import Role
from domain.references import URIRef
from domain.runs import RunEdit, RunKind
from store.database import Database
from store.lineage.alias_times import AliasSet, set_alias
from store.lineage.describing import describe_node
from store.lineage.locating import find_nodes
from store.lineage.registering import ModelDraft, register_model
from store.lineage.retracting import retract
from store.run_edits import edit_run
from tests.lineage.building import Lineage, dataset, hour, model
from tests.lineage.practice import measure
from tests.store.making import make_workspace

RUNS = ("a", "b", "c", "d", "e")
DATASETS = ("web", "log")
FILES = ("s3://b/web/1.bin", "s3://b/web/2.bin", "s3://c/copy.bin")
DIGESTS = ("sha256:" + "11" * 32, "sha256:" + "22" * 32)
NAMES = UUID("6f0f2f5a-0000-4000-8000-000000000000")

hours = st.integers(0, 12)
runs = st.sampled_from(RUNS)

Tell = Callable[[Lineage], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that is told, and how."""

    label: str
    tell: Tell

    def __repr__(self) -> str:
        return self.label


@dataclass(frozen=True, slots=True)
class World:
    """Runs by their kinds and starts, which must be there first, and facts in some order."""

    started: Sequence[tuple[RunKind, int]]
    facts: Sequence[Fact]


def make_used(run: str, name: str, role: Role | None, at: int | None) -> Fact:
    time = None if at is None else hour(at)
    return Fact(f"{run} used {name} {role} at {at}", lambda world: world.used(dataset(name), run, role, held_from=time))


def make_generated(run: str, name: str, mode: WriteMode | None, at: int | None) -> Fact:
    time = None if at is None else hour(at)

    async def tell(world: Lineage) -> None:
        await world.generated(run, dataset(name), mode=mode, held_from=time)

    return Fact(f"{run} generated {name} {mode} at {at}", tell)


def make_report(run: str, file: str, role: Role | None) -> Fact:
    async def tell(world: Lineage) -> None:
        await world.generated(run, file, role)

    return Fact(f"{run} made {file} as {role}", tell)


def make_finished(run: str, at: int) -> Fact:
    async def tell(world: Lineage) -> None:
        if run not in world.ended:
            world.ended.add(run)
            await world.finish(run, 2 * at + 1)

    return Fact(f"{run} ended at {2 * at + 1}", tell)


def make_called(caller: str, run: str) -> Fact:
    async def tell(world: Lineage) -> None:
        if caller != run:
            await world.say(EdgeKind.CALLED, caller, run)

    return Fact(f"{caller} called {run}", tell)


def make_file(run: str, file: str, *, made: bool, at: int | None) -> Fact:
    time = None if at is None else hour(at)

    async def tell(world: Lineage) -> None:
        if made:
            await world.generated(run, file, Role.CHECKPOINT, held_from=time)
        else:
            await world.used(file, run, Role.INITIALISE, held_from=time)

    return Fact(f"{run} {'made' if made else 'used'} {file} at {at}", tell)


def make_alias(version: str | None, at: int) -> Fact:
    async def tell(world: Lineage) -> None:
        async with world.database.write() as tx:
            refs = {model(f"gpt@{version or 1}"): ("version",), model("gpt:best"): ("alias",)}
            found = await find_nodes(tx, world.workspace, {next(iter(refs)): ("version",)})
            (key,) = found.values()
            row = await tx.driver.fetchrow("SELECT model FROM model_versions WHERE id = $1", key.uuid)
            told = AliasSet("best", None if version is None else key.uuid, hour(at))
            await set_alias(tx, world.workspace, row["model"], told)

    return Fact(f"best is {version} from {at}", tell)


def make_used_alias(run: str, at: int | None) -> Fact:
    time = None if at is None else hour(at)
    return Fact(f"{run} used best at {at}", lambda world: world.used(model("gpt:best"), run, held_from=time))


def make_described(name: str, field: str, value: object) -> Fact:
    async def tell(world: Lineage) -> None:
        ref = URIRef(name) if "://" in name else (dataset(name) if name[:3] != "gpt" else model(name))
        async with world.database.write() as tx:
            (key,) = (await find_nodes(tx, world.workspace, {ref: ("node",)})).values()
            await describe_node(tx, world.workspace, key, {field: value})

    return Fact(f"{name} has {field} {value}", tell)


def make_measured(run: str, name: str) -> Fact:
    return Fact(f"{run} measured on {name}", lambda world: measure(world, run, name))


def make_kind(run: str, kind: RunKind) -> Fact:
    async def tell(world: Lineage) -> None:
        if run not in world.changed:
            world.changed.add(run)
            async with world.database.write() as tx:
                await edit_run(tx, world.workspace, world.runs[run], RunEdit(kind=kind))

    return Fact(f"{run} is {kind}", tell)


def make_retracted(run: str, name: str) -> Fact:
    """Return something that is said and taken back at once: nothing may stay of it."""

    async def tell(world: Lineage) -> None:
        said = await world.used(dataset(name), run, Role.BASELINE, producer="mistaken")
        async with world.database.write() as tx:
            await retract(tx, world.workspace, [one.edge.id for one in said.edges])

    return Fact(f"{run} never used {name}", tell)


maybe_hours = st.none() | hours
names = st.sampled_from([*DATASETS, "web@3", "log@3"])
modes = st.sampled_from([None, WriteMode.APPEND, WriteMode.MERGE, WriteMode.OVERWRITE])
roles = st.sampled_from([None, Role.TRAIN, Role.VALIDATION, Role.TEST])
kinds = st.sampled_from(
    [RunKind.TRAIN, RunKind.EVALUATE, RunKind.PREDICT, RunKind.SELECT, RunKind.SWEEP, RunKind.INGEST]
)

facts = st.one_of(
    st.builds(make_used, runs, names, roles, maybe_hours),
    st.builds(make_generated, runs, names, modes, maybe_hours),
    st.builds(make_called, runs, runs),
    st.builds(make_file, runs, st.sampled_from(FILES), made=st.booleans(), at=maybe_hours),
    st.builds(make_report, runs, st.just("s3://b/report.html"), st.sampled_from([None, Role.OUTPUT, Role.REPORT])),
    st.builds(make_alias, st.sampled_from(["1", "2", None]), hours),
    st.builds(make_used_alias, runs, maybe_hours),
    st.builds(make_described, st.sampled_from(["web@3", "log@3", "gpt@1"]), st.just("digest"), st.just(DIGESTS[0])),
    st.builds(make_described, st.sampled_from(FILES), st.just("digest"), st.just(DIGESTS[0])),
    st.builds(make_described, st.sampled_from(["web@3"]), st.just("location"), st.just("s3://b/web")),
    st.builds(make_described, st.just("log@3"), st.just("happened_at"), st.just(hour(4))),
    st.builds(make_measured, runs, names),
    st.builds(make_retracted, runs, names),
)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[World, list[int]]:
    """Draw a world, and another order in which its facts arrive."""
    started = draw(st.lists(st.tuples(kinds, hours), min_size=len(RUNS), max_size=len(RUNS)))
    told = draw(st.lists(facts, min_size=2, max_size=9))
    told += [make_finished(run, draw(hours)) for run in draw(st.sets(runs))]
    told += [make_kind(run, draw(kinds)) for run in draw(st.sets(runs, max_size=1))]
    return World(started, told), draw(st.permutations(range(len(told))))


async def tell_world(database: Database, world: World, order: Sequence[int], *, name: str) -> Lineage:
    """Tell a world's facts in an order, in a workspace of its own; what an alias needs to mean anything comes first."""
    lineage = Lineage(database, await make_workspace(database, name))
    for run, (kind, start) in zip(RUNS, world.started, strict=True):
        await lineage.run(run, kind, start=start, id=RunID(uuid5(NAMES, run)))
    async with database.write() as tx:
        for version in ("1", "2"):
            draft = ModelDraft(model=model(f"gpt@{version}"), facts={"owner": "ana"})
            await register_model(tx, lineage.workspace, draft, now=hour(0))
    await make_alias("1", 0).tell(lineage)
    for place in order:
        await world.facts[place].tell(lineage)
    return lineage
