"""The GraphQL face of what changes while one looks."""
