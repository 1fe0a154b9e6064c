"""Figures of projections for Prometheus, looked up beside requests."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Gauge

from domain.errors import Unavailable
from store.database import Database
from store.projections.overview import fetch_overview
from store.writers import fetch_oldest_writer_seconds

LABEL = ["projection"]


class ProjectionFigures:
    """Gauges of one registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        def gauge(name: str, text: str) -> Gauge:
            return Gauge(f"whence_projection_{name}", text, LABEL, registry=registry)

        self.lag_rows = gauge("lag_rows", "Changes that the projection has not taken; counted to 100,000.")
        self.lag_seconds = gauge("lag_seconds", "Age of the oldest change that it has not taken.")
        self.pending = gauge("pending", "Entities put off because they change many times a second.")
        self.dead_letters = gauge("dead_letters", "Entities that it refused; each is tried again.")
        self.usable = gauge("usable", "1 if it answers questions: built, and verified since the record was restored.")
        self.waiting = gauge("waiting", "1 while nothing can be written: its server is away, full, or blocked.")
        self.oldest_writer = Gauge(
            "whence_oldest_writer_seconds",
            "Age of the oldest transaction that has written: it holds back what projections may read.",
            registry=registry,
        )

    async def look(self, database: Database) -> None:
        """Look how all projections stand."""
        try:
            async with database.read_primary() as conn:
                found = await fetch_overview(conn)
                self.oldest_writer.set(await fetch_oldest_writer_seconds(conn))
        except Unavailable:
            return  # the record's absence is told by /readyz; old figures are better than a task that crashes
        for one in found:
            self.lag_rows.labels(one.name).set(one.lag_rows)
            self.lag_seconds.labels(one.name).set(one.lag_seconds)
            self.pending.labels(one.name).set(one.pending)
            self.dead_letters.labels(one.name).set(one.dead_letters)
            self.usable.labels(one.name).set(one.trusted and one.generation is not None)
            self.waiting.labels(one.name).set(one.waits_for is not None)
