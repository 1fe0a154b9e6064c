"""Structured logs: one event a line, for people or for machines, whichever library speaks."""

from __future__ import annotations

import logging
import sys
from typing import Any

import msgspec
import structlog
from structlog.typing import EventDict, Processor

from api.settings import ServerSettings

# Libraries whose ordinary talk says nothing that our own events do not say better.
QUIETED = (
    "alembic",
    "uvicorn",
    "uvicorn.error",
    "uvicorn.access",
    "strawberry",
    "websockets",
    "asyncio",
    "elastic_transport",
)
PLAIN_ATTRIBUTES = frozenset(vars(logging.makeLogRecord({}))) | {"message", "color_message", "taskName"}


def configure_logs(settings: ServerSettings) -> None:
    """Send every event of this process to standard error, in the format that the settings name."""
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    before: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last = _machine_format() if is_json(settings) else _people_format()
    structlog.configure(
        processors=[*before, *last],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*before, _take_extra],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for name in QUIETED:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))


def is_json(settings: ServerSettings) -> bool:
    """Say whether logs are for machines."""
    return settings.log_format == "json" or (settings.log_format == "auto" and not sys.stderr.isatty())


def _machine_format() -> list[Processor]:
    return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(serializer=_to_json)]


def _people_format() -> list[Processor]:
    plain = structlog.dev.plain_traceback
    return [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain)]


def _to_json(event: Any, **_: Any) -> str:
    return msgspec.json.encode(event, enc_hook=str).decode()


def _take_extra(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Take the fields that a library gave as `extra`."""
    record = event.get("_record")
    if record is not None:
        event.update({key: value for key, value in vars(record).items() if key not in PLAIN_ATTRIBUTES})
    return event
