"""The listening socket and the HTTP server on it."""

from __future__ import annotations

import uvicorn
from starlette.applications import Starlette
from uvicorn.lifespan.off import LifespanOff

from api.settings import ServerSettings

BACKLOG = 2048
KEEP_ALIVE_S = 75


def make_server(application: Starlette, settings: ServerSettings) -> uvicorn.Server:
    """Return the server, ready for `startup`, `main_loop` and `shutdown`; signals are its caller's."""
    config = uvicorn.Config(
        application,
        http="httptools",
        ws="websockets-sansio",
        ws_max_size=settings.max_body,
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=settings.shutdown_seconds,
    )
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = LifespanOff(config)
    return server
