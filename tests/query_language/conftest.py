"""The whole application over a real record, as the tests of GraphQL have it."""

from tests.graphql.conftest import client, services

__all__ = ["client", "services"]
