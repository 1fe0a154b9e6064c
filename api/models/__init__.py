"""The GraphQL face of registered models."""
