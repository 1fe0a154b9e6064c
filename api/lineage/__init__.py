"""The GraphQL face of lineage."""
