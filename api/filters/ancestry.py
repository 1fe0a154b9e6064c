"""Leaves about lineage become sets of ids before any table or index sees the filter."""

from __future__ import annotations

from collections.abc import Sequence

from api.info import Info
from api.lineage.walking import walk
from api.mutating import below
from domain.errors import TooLarge
from domain.filters import Filter, IdsLeaf, Leaf, LineageLeaf, Relation, iterate_leaves, replace_leaves
from domain.ids import NodeKey, NodeKind, RunID
from domain.lineage.answers import Reason
from domain.lineage.questions import Direction, Question
from domain.lineage.roles import make_evaluation_id
from domain.references import NodeRef
from domain.search.questions import Scope
from store.references import resolve

MOST_NODES = 200_000
"""Nodes that one scope or leaf takes; beyond, an answer says that it was cut."""

DIRECTIONS = {Relation.DESCENDANT_OF: Direction.DOWNSTREAM, Relation.ANCESTOR_OF: Direction.UPSTREAM}


async def find_relatives(
    info: Info, relation: Relation, of: Sequence[NodeRef], max_depth: int | None, *path: str
) -> Scope:
    """Return what lies on one side of some nodes, without them. Raises `NotFound`, `Conflict`.

    Who means a run means both of its sides: what was only measured there lies above it, too.
    """
    workspace = info.context.workspace
    async with info.context.read() as conn:
        starts = [await below(path, resolve(conn, workspace, ref)) for ref in of]
    sides = [NodeKey(NodeKind.EVALUATION, make_evaluation_id(RunID(one.uuid))) for one in starts
             if one.kind is NodeKind.RUN]  # fmt: skip
    question = Question(
        starts=tuple(dict.fromkeys([*starts, *sides])),
        direction=DIRECTIONS[relation],
        max_depth=max_depth,
        most_nodes=MOST_NODES,
    )
    found = await walk(info, question)
    # A depth that was asked for is no cut: it narrows the question.
    reasons = found.reasons - ({Reason.DEPTH} if max_depth is not None else set())
    ids = {key.uuid for key in found.nodes} - {key.uuid for key in question.starts}
    return Scope(IdsLeaf.of(ids), is_cut=bool(reasons), reasons=tuple(sorted(reason.value for reason in reasons)))


async def replace_ancestry(info: Info, tree: Filter, *path: str) -> tuple[Filter, bool]:
    """Return a filter without leaves about lineage, and whether a walk of one was cut."""
    asked = dict.fromkeys(leaf for leaf in iterate_leaves(tree) if isinstance(leaf, LineageLeaf))
    scopes = {leaf: await find_relatives(info, leaf.relation, leaf.of, leaf.max_depth, *path) for leaf in asked}

    def put(leaf: Leaf) -> Filter:
        return scopes[leaf].ids if isinstance(leaf, LineageLeaf) else leaf

    return (replace_leaves(tree, put) if scopes else tree), any(scope.is_cut for scope in scopes.values())


async def replace_ancestry_whole(info: Info, tree: Filter, *path: str) -> Filter:
    """Return a filter without leaves about lineage. Raises `TooLarge` where one of them has too many nodes."""
    replaced, is_cut = await replace_ancestry(info, tree, *path)
    if is_cut:
        raise TooLarge(f"descendantOf or ancestorOf is about more than {MOST_NODES:,} nodes", path=path)
    return replaced
