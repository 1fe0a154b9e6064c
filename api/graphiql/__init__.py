"""The GraphiQL page: our own page around vendored, prebuilt files, and examples that run."""
