"""The embedded default: a private Postgres from a wheel, started, watched and stopped by the service itself."""

from store.embedded.errors import EmbeddedPostgresError
from store.embedded.supervisor import EmbeddedPostgres

__all__ = ["EmbeddedPostgres", "EmbeddedPostgresError"]
