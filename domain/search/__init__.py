"""What is searched, asked and answered: documents, questions, hits, facets, aggregates and suggestions, as values."""
