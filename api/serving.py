"""From settings to a listening service, and back: start in the order that costs least time, stop in the reverse."""

from __future__ import annotations

import asyncio
import gc
import importlib
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from api.ports import CannotStart, take_port
from api.principal import DEFAULT_WORKSPACE
from api.settings import Settings
from store.embedded import EmbeddedPostgres, EmbeddedPostgresError

if TYPE_CHECKING:
    import socket

    from uvicorn import Server

HEAVY = ("uvicorn", "uvloop", "store.migrations.runner", "api.schema", "api.application", "api.services")


def serve(settings: Settings, *, with_demo: bool = False) -> None:
    """Serve until SIGTERM or SIGINT. Raises `CannotStart`."""
    with take_port(settings.server.host, settings.server.port) as listener, _start_record(settings) as find_url:
        for name in HEAVY:
            importlib.import_module(name)
        from api.logs import configure_logs

        configure_logs(settings.server)
        import uvloop

        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(_serve(settings, listener, find_url, with_demo=with_demo))
        except EmbeddedPostgresError as exc:
            raise CannotStart(str(exc)) from exc


@contextmanager
def _start_record(settings: Settings) -> Iterator[Callable[[], str]]:
    """Begin to start the private Postgres, where no other is named; what it gives waits until it answers."""
    if settings.database.url is not None:
        yield settings.database.url.get_secret_value
        return
    try:
        settings.server.data.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise CannotStart(f"cannot use {settings.server.data} as data folder: {exc.strerror}") from exc
    postgres = EmbeddedPostgres(settings.server.data / "postgres")

    def find_url() -> str:
        postgres.wait_ready()
        return postgres.url

    postgres.start()
    try:
        yield find_url
    finally:
        postgres.stop()


async def _serve(settings: Settings, listener: socket.socket, find_url: Callable[[], str], *, with_demo: bool) -> None:
    from api.application import make_application
    from api.demo_loading import DEMO_WORKSPACE, is_demo_imported, load_demo
    from api.schema import schema
    from api.services import open_services
    from api.transport.listening import make_server
    from api.transport.observation import Figures
    from domain.errors import DomainError
    from store.migrations.runner import migrate

    url = await asyncio.to_thread(find_url)
    try:
        await migrate(url)
    except DomainError as exc:
        raise CannotStart(exc.message) from exc
    figures = Figures()
    async with open_services(settings, url=url, figures=figures) as services:
        application = make_application(schema=schema, services=services, figures=figures)
        server = make_server(application, settings.server)
        _stop_on_signals(server)
        await server.startup(sockets=[listener])
        coming = with_demo and not is_demo_imported(settings.server)
        _greet(_address(listener), workspace=DEMO_WORKSPACE if with_demo else DEFAULT_WORKSPACE, demo_is_coming=coming)
        _settle_memory()
        demo = asyncio.create_task(load_demo(settings.server, address=_address(listener))) if with_demo else None
        await server.main_loop()
        await _stop_demo(demo)
        await server.shutdown(sockets=[listener])


async def _stop_demo(demo: asyncio.Task[None] | None) -> None:
    if demo is not None:
        demo.cancel()
        await asyncio.wait({demo})


def _stop_on_signals(server: Server) -> None:
    """Stop gently at the first signal, at once at the second."""

    def stop() -> None:
        server.force_exit = server.should_exit
        server.should_exit = True

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop)


def _greet(address: str, *, workspace: str, demo_is_coming: bool) -> None:
    """Print the addresses a person wants first."""
    sys.stdout.write(
        "Whence is ready. Ctrl-C stops it.\n"
        f"  GraphiQL   {address}/w/{workspace}/graphql\n"
        f"  Health     {address}/healthz\n"
        f"  Documents  {address}/docs\n"
    )
    if demo_is_coming:
        sys.stdout.write("The demo is being imported: until it is in, its examples may answer NOT_FOUND.\n")
    sys.stdout.flush()


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return f"http://{host}:{port}"


def _settle_memory() -> None:
    """What was imported stays: later collections need not look at it."""
    gc.collect()
    gc.freeze()
    gc.enable()
