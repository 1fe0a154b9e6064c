"""The GraphQL face of runs."""
