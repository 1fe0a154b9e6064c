"""The GraphQL face of experiments."""
