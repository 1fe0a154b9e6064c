"""The GraphQL face of console output."""
