"""The lineage graph: the port LineageGraph and its adapters for Postgres, Neo4j and memory."""
