"""The GraphQL face of parameters."""
