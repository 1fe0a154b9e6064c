"""The words that people say, as views over edges: trained on, evaluated on, deployed as, the same bytes as."""

from __future__ import annotations

from collections.abc import Sequence

from api.info import Info
from api.lineage.explaining import UsedData
from api.lineage.gathering import gather
from api.lineage.walking import read_next_to
from api.nodes.loaders import load_node, load_present
from api.nodes.types import Node
from domain.ids import NodeKey
from domain.lineage.kinds import EdgeKind
from domain.lineage.training_data import Use, find_same_bytes, find_test_data, find_training_data
from store.edge_reads import fetch_equals

MOST = 1_000
"""Versions with the same bytes that are listed at most."""


async def load_equals(info: Info, key: NodeKey) -> list[Node]:
    """Return the other versions with the same bytes, the oldest uuid first."""
    async with info.context.read() as conn:
        found = await fetch_equals(conn, info.context.workspace, [key])
    loaded = [await load_node(info, each) for each in found[:MOST]]
    return [node for node in loaded if node is not None]


async def load_training_data(info: Info, key: NodeKey) -> list[UsedData]:
    """Return what a model was trained on."""
    gathered = await gather(info, [key])
    return _show(find_training_data(gathered.trace, key))


async def load_test_data(info: Info, key: NodeKey) -> list[UsedData]:
    """Return what a model was measured on."""
    gathered = await gather(info, [key])
    return _show(find_test_data(gathered.trace, key))


async def load_deployments(info: Info, key: NodeKey) -> list[Node]:
    """Return the revisions that serve or served the bytes of a version, the newest recorded last."""
    gathered = await gather(info, [key])
    names = find_same_bytes(gathered.trace, key)
    edges = await read_next_to(info, out_of=names, kinds=[EdgeKind.DEPLOYED_AS])
    found = dict.fromkeys(each.edge.target for each in sorted(edges, key=lambda each: (each.held.held_from, each.id)))
    return [await load_present(info, each) for each in found]


def _show(uses: Sequence[Use]) -> list[UsedData]:
    return [UsedData.of(use) for use in uses]
