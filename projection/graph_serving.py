"""The lineage graph in Neo4j as what answers questions."""

from __future__ import annotations

from domain.projections import ProjectionName
from lineage.graph import LineageGraph
from lineage.neo4j_connection import read_row
from lineage.neo4j_graph import Neo4jLineageGraph
from lineage.neo4j_keeping import GraphDriver


class GraphServing:
    """Opens generations of the graph for whoever asks."""

    name: str = ProjectionName.GRAPH.value

    def __init__(self, driver: GraphDriver) -> None:
        self._driver = driver

    def open(self, generation: int, bookmark: str | None) -> LineageGraph:
        return Neo4jLineageGraph(self._driver, generation, bookmark=bookmark)

    async def refresh(self, generation: int) -> None:
        """Nothing is to be done: what is written is visible."""

    async def probe(self) -> object:
        return await read_row(self._driver, "RETURN 1 AS one", seconds=2.0)
