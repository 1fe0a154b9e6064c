"""The three ways to run: what the settings name beside the record, opened and closed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from api.settings import Settings
from lineage.graph import LineageGraph
from projection.routing import Serving
from projection.targets import ProjectionTarget
from search.search_index import SearchIndex


@dataclass(slots=True)
class Ways:
    """What follows the record here: nothing (embedded), one of the two servers (mixed), or both (full)."""

    targets: list[ProjectionTarget] = field(default_factory=list)
    graph: Serving[LineageGraph] | None = None
    index: Serving[SearchIndex] | None = None


@asynccontextmanager
async def open_ways(settings: Settings) -> AsyncIterator[Ways]:
    """Give the projections that the settings name; nothing is asked of their servers yet."""
    ways = Ways()
    async with AsyncExitStack() as stack:
        if settings.neo4j.url is not None:
            # Imported where it is needed: a service without Neo4j starts without its driver.
            from lineage.neo4j_connection import connect
            from projection.graph_serving import GraphServing
            from projection.graph_target import GraphTarget

            driver = await stack.enter_async_context(connect(settings.neo4j.url.get_secret_value()))
            ways.targets.append(GraphTarget(driver))
            ways.graph = GraphServing(driver)
        if settings.elasticsearch.url is not None:
            # As above.
            from projection.index_serving import IndexServing
            from projection.index_target import IndexTarget
            from search.elastic.connecting import connect as connect_index

            client = connect_index(settings.elasticsearch)
            stack.push_async_callback(client.close)
            ways.targets.append(IndexTarget(client, prefix=settings.elasticsearch.prefix))
            ways.index = IndexServing(client, prefix=settings.elasticsearch.prefix)
        yield ways
