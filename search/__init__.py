"""Finding things: the language in which queries are written."""
