"""The addresses of bytes: `/w/<workspace>/artifacts/<digest>` and `/w/<workspace>/runs/<run>/files/<path>`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api.blobs.answering import Described, answer
from api.context import Services
from api.principal import ANONYMOUS
from api.transport.contexts import WorkspaceDirectory, read_workspace_name
from api.transport.refusals import Refusal, refuse
from artifacts.keeping import ArtifactStore
from artifacts.manifests import MEDIA_TYPE, read_manifest
from domain.artifacts import ArtifactChoice, make_choice
from domain.digests import normalise_digest
from domain.errors import DomainError, InvalidInput, NotFound
from domain.ids import WorkspaceID
from domain.references import parse_run_id
from store.artifact_digests import fetch_path_digest

OFFSET = "Upload-Offset"
LENGTH = "Upload-Length"
CLIENT_CLOSED_REQUEST = 499
_READING = ("GET", "HEAD")


class _Endpoint(ABC):
    """A route of bytes: every failure is answered as a problem."""

    def __init__(self, services: Services, directory: WorkspaceDirectory) -> None:
        self._services = services
        self._directory = directory

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        response = await _answer_errors(self._answer, request)
        await response(scope, receive, send)

    @abstractmethod
    async def _answer(self, request: Request) -> Response: ...


class BlobEndpoint(_Endpoint):
    """Takes and gives bytes by digest.

    `HEAD` and `GET` give what is there. Where it is not, `Upload-Offset` says how much of an upload is. `PATCH` goes
    on with one: from its own `Upload-Offset`, of a file of `Upload-Length` bytes; 201 once it is whole and checked.
    """

    async def _answer(self, request: Request) -> Response:
        workspace = await _find_workspace(request, self._directory)
        digest = _check_digest(request.path_params["digest"])
        if request.method == "PATCH":
            return await self._go_on(request, workspace, digest)
        if request.method not in _READING:
            raise Refusal(InvalidInput("send GET, HEAD or PATCH"), status=405, headers={"Allow": "GET, HEAD, PATCH"})
        return await self._give(request, workspace, digest)

    async def _give(self, request: Request, workspace: WorkspaceID, digest: str) -> Response:
        kept = _store_of(self._services)
        if request.method == "HEAD":
            blob = await kept.find_lasting(self._services.database, workspace, digest)
        else:
            blob = await kept.blobs.find(workspace, digest)
        if blob is None:
            offset = str(kept.uploads.find_offset(workspace, digest))
            raise Refusal(NotFound(f"no bytes with the digest {digest}", path=["digest"]), headers={OFFSET: offset})
        described = Described(digest, blob.size, digest.removeprefix("sha256:"))
        return _send(request, kept, workspace, described)

    async def _go_on(self, request: Request, workspace: WorkspaceID, digest: str) -> Response:
        kept = _store_of(self._services)
        offset, length = _read_number(request, OFFSET), _read_number(request, LENGTH)
        if offset == 0 and await kept.find_lasting(self._services.database, workspace, digest) is not None:
            return Response(status_code=201, headers={OFFSET: str(length)})
        size = await kept.uploads.append(workspace, digest, _read_body(request), offset=offset, length=length)
        return Response(status_code=201 if size == length else 204, headers={OFFSET: str(size)})


class RunFileEndpoint(_Endpoint):
    """Gives the newest file at a path of a run, also one within a folder that the run logged.

    `?alias=best` or `?version=3` give another one of those at the path.
    """

    async def _answer(self, request: Request) -> Response:
        if request.method not in _READING:
            raise Refusal(InvalidInput("send GET or HEAD"), status=405, headers={"Allow": "GET, HEAD"})
        workspace = await _find_workspace(request, self._directory)
        path: str = request.path_params["path"]
        found = await self._find(request, workspace, path, _read_choice(request))
        kept = _store_of(self._services)
        blob = None if found is None else await kept.blobs.find(workspace, found.digest)
        if found is None or blob is None:
            raise NotFound(f"the service has no bytes of {path[:200]!r}", path=["path"])
        described = Described(found.digest, blob.size, path.rpartition("/")[2], found.media_type)
        return _send(request, kept, workspace, described)

    async def _find(
        self, request: Request, workspace: WorkspaceID, path: str, choice: ArtifactChoice
    ) -> Described | None:
        """Return what the run has at a path: a file of its own, else one of the nearest folder above it."""
        run = parse_run_id(request.path_params["run"], workspace, "run")
        parts = path.split("/")
        above = ["/".join(parts[:count]) for count in range(len(parts), 0, -1)]
        async with self._services.database.read() as conn:
            named = await fetch_path_digest(conn, workspace, run, above, choice)
        for place in above:
            digest, media_type = named.get(place, (None, None))
            if digest is None or not digest.startswith("sha256:"):
                continue
            if place == path:
                return Described(digest, 0, path, media_type)
            if media_type == MEDIA_TYPE:
                return await self._find_within(workspace, digest, path[len(place) + 1 :])
        return None

    async def _find_within(self, workspace: WorkspaceID, digest: str, path: str) -> Described | None:
        blobs = _store_of(self._services).blobs
        if await blobs.find(workspace, digest) is None:
            return None
        manifest = read_manifest(await blobs.read_whole(workspace, digest))
        entry = None if manifest is None else manifest.find(path)
        if entry is None:
            return None
        return Described(_check_digest(entry.digest), entry.size, path)  # a manifest is what a client wrote


async def _answer_errors(answer_request: Callable[[Request], Awaitable[Response]], request: Request) -> Response:
    try:
        return await answer_request(request)
    except ClientDisconnect:
        return Response(status_code=CLIENT_CLOSED_REQUEST)
    except DomainError as exc:
        return refuse(Refusal(exc))
    except Refusal as refusal:
        return refuse(refusal)


async def _find_workspace(request: Request, directory: WorkspaceDirectory) -> WorkspaceID:
    principal = request.scope.get("principal") or ANONYMOUS
    return await directory.find(read_workspace_name(request, principal))


def _check_digest(text: str) -> str:
    """Return a SHA-256 in its one spelling. Raises `InvalidInput` for anything else."""
    digest = normalise_digest(text, "digest")
    if not digest.startswith("sha256:"):
        raise InvalidInput("bytes are kept by their SHA-256: sha256:<64 hexadecimal digits>", path=["digest"])
    return digest


def _store_of(services: Services) -> ArtifactStore:
    if services.artifacts is None:
        raise NotFound("this service keeps no bytes of artifacts")
    return services.artifacts


def _send(request: Request, kept: ArtifactStore, workspace: WorkspaceID, described: Described) -> Response:
    def read(start: int, end: int) -> AsyncIterator[bytes]:
        return kept.blobs.read(workspace, described.digest, start=start, end=end)

    return answer(described, request.headers, method=request.method, read=read)


def _read_number(request: Request, name: str) -> int:
    text = request.headers.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise InvalidInput(f"the header {name} is a number of bytes, not {text[:40]!r}", path=[name])
    return int(text)


def _read_choice(request: Request) -> ArtifactChoice:
    """Return which of the files at a path is asked for. Raises `InvalidInput`."""
    asked = request.query_params
    number = asked.get("version")
    if number is not None and not (number.isascii() and number.isdigit() and len(number) <= 18):
        raise InvalidInput(f"version is a number from 1, not {number[:40]!r}", path=["version"])
    return make_choice(alias=asked.get("alias"), version=None if number is None else int(number))


async def _read_body(request: Request) -> AsyncIterator[bytes]:
    """Give the body as it comes. Raises `ClientDisconnect` where the connection breaks."""
    async for piece in request.stream():
        if piece:
            yield piece
