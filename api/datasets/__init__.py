"""The GraphQL face of datasets and feature views."""
