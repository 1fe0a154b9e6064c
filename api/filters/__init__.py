"""The GraphQL face of filters and orders: one tree of conditions for every kind."""
