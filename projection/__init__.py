"""Keeps the graph and the index in step with the record: drains its outbox, rebuilds, verifies, repairs."""
