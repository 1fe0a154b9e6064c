"""The GraphQL face of artifacts."""
