"""Group commit: requests of points that wait at the same time go into one transaction."""

from store.ingest.ingest import Ingest
from store.ingest.settings import IngestSettings

__all__ = ["Ingest", "IngestSettings"]
