"""Postgres, the record of truth: tables, migrations and functions that take a connection."""
