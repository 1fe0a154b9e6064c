"""Is the process alive, and can it answer?"""

from __future__ import annotations

import asyncio
from importlib.metadata import version

import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from domain.errors import Unavailable
from store.database import Database

PATIENCE_S = 2.0
VERSION = version("whence-server")


async def alive(request: Request) -> Response:
    """Answer `/healthz`: whoever can send this is alive, whatever the database does."""
    return JSONResponse({"status": "alive", "version": VERSION})


class Readiness:
    """Answers `/readyz`: 200 while the record answers, 503 while it does not."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(self, request: Request) -> Response:
        """Ask the record for nothing, and wait for the answer a short while."""
        try:
            async with asyncio.timeout(PATIENCE_S), self._database.read_primary() as conn:
                await conn.execute(sa.select(1))
        except (Unavailable, TimeoutError) as exc:
            reason = exc.message if isinstance(exc, Unavailable) else "the record did not answer in time"
            return JSONResponse({"status": "unavailable", "reason": reason}, status_code=503)
        return JSONResponse({"status": "ready"})
