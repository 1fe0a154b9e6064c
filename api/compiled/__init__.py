"""Answers by compiled plans: what graphql-core does value by value is worked out once for a cached document."""
