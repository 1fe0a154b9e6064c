"""The GraphQL face of runs side by side."""
