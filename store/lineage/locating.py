"""The ends of claims: references become nodes in a few queries, those that may are made, names stay names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from domain.errors import DomainError, InvalidInput
from domain.ids import NodeKey, NodeKind, RunID, WorkspaceID
from domain.lineage.claims import Claim, names_dataset
from domain.lineage.kinds import EdgeKind, check_ends
from domain.references import DatasetRef, IDRef, ModelRef, NodeRef, RunRef
from store.artifacts import fetch_artifacts
from store.lineage.describing import find_file
from store.lineage.evaluations import fetch_evaluations
from store.lineage.files import find_place
from store.lineage.merges import fetch_survivors
from store.lineage.spelling import note_names
from store.nodes import fetch_nodes
from store.placeholders import Named, insert_names, insert_placeholders, is_full_key
from store.references import resolve
from store.transactions import Transaction

Path: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Located:
    """A claim whose ends are known. `source` is a name where `is_unbound`; `run`: the run that it is about."""

    claim: Claim
    path: Path
    source: NodeKey
    target: NodeKey
    alias: str | None
    is_unbound: bool
    run: RunID | None
    from_evaluation: bool


@dataclass(slots=True)
class Places:
    """What references were found to be."""

    tx: Transaction
    workspace: WorkspaceID
    known: dict[NodeRef, NodeKey] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    async def find(self, refs: Mapping[NodeRef, Path]) -> None:
        """Look up references, making those that are full natural keys. Raises with the path of the first that fails.

        Writers make nodes in one order, so that none wait for each other in a circle.
        """
        asked = {ref: path for ref, path in refs.items() if ref not in self.known}
        self.known |= await self._find_ids(list(asked))
        full = [ref for ref in sorted(asked, key=repr) if is_full_key(ref) and ref not in self.known]
        names = [ref for ref in sorted(asked, key=repr) if isinstance(ref, DatasetRef) and ref.version is None]
        self.known |= dict(iter((await insert_names(self.tx, self.workspace, names)).items()))
        self.known |= await insert_placeholders(self.tx, self.workspace, full)
        for ref, path in asked.items():
            if ref not in self.known:
                self.known[ref] = await self._resolve(ref, path)
        await self._follow_artifacts(asked)
        uuids = {self.known[ref].uuid for ref in asked}
        survivors = await fetch_survivors(self.tx.conn, self.workspace, uuids)
        self.known |= {ref: survivors[self.known[ref].uuid] for ref in asked if self.known[ref].uuid in survivors}
        await self._note([ref for ref in [*full, *names] if isinstance(ref, DatasetRef | ModelRef)])

    async def _find_ids(self, refs: Sequence[NodeRef]) -> dict[NodeRef, NodeKey]:
        keys: dict[NodeRef, NodeKey] = {}
        for ref in refs:
            if isinstance(ref, RunRef):
                keys[ref] = NodeKey(NodeKind.RUN, ref.run)
            elif isinstance(ref, IDRef) and ref.id.workspace == self.workspace:
                keys[ref] = ref.id.key
        there = await fetch_nodes(self.tx.conn, self.workspace, set(keys.values()))
        return {ref: key for ref, key in keys.items() if key in there}

    async def _resolve(self, ref: NodeRef, path: Path) -> NodeKey:
        try:
            return await resolve(self.tx.conn, self.workspace, ref)
        except DomainError as exc:
            raise exc.below(*path) from exc

    async def _follow_artifacts(self, refs: Iterable[NodeRef]) -> None:
        """Let a file of a run, by its id, mean its version in lineage."""
        logged = {ref: key for ref in refs if (key := self.known[ref]).kind is NodeKind.ARTIFACT}
        files = await fetch_artifacts(self.tx.conn, self.workspace, {key.uuid for key in logged.values()})
        for ref, key in logged.items():
            file = files[key.uuid]
            place = find_place(file.run, file.path, file.uri)
            self.known[ref] = await find_file(self.tx, self.workspace, place, file.digest)

    async def _note(self, refs: Sequence[Named]) -> None:
        names = await insert_names(self.tx, self.workspace, refs)
        parts = {
            names[ref]: (ref.namespace, ref.name) if isinstance(ref, DatasetRef) else (ref.registry, ref.name)
            for ref in refs
        }
        self.warnings += await note_names(self.tx, self.workspace, parts)


async def find_nodes(tx: Transaction, workspace: WorkspaceID, refs: Mapping[NodeRef, Path]) -> dict[NodeRef, NodeKey]:
    """Return the nodes that a mutation's references name, made where they may be. Raises with the path that fails."""
    places = Places(tx, workspace)
    await places.find(refs)
    return places.known


async def locate(
    tx: Transaction, workspace: WorkspaceID, claims: Sequence[tuple[Path, Claim]]
) -> tuple[list[Located], list[str]]:
    """Return the claims with their ends, and warnings. Raises with the path of the end that fails."""
    places = Places(tx, workspace)
    # Runs first: the version that a run leaves is named after it.
    await places.find({claim.source: (*path, "source") for path, claim in claims if _leaves_version(claim)})
    named = [(path, _name_left_version(path, claim, places)) for path, claim in claims]
    refs: dict[NodeRef, Path] = {}
    for path, claim in named:
        refs.setdefault(_strip_alias(claim.source), (*path, "source"))
        refs.setdefault(_strip_alias(claim.target), (*path, "target"))
    await places.find(refs)
    runs = await _find_runs(tx, workspace, places)
    return [_locate_one(path, claim, places, runs) for path, claim in named], places.warnings


def _leaves_version(claim: Claim) -> bool:
    return claim.kind is EdgeKind.GENERATED and names_dataset(claim.target)


def _name_left_version(path: Path, claim: Claim, places: Places) -> Claim:
    """Return a claim whose unnamed output is the version "as left by this run"."""
    if not _leaves_version(claim):
        return claim
    if not isinstance(claim.target, DatasetRef):
        raise InvalidInput("name the dataset by namespace and name, or a version of it", path=[*path, "target"])
    run = places.known[claim.source]
    return replace(claim, target=replace(claim.target, version=f"as left by run {run.uuid}"))


def _strip_alias(ref: NodeRef) -> NodeRef:
    """Return the model's name for a reference by alias: which version it is depends on the time."""
    return replace(ref, alias=None) if isinstance(ref, ModelRef) and ref.alias is not None else ref


async def _find_runs(tx: Transaction, workspace: WorkspaceID, places: Places) -> dict[NodeKey, RunID]:
    keys = set(places.known.values())
    sides = {key.uuid for key in keys if key.kind is NodeKind.EVALUATION}
    found = await fetch_evaluations(tx.conn, workspace, sides) if sides else {}
    runs = {key: RunID(key.uuid) for key in keys if key.kind is NodeKind.RUN}
    return runs | {NodeKey(NodeKind.EVALUATION, uuid): one.run for uuid, one in found.items()}


def _locate_one(path: Path, claim: Claim, places: Places, runs: Mapping[NodeKey, RunID]) -> Located:
    source, target = places.known[_strip_alias(claim.source)], places.known[_strip_alias(claim.target)]
    alias = claim.source.alias if isinstance(claim.source, ModelRef) else None
    is_unbound = alias is not None or source.kind is NodeKind.DATASET
    try:
        check_ends(claim.kind, _bound_kind(source.kind) if is_unbound else source.kind, target.kind)
    except InvalidInput as exc:
        raise exc.below(*path) from exc
    if source == target:
        raise InvalidInput("an edge from a node to itself says nothing", path=[*path, "target"])
    return Located(
        claim=claim,
        path=path,
        source=source,
        target=target,
        alias=alias,
        is_unbound=is_unbound,
        run=runs.get(target, runs.get(source)),
        from_evaluation=source.kind is NodeKind.EVALUATION,
    )


def _bound_kind(name: NodeKind) -> NodeKind:
    return NodeKind.DATASET_VERSION if name is NodeKind.DATASET else NodeKind.MODEL_VERSION
