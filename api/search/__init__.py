"""The GraphQL face of search: words and dimensions in one question, suggestions, aggregates."""
