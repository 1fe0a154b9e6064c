"""Migrations of the record, applied in order by Alembic."""

HEAD = "0007"
"""The newest revision; a test holds it against the scripts, so that a start need not read them."""
