"""GraphQL over HTTP: one address for queries by GET, everything by POST, and the page for browsers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from strawberry.schema.base import BaseSchema

from api.context import Services
from api.transport.answers import GRAPHQL, JSON, choose_media_type, compress, encode, never_ran, shape, wants_page
from api.transport.bodies import read_body
from api.transport.contexts import WorkspaceDirectory, make_context
from api.transport.execution import QUERIES, QUERIES_AND_MUTATIONS, ClientGone, execute, run_watched
from api.transport.operations import Operation, parse_body, parse_query_string
from api.transport.refusals import Refusal, refuse
from domain.errors import DomainError, InvalidInput

JSON_BODIES = frozenset({JSON, GRAPHQL})
CLIENT_CLOSED_REQUEST = 499  # nobody reads it; it is what the logs and figures show

Page = Callable[[Request], Awaitable[Response]]


class GraphQLEndpoint:
    """Answers the requests of one address, for whichever workspace they name."""

    def __init__(self, *, schema: BaseSchema, services: Services, directory: WorkspaceDirectory, page: Page) -> None:
        self._schema = schema
        self._services = services
        self._settings = services.settings
        self._directory = directory
        self._page = page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        response = await self._answer(request)
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        accept = request.headers.get("accept")
        if request.method == "GET" and "query" not in request.query_params and wants_page(accept):
            return await self._page(request)
        media_type = choose_media_type(accept)
        try:
            if media_type is None:
                raise Refusal(InvalidInput(f"answers are {GRAPHQL} or {JSON}; Accept names neither"), status=406)
            response = await self._execute(request, media_type)
        except (ClientDisconnect, ClientGone):
            return Response(status_code=CLIENT_CLOSED_REQUEST)
        except DomainError as exc:
            return refuse(Refusal(exc), media_type=media_type or JSON)
        except Refusal as refusal:
            return refuse(refusal, media_type=media_type or JSON)
        accepted = request.headers.get("accept-encoding", "")
        return await compress(response, accepted, from_bytes=self._settings.compress_from)

    async def _execute(self, request: Request, media_type: str) -> Response:
        operation = await self._read(request)
        _ = operation.document
        operation.check_name()
        context = await make_context(request, self._services, self._directory)
        allowed = QUERIES if request.method == "GET" else QUERIES_AND_MUTATIONS
        result = await run_watched(
            execute(self._schema, operation, context, allowed=allowed),
            operation=operation,
            seconds=self._settings.request_seconds,
            wait_gone=lambda: _wait_gone(request),
        )
        # The older media type has 200 for whatever GraphQL itself answered, the newer 400 for what never ran.
        status = 400 if media_type == GRAPHQL and never_ran(result) else 200
        return Response(encode(shape(result)), status_code=status, media_type=media_type)

    async def _read(self, request: Request) -> Operation:
        if request.method == "GET":
            return parse_query_string(request.query_params)
        if request.method != "POST":
            raise Refusal(InvalidInput("send POST, or GET for queries"), status=405, headers={"Allow": "GET, POST"})
        _check_content_type(request.headers.get("content-type", ""))
        settings = self._settings
        return parse_body(await read_body(request, limit=settings.max_body, decoded_limit=settings.max_decoded_body))


def _check_content_type(content_type: str) -> None:
    """Refuse what a form of a foreign page could send without asking first."""
    name, _, parameters = content_type.partition(";")
    if name.strip().lower() not in JSON_BODIES:
        raise Refusal(InvalidInput(f"Content-Type must be {JSON}, it is {name[:80]!r}"), status=415)
    charset = parameters.lower().partition("charset=")[2].strip(' "')
    if charset not in ("", "utf-8", "utf8"):
        raise Refusal(InvalidInput(f"the body must be UTF-8, its charset is {charset[:40]!r}"), status=415)


async def _wait_gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
