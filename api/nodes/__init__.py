"""The GraphQL face of any node by id or reference, and the nodes of lineage."""
