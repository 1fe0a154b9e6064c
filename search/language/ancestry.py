"""Leaves about lineage: `descendant_of(...)` and `ancestor_of(...)`, and the references that stand in them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeAlias

from domain.errors import InvalidInput, NotFound
from domain.filters import LineageLeaf, Relation
from domain.ids import WorkspaceID, parse_global_id
from domain.references import (
    DEFAULT_REGISTRY,
    CommitRef,
    DatasetRef,
    DigestRef,
    ForeignRef,
    IDRef,
    ModelRef,
    NodeRef,
    RunRef,
    URIRef,
    make_commit_ref,
    make_dataset_ref,
    make_digest_ref,
    make_foreign_ref,
    make_model_ref,
    make_uri_ref,
    parse_run_id,
)
from search.language.literals import read_text
from search.language.mistakes import fail, find_nearest, show
from search.language.quoting import quote_if_needed

if TYPE_CHECKING:
    from lark import Token

Reference: TypeAlias = NodeRef | int
"""What may stand in the parentheses; a number is the greatest depth."""

DEPTH_LIMIT = 1000
RELATIONS = {relation.lower(): relation for relation in Relation}
WRITTEN = {Relation.DESCENDANT_OF: "descendant_of", Relation.ANCESTOR_OF: "ancestor_of"}
FORMS = {
    "dataset": (2, 3),
    "model": (1, 3),
    "alias": (2, 3),
    "commit": (1, 2),
    "foreign": (4, 4),
    "depth": (1, 1),
}
"""The names of references, and how many texts stand in each."""


def find_relation(function: str) -> Relation | None:
    """Return which relation a function with its parenthesis is; case and underscores do not matter."""
    return RELATIONS.get(function.removesuffix("(").replace("_", "").lower())


def make_leaf(function: str, given: Sequence[Reference]) -> LineageLeaf:
    """Return the leaf of a relation to nodes, at most so many edges away. Raises `InvalidInput`."""
    relation = find_relation(function)
    depths = [one for one in given if isinstance(one, int)]
    nodes = tuple(one for one in given if not isinstance(one, int))
    if relation is None or not nodes or len(depths) > 1:
        raise InvalidInput(f"{function.removesuffix('(')} takes one reference or more, and at most one depth(...)")
    return LineageLeaf(relation, nodes, depths[0] if depths else None)


def read_reference(token: Token, workspace: WorkspaceID) -> NodeRef:
    """Return what an id, a place or a digest names. Raises `InvalidInput`, or `NotFound` for another workspace's id."""
    text = read_text(token)
    if "://" in text:
        return make_uri_ref(text)
    if len(text) in (32, 36):
        return RunRef(parse_run_id(text, workspace))
    if ":" in text:
        return make_digest_ref(text)
    try:
        found = parse_global_id(text)
    except InvalidInput as exc:
        raise InvalidInput(f"{show(text)} is no id, no place such as s3://bucket/path and no digest") from exc
    if found.workspace != workspace:
        raise NotFound(f"no {found.kind.name} {found.uuid} in this workspace")
    return IDRef(found)


def read_named(function: Token, arguments: Sequence[Token]) -> Reference:
    """Return what `dataset(namespace, name, version)` and its like name. Raises `InvalidQuery`, `InvalidInput`."""
    name = function.removesuffix("(").lower()
    if name not in FORMS:
        told = f"there is no reference {show(name)}; there are {', '.join(FORMS)}"
        raise fail(told, function, expected=list(FORMS), nearest=find_nearest(name, FORMS))
    least, most = FORMS[name]
    if not least <= len(arguments) <= most:
        count = str(least) if least == most else f"{least} to {most}"
        raise fail(f"{name}(...) takes {count} texts, not {len(arguments)}", function)
    return _MAKERS[name](*map(read_text, arguments))


def print_leaf(leaf: LineageLeaf) -> str:
    """Return the text of a leaf. Raises `InvalidInput` for one that is about nothing."""
    if not leaf.of:
        raise InvalidInput("a leaf about lineage names a node")
    inside = [*map(_print_reference, leaf.of), *([] if leaf.max_depth is None else [f"depth({leaf.max_depth})"])]
    return f"{WRITTEN[leaf.relation]}({', '.join(inside)})"


def _make_dataset(namespace: str, name: str, version: str | None = None) -> NodeRef:
    return make_dataset_ref(namespace, name, version)


def _make_model(name: str, version: str | None = None, registry: str | None = None) -> NodeRef:
    return make_model_ref(name, registry=registry, version=version or None)


def _make_alias(name: str, alias: str, registry: str | None = None) -> NodeRef:
    return make_model_ref(name, registry=registry, alias=alias)


def _make_commit(sha: str, repository: str | None = None) -> NodeRef:
    return make_commit_ref(sha, repository)


def _make_foreign(system: str, kind: str, scope: str, foreign_id: str) -> NodeRef:
    return make_foreign_ref(system, kind, scope, foreign_id)


def _make_depth(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text[:10]) <= DEPTH_LIMIT:
        raise InvalidInput(f"a depth is a whole number from 1 to {DEPTH_LIMIT}, not {show(text)}")
    return int(text)


_MAKERS: dict[str, Callable[..., Reference]] = {
    "dataset": _make_dataset,
    "model": _make_model,
    "alias": _make_alias,
    "commit": _make_commit,
    "foreign": _make_foreign,
    "depth": _make_depth,
}


def _print_reference(of: NodeRef) -> str:
    match of:
        case IDRef():
            return quote_if_needed(str(of.id))
        case RunRef():
            return str(of.run)
        case URIRef():
            return quote_if_needed(of.uri)
        case DigestRef():
            return quote_if_needed(of.digest)
        case CommitRef():
            return _call("commit", of.sha, of.repository)
        case DatasetRef():
            return _call("dataset", of.namespace, of.name, of.version)
        case ForeignRef():
            return _call("foreign", of.system, of.kind, of.scope, of.id)
        case ModelRef():
            return _print_model(of)


def _print_model(of: ModelRef) -> str:
    registry = None if of.registry == DEFAULT_REGISTRY else of.registry
    if of.alias is not None:
        return _call("alias", of.name, of.alias, registry)
    return _call("model", of.name, "" if of.version is None and registry else of.version, registry)


def _call(name: str, *texts: str | None) -> str:
    return f"{name}({', '.join(quote_if_needed(text) for text in texts if text is not None)})"
