"""GraphQL over HTTP, for a caller that wants the data or one clear failure."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import msgspec

from whence import __version__
from whence.backing_off import BackOff
from whence.bodies import encode_operation
from whence.failures import Problem, Unreachable, WhenceError

_COMPRESS_FROM = 8192
"""Bytes of a body from which gzip saves more time on a network than it costs. On loopback it never does."""
_TRY_AGAIN = frozenset({429, 502, 503, 504})

Payload = dict[str, Any]


class Service:
    """One workspace of a Whence service. May be used from several threads at once."""

    def __init__(
        self,
        url: str,
        *,
        workspace: str = "default",
        token: str | None = None,
        timeout: float = 60.0,
        patience: float = 60.0,
        connections: int = 4,
        compress: bool | None = None,
    ) -> None:
        """`timeout` bounds one attempt, `patience` all attempts of one request; both are in seconds.

        `compress` says whether large bodies are sent with gzip; left out, they are unless the service is on loopback.
        """
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise WhenceError(f"{url!r} is not the address of a service: it should look like http://127.0.0.1:8900")
        self.url = url.rstrip("/")
        self.workspace = workspace
        self._patience = patience
        self._token = token
        self._compress = not _is_loopback(parts.hostname) if compress is None else compress
        self._workspace_url = f"{self.url}/w/{quote(workspace, safe='')}"
        self._endpoint = f"{self._workspace_url}/graphql"
        headers = {"User-Agent": f"whence/{__version__}"} | ({"Authorization": f"Bearer {token}"} if token else {})
        limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
        self._http = httpx.Client(
            headers=headers, timeout=timeout, limits=limits, trust_env=not _is_loopback(parts.hostname)
        )

    def __enter__(self) -> Service:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def beside(self, workspace: str) -> Service:
        """Return another workspace of the same service, with connections of its own."""
        return Service(self.url, workspace=workspace, token=self._token, patience=self._patience)

    def probe(self) -> None:
        """Raise `Unreachable` at once when nothing answers, before the patience of a first request begins."""
        self.fetch("/healthz")

    def fetch(self, path: str) -> httpx.Response:
        """GET a path of the service once, whatever the status. Raises `Unreachable`."""
        try:
            return self._http.get(f"{self.url}{path}")
        except httpx.HTTPError as exc:
            raise self._unreachable(exc) from exc

    def execute(self, document: str, variables: Payload | None = None) -> Payload:
        """Run one operation and return its `data`, whose payloads may still be problems (see `require`).

        What may pass (no connection, a busy service, a retriable problem) is tried again until the patience is used
        up, so an operation must be one that may be sent twice. Raises `Problem`, `Unreachable` or `WhenceError`.
        """
        body, headers = self._pack(encode_operation(document, variables))
        waiting = BackOff(patience=self._patience)
        while True:
            pause = 0.0
            try:
                response = self._http.post(self._endpoint, content=body, headers=headers)
                if response.status_code in _TRY_AGAIN:
                    pause = _retry_after(response)
                data = self._read(response)
                _raise_retriable(data)
                return data
            except httpx.HTTPError as exc:
                if not waiting.wait():
                    raise self._unreachable(exc) from exc
            except Problem as problem:
                if not problem.retriable or not waiting.wait(at_least=pause):
                    raise

    def post(self, body: bytes) -> Payload:
        """Send a body once and return its `data`. Raises like `execute`, and never waits to try again."""
        packed, headers = self._pack(body)
        try:
            return self._read(self._http.post(self._endpoint, content=packed, headers=headers))
        except httpx.HTTPError as exc:
            raise self._unreachable(exc) from exc

    def send(
        self,
        method: str,
        path: str,
        *,
        content: Iterable[bytes] | None = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        """Send one request to an address of the workspace (`/artifacts/...`), once, whatever the status.

        Raises `Unreachable`.
        """
        try:
            return self._http.request(method, f"{self._workspace_url}{path}", content=content, headers=headers)
        except httpx.HTTPError as exc:
            raise self._unreachable(exc) from exc

    def read(self, path: str, *, start: int = 0) -> Iterator[bytes]:
        """Give what lies at an address of the workspace, from a byte on, in pieces. Raises `Problem`, `Unreachable`."""
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={start}-"} if start else {})
        try:
            with self._http.stream("GET", f"{self._workspace_url}{path}", headers=headers) as answer:
                if answer.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
                    return
                if not answer.is_success:
                    answer.read()
                    raise read_problem(answer)
                yield from answer.iter_bytes()
        except httpx.HTTPError as exc:
            raise self._unreachable(exc) from exc

    def _pack(self, body: bytes) -> tuple[bytes, dict[str, str]]:
        headers = {"Content-Type": "application/json"}
        if not self._compress or len(body) < _COMPRESS_FROM:
            return body, headers
        return gzip.compress(body, compresslevel=1), headers | {"Content-Encoding": "gzip"}

    def _unreachable(self, exc: httpx.HTTPError) -> Unreachable:
        reason = str(exc) or type(exc).__name__
        return Unreachable(f"no answer from {self.url}: {reason}. Is the service running (whence serve)?")

    def _read(self, response: httpx.Response) -> Payload:
        try:
            answer = msgspec.json.decode(response.content)
        except msgspec.DecodeError:
            answer = None
        if isinstance(answer, dict):
            for error in answer.get("errors") or ():
                raise _graphql_problem(error, response.status_code)
            if isinstance(answer.get("data"), dict):
                data: Payload = answer["data"]
                return data
        raise self._foreign_answer(response, answer)

    def _foreign_answer(self, response: httpx.Response, answer: object) -> WhenceError:
        status = response.status_code
        said = answer.get("message") if isinstance(answer, dict) else None
        if status in (401, 403):
            return Problem(code="DENIED", message=said or "the service wants an access token (--token or WHENCE_TOKEN)")
        if status in _TRY_AGAIN:
            return Problem(code="UNAVAILABLE", message=said or f"the service is busy (HTTP {status})", retriable=True)
        return WhenceError(f"{self._endpoint} did not answer as Whence does: HTTP {status} {said or ''}".rstrip())


def read_problem(response: httpx.Response) -> Problem:
    """Return the problem that an address beside GraphQL answered with."""
    status = response.status_code
    try:
        (error, *_) = msgspec.json.decode(response.content)["errors"]
        return _graphql_problem(error, status)
    except (msgspec.DecodeError, KeyError, TypeError, ValueError):
        code = "DENIED" if status in (401, 403) else "UNAVAILABLE" if status in _TRY_AGAIN else "INTERNAL"
        return Problem(code=code, message=f"HTTP {status}", retriable=status in _TRY_AGAIN)


def require(payload: Payload | None) -> Payload:
    """Return the payload of a mutation, or raise the `Problem` that it is."""
    problem = find_problem(payload)
    if problem is not None:
        raise problem
    return payload or {}


def find_problem(payload: object) -> Problem | None:
    """Return the problem that a mutation answered with, if it did. Its `code` and `message` must have been selected."""
    if not isinstance(payload, dict) or not {"code", "message"} <= payload.keys():
        return None
    return Problem(
        code=str(payload["code"]),
        message=str(payload["message"]),
        path=payload.get("path") or (),
        retriable=bool(payload.get("retriable")),
    )


def _raise_retriable(data: Payload) -> None:
    for problem in _problems(data):
        if problem.retriable:
            raise problem


def _problems(data: Payload) -> Iterator[Problem]:
    for payload in data.values():
        problem = find_problem(payload)
        if problem is not None:
            yield problem


def _graphql_problem(error: Payload, status: int) -> Problem:
    extensions = error.get("extensions") or {}
    return Problem(
        code=str(extensions.get("code") or "GRAPHQL_ERROR"),
        message=str(error.get("message") or "the service gave no reason"),
        path=[str(step) for step in extensions.get("path") or error.get("path") or ()],
        retriable=bool(extensions.get("retriable", status in _TRY_AGAIN)),
    )


def _is_loopback(host: str | None) -> bool:
    """Whether a proxy of the environment has no business in between."""
    return host is not None and (host in ("localhost", "::1") or host.startswith("127."))


def _retry_after(response: httpx.Response) -> float:
    try:
        return min(float(response.headers.get("Retry-After", "0")), 30.0)
    except ValueError:
        return 0.0
