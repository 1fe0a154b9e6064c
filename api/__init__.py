"""The HTTP face of Whence: GraphQL by noun, health, metrics and the GraphiQL page."""
