"""Who may come in: by which name the service is addressed, from which page, with which token."""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from api.principal import ANONYMOUS, TOKEN_HOLDER, Principal
from api.transport.refusals import Refusal, refuse
from domain.errors import Denied

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
FOREIGN_SITES = frozenset({"cross-site", "same-site"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """The rules of the door.

    A foreign `Host` means that a name of someone else's was pointed at this machine (DNS rebinding); a foreign
    `Origin` means that a page of someone else's sends the request from a browser that can reach us.
    """

    hosts: frozenset[str]
    origins: frozenset[str]
    token: str | None

    def check_host(self, headers: Headers) -> None:
        """Raise `Refusal` when the service is addressed by a name that is not its own."""
        host = _host_name(headers.get("host", ""))
        if "*" in self.hosts or host in self.hosts or _is_loopback(host):
            return
        raise Refusal(Denied(f"this service does not answer to the host {host[:80]!r}; see WHENCE_ALLOWED_HOSTS"))

    def check_origin(self, headers: Headers) -> None:
        """Raise `Refusal` when a browser sends this for a page of another origin."""
        origin = headers.get("origin")
        if origin is None:
            if headers.get("sec-fetch-site") in FOREIGN_SITES and headers.get("sec-fetch-mode") != "navigate":
                raise Refusal(Denied("a page of another site sends this request"))
            return
        if origin in self.origins or _same_origin(origin, headers.get("host", "")):
            return
        raise Refusal(Denied(f"pages of {origin[:80]!r} may not send requests; see WHENCE_ALLOWED_ORIGINS"))

    def identify(self, authorization: str | None) -> Principal:
        """Return who sends this. Raises `Refusal` (401) without the token, where one is set."""
        if self.token is None:
            return ANONYMOUS
        if self.holds_token(authorization):
            return TOKEN_HOLDER
        raise Refusal(
            Denied("an access token is needed: send the header `Authorization: Bearer <token>`"),
            status=401,
            headers={"WWW-Authenticate": 'Bearer realm="whence"'},
        )

    def holds_token(self, authorization: str | None) -> bool:
        """Compare in a time that does not depend on where the two differ."""
        scheme, _, token = (authorization or "").strip().partition(" ")
        expected = (self.token or "").encode()
        return scheme.lower() == "bearer" and hmac.compare_digest(token.strip().encode(), expected)


def _host_name(host: str) -> str:
    """Return the name of a `Host` header, without its port."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].rstrip(".").lower()


def _is_loopback(host: str) -> bool:
    if host in LOOPBACK_NAMES:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _same_origin(origin: str, host: str) -> bool:
    """Say whether a page's origin is the address it sends to. The scheme may differ: TLS can end before us."""
    parts = urlsplit(origin)
    return bool(parts.netloc) and _with_port(parts.netloc, parts.scheme) == _with_port(host, parts.scheme)


def _with_port(host: str, scheme: str) -> str:
    tail = host.rpartition("]")[2]
    return host.lower() if ":" in tail else f"{host.lower()}:{443 if scheme in ('https', 'wss') else 80}"


class GuardMiddleware:
    """Turns away what the guard refuses, and leaves the principal in the scope (`scope["principal"]`).

    `is_open` names what may be asked without a token, `is_probe` what may be asked by any name too. A WebSocket may
    come without a token: it must then show one in its first message, which the socket's endpoint sees to.
    """

    def __init__(
        self, app: ASGIApp, *, guard: Guard, is_open: Callable[[Scope], bool], is_probe: Callable[[Scope], bool]
    ) -> None:
        self._app = app
        self._guard = guard
        self._is_open = is_open
        self._is_probe = is_probe

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            scope["principal"] = self._admit(scope)
        except Refusal as refusal:
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 4403, "reason": str(refusal)[:120]})
            else:
                await refuse(refusal)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _admit(self, scope: Scope) -> Principal | None:
        headers = Headers(scope=scope)
        if self._is_probe(scope):
            return None
        self._guard.check_host(headers)
        self._guard.check_origin(headers)
        authorization = headers.get("authorization")
        may_come_without = self._is_open(scope) or (scope["type"] == "websocket" and authorization is None)
        if may_come_without and self._guard.token is not None:
            return None
        return self._guard.identify(authorization)
