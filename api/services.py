"""The services of one process: opened before the first request, closed after the last."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from api.background import Background, Work
from api.context import Services
from api.settings import Settings
from api.transport.observation import Figures
from store.database import Database


@asynccontextmanager
async def open_services(settings: Settings, *, url: str, figures: Figures) -> AsyncIterator[Services]:
    """Give the services of the record at `url`, with their background tasks running."""
    read_url = settings.database.read_url
    database = Database.connect(
        url,
        None if read_url is None else read_url.get_secret_value(),
        pool_size=settings.database.pool_size,
    )
    services = Services(database=database, settings=settings.server)
    background = Background(list_background(services), on_crash=lambda name: figures.crashes.labels(name).inc())
    try:
        await background.start()
        yield services
    finally:
        await background.stop()
        await database.close()


def list_background(services: Services) -> dict[str, Work]:
    """Return what goes on beside requests, by name."""
    return {}
