"""Taking the port, before anything slow happens."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator
from contextlib import contextmanager


class CannotStart(Exception):
    """The reason, for whoever typed the command."""


@contextmanager
def take_port(host: str, port: int) -> Iterator[socket.socket]:
    """Give a bound socket. Raises `CannotStart` when the port is in use or the address is not this machine's.

    It says IPPROTO_TCP: with protocol 0 the event loop leaves Nagle's delay on, 40 ms on kept-alive connections.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host.strip("[]"), port))
        except OSError as exc:
            if exc.errno == errno.EADDRINUSE:
                raise CannotStart(f"port {port} of {host} is in use; choose another with --port, or 0") from exc
            raise CannotStart(f"cannot listen on {host}, port {port}: {exc.strerror or exc}") from exc
        yield listener
