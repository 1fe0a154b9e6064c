"""The GraphQL face of deployments."""
