"""The whole service as one ASGI application: who may come in, what is counted, and which address does what."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import Scope
from strawberry.schema.base import BaseSchema

from api.blobs.endpoint import BlobEndpoint, RunFileEndpoint
from api.context import Services
from api.pages.documents import Documents
from api.pages.files import make_content, read_content, send_content
from api.pages.graphiql import send_example_list, send_graphiql
from api.pages.health import Readiness, alive
from api.settings import ServerSettings
from api.transport.answers import wants_page
from api.transport.contexts import WORKSPACE_HEADER, WorkspaceDirectory
from api.transport.endpoint import GraphQLEndpoint
from api.transport.guard import Guard, GuardMiddleware
from api.transport.observation import Figures, ObservationMiddleware
from api.transport.refusals import Refusal, refuse
from api.transport.sockets import SocketEndpoint
from domain.errors import NotFound

GRAPHQL_PATHS = ("/graphql", "/w/{workspace}/graphql")
_GRAPHQL_PATH = re.compile(r"(/w/[^/]+)?/graphql")
PROBES = frozenset({"/healthz", "/readyz"})
OPEN_PATHS = frozenset({"/", "/docs", "/schema.graphql", "/favicon.ico"})
OPEN_FOLDERS = ("/docs/", "/files/")
HERE = Path(__file__).parent
ICON = HERE / "pages" / "static" / "whence.svg"
FOLDERS = (HERE / "pages" / "static", HERE / "graphiql" / "page", HERE / "graphiql" / "vendor")
"""Whose files `/files/` sends."""


def make_application(*, schema: BaseSchema, services: Services, figures: Figures | None = None) -> Starlette:
    """Return the application. It starts and stops nothing: `api.services` does, around it."""
    settings = services.settings
    figures = figures or Figures()
    guard = make_guard(settings)
    middleware = [
        Middleware(ObservationMiddleware, figures=figures, access_log=settings.access_log == "on"),
        Middleware(GuardMiddleware, guard=guard, is_open=_is_open, is_probe=_is_probe),
    ]
    if settings.allowed_origins:
        middleware.insert(1, _make_cors(settings))
    routes = _make_routes(schema, services, figures, guard)
    return Starlette(routes=routes, middleware=middleware, exception_handlers={404: _no_such_page})


def make_guard(settings: ServerSettings) -> Guard:
    """Return the rules of the door that the settings ask for."""
    own = {settings.host.strip("[]").lower()} - {"0.0.0.0", "::", ""}  # noqa: S104
    return Guard(
        hosts=frozenset(own | {name.lower() for name in settings.allowed_hosts}),
        origins=frozenset(settings.allowed_origins),
        token=None if settings.token is None else settings.token.get_secret_value(),
    )


def _make_cors(settings: ServerSettings) -> Middleware:
    return Middleware(
        CORSMiddleware,
        allow_origins=list(settings.allowed_origins),
        allow_methods=["GET", "POST"],
        allow_headers=["Authorization", "Content-Type", "Content-Encoding", WORKSPACE_HEADER],
        expose_headers=["X-Request-Id"],
    )


def _make_routes(schema: BaseSchema, services: Services, figures: Figures, guard: Guard) -> list[BaseRoute]:
    directory = WorkspaceDirectory(services.database)
    over_http = GraphQLEndpoint(schema=schema, services=services, directory=directory, page=send_graphiql)
    sockets = SocketEndpoint(schema=schema, services=services, directory=directory, guard=guard, figures=figures)
    documents = Documents()
    return [
        *(Route(path, over_http) for path in GRAPHQL_PATHS),
        *(WebSocketRoute(path, sockets.serve) for path in GRAPHQL_PATHS),
        Route("/w/{workspace}/artifacts/{digest}", BlobEndpoint(services, directory)),
        Route("/w/{workspace}/runs/{run}/files/{path:path}", RunFileEndpoint(services, directory)),
        Route("/healthz", alive),
        Route("/readyz", Readiness(services.database).page),
        Route("/metrics", figures.page),
        Route("/", _show_the_way),
        Route("/docs", documents.first),
        Route("/docs/{name:path}", documents.page),
        Route("/schema.graphql", _SchemaText(schema).page),
        Route("/files/examples.json", send_example_list),
        Route("/files/{name}", _send_file),
        Route("/favicon.ico", _send_icon),
    ]


def _is_probe(scope: Scope) -> bool:
    return scope["path"] in PROBES


def _is_open(scope: Scope) -> bool:
    """Say whether this is a page: it is the same for everybody and tells nothing of what is recorded."""
    path = scope["path"]
    if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
        return False
    if path in OPEN_PATHS or path.startswith(OPEN_FOLDERS):
        return True
    request = Request(scope)
    return (
        _GRAPHQL_PATH.fullmatch(path) is not None
        and "query" not in request.query_params
        and wants_page(request.headers.get("accept"))
    )


class _SchemaText:
    """Answers `/schema.graphql`."""

    def __init__(self, schema: BaseSchema) -> None:
        self._print = cache(lambda: make_content(schema.as_str().encode(), "text/plain"))

    async def page(self, request: Request) -> Response:
        return send_content(request, self._print())


async def _show_the_way(request: Request) -> Response:
    return RedirectResponse("/docs")


async def _send_icon(request: Request) -> Response:
    return send_content(request, read_content(ICON))


async def _send_file(request: Request) -> Response:
    path = _list_files().get(request.path_params["name"])
    return await _no_such_page(request, None) if path is None else send_content(request, read_content(path))


@cache
def _list_files() -> dict[str, Path]:
    return {path.name: path for folder in FOLDERS for path in folder.iterdir()}


async def _no_such_page(request: Request, _: Exception | None) -> Response:
    return refuse(Refusal(NotFound(f"there is nothing at {request.url.path[:200]}; start at /docs")))
