"""How the ancestries of two nodes differ: only above one, only above the other, the same name in another version."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from domain.ids import NodeKey, NodeKind


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherVersion:
    """A name that stands above both, in versions that differ: one above only a, the other above only b."""

    name: NodeKey
    a: NodeKey
    b: NodeKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Differences:
    """What stands above only one of two nodes; what is paired by name is in neither list."""

    only_a: list[NodeKey]
    only_b: list[NodeKey]
    other_version: list[OtherVersion]


def compare_ancestries(
    above_a: Mapping[NodeKey, int], above_b: Mapping[NodeKey, int], names: Mapping[NodeKey, NodeKey]
) -> Differences:
    """Compare what lies above two nodes, each with its distance; `names` are the names that versions belong to.

    Evaluations are left out: they are sides of runs. A name that has several versions on one side is paired in the
    order of their distance, the nearest first.
    """
    only_a, only_b = _order(above_a, above_b), _order(above_b, above_a)
    versions_a, versions_b = _by_name(only_a, names), _by_name(only_b, names)
    pairs = [
        OtherVersion(name=name, a=one, b=other)
        for name in versions_a
        for one, other in zip(versions_a[name], versions_b.get(name, ()), strict=False)
    ]
    paired = {node for pair in pairs for node in (pair.a, pair.b)}
    return Differences(
        only_a=[node for node in only_a if node not in paired],
        only_b=[node for node in only_b if node not in paired],
        other_version=pairs,
    )


def _order(above: Mapping[NodeKey, int], other: Collection[NodeKey]) -> list[NodeKey]:
    found = [node for node in above if node not in other and node.kind is not NodeKind.EVALUATION]
    return sorted(found, key=lambda node: (above[node], node.uuid.int))


def _by_name(nodes: Collection[NodeKey], names: Mapping[NodeKey, NodeKey]) -> dict[NodeKey, list[NodeKey]]:
    found: dict[NodeKey, list[NodeKey]] = {}
    for node in nodes:
        if node in names:
            found.setdefault(names[node], []).append(node)
    return found
