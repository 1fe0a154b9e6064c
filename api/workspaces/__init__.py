"""The GraphQL face of workspaces."""
