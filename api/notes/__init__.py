"""The GraphQL face of notes."""
