"""The GraphQL face of metric series."""
