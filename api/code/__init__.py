"""The GraphQL face of code and the environments it ran in."""
