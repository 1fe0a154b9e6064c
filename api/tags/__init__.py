"""The GraphQL face of tags."""
