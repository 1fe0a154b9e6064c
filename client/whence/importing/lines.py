"""The lines that an import may hold, and reading one with an error that names its field."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec

from whence.failures import BadLine
from whence.importing.columns import Columns, FieldError, read_columns
from whence.importing.lineage_lines import LineageLines, TaggedLine
from whence.importing.series import Int64, Moment, SeriesLine, Text

LONGEST_LINE = 64 << 20
"""Bytes. One line is held in memory, so it needs a bound; points beyond it go into further `metrics` lines."""

_PLACE = re.compile(r" - at `(?:key in )?\$\.?(?P<field>[^`]*)`$")


class NoteText(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel", omit_defaults=True):
    """A note below the line of what it stands on."""

    text: Text
    created_by: str | None = None


class TypedParameter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A parameter with its raw text, for a tool that knows the text but must say the type."""

    type: Literal["INT", "FLOAT", "BOOL", "STRING", "JSON"]
    text: str


class ArtifactLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel", omit_defaults=True):
    """Where an artifact's bytes are, and what is known of them."""

    name: Text
    path: str | None = None
    size: Int64 | None = None
    media_type: str | None = None
    digest: str | None = None
    uri: str | None = None
    step: Int64 | None = None
    role: str | None = None
    aliases: list[str] = msgspec.field(default_factory=list)


class CodeLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel", omit_defaults=True):
    """The code that a run ran."""

    repository: Text
    commit: Text
    diff_digest: str | None = None
    path: str | None = None
    entry_point: str | None = None


class EnvironmentLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel", omit_defaults=True):
    """What a run ran in; at least one digest."""

    image_digest: str | None = None
    lock_digest: str | None = None
    hardware: str | None = None


Again = Annotated[int, msgspec.Meta(ge=2)] | None
"""Of lines that would be the same: which of them this is, counted from 1. It makes their bytes differ."""


class ExperimentLine(TaggedLine, frozen=True, tag="experiment"):
    name: Text
    description: str | None = None


class MetricDefinitionLine(TaggedLine, frozen=True, tag="metric_definition"):
    experiment: Text
    key: Text
    goal: Literal["MIN", "MAX"] | None = None
    unit: str | None = None
    step_metric: str | None = None


class RunLine(TaggedLine, frozen=True, tag="run"):
    id: UUID
    experiment: Text
    name: Text
    description: str | None = None
    run_kind: Text = "TRAIN"
    parent: UUID | None = None
    status: Text | None = None
    started_at: Moment | None = None
    ended_at: Moment | None = None
    created_by: str | None = None
    host: str | None = None
    params: dict[str, Any] = msgspec.field(default_factory=dict)
    tags: dict[str, str] = msgspec.field(default_factory=dict)
    notes: list[NoteText] = msgspec.field(default_factory=list)
    artifacts: list[ArtifactLine] = msgspec.field(default_factory=list)
    series: list[SeriesLine] = msgspec.field(default_factory=list)
    code: CodeLine | None = None
    environment: EnvironmentLine | None = None


class MetricsLine(TaggedLine, frozen=True, tag="metrics"):
    run: UUID
    series: Annotated[list[SeriesLine], msgspec.Meta(min_length=1)]
    attempt: UUID | None = None


class NoteLine(TaggedLine, frozen=True, tag="note"):
    run: UUID
    text: Text
    created_by: str | None = None
    again: Again = None


class FileLine(TaggedLine, frozen=True, tag="artifact", omit_defaults=True):
    run: UUID
    file: ArtifactLine
    attempt: UUID | None = None
    again: Again = None


class ResumeLine(TaggedLine, frozen=True, tag="resume"):
    run: UUID
    attempt: UUID
    from_step: Int64 | None = None


class FinishLine(TaggedLine, frozen=True, tag="finish"):
    run: UUID
    status: Text
    ended_at: Moment | None = None
    attempt: UUID | None = None


RecordLine = (
    ExperimentLine | MetricDefinitionLine | RunLine | MetricsLine | NoteLine | FileLine | ResumeLine | FinishLine
)
Line = RecordLine | LineageLines
_decoder: msgspec.json.Decoder[Line] = msgspec.json.Decoder(Line)


@dataclass(frozen=True)
class Entry:
    """A line that can be sent: where it stood, what it says, and its points."""

    source: str
    number: int
    raw: bytes
    line: Line
    columns: list[Columns]


def read_entry(raw: bytes, *, source: str, number: int) -> Entry:
    """Read one line. Raises `BadLine` naming the field."""
    if len(raw) > LONGEST_LINE:
        raise BadLine(f"is longer than {LONGEST_LINE >> 20} MiB", source=source, line=number)
    try:
        line = _decoder.decode(raw)
        return Entry(source, number, raw, line, _read_points(line))
    except FieldError as exc:
        raise BadLine(exc.message, source=source, line=number, field=exc.field) from None
    except msgspec.ValidationError as exc:
        message, field = _say(str(exc))
        raise BadLine(message, source=source, line=number, field=field) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
        raise BadLine(f"is not a JSON object: {exc}", source=source, line=number) from None


def _read_points(line: Line) -> list[Columns]:
    if isinstance(line, RunLine):
        _check_run(line)
    if isinstance(line, RunLine | MetricsLine):
        return [read_columns(series, f"series[{index}]") for index, series in enumerate(line.series)]
    return []


def _check_run(line: RunLine) -> None:
    if line.parent == line.id:
        raise FieldError("parent", "is the run itself")
    if line.ended_at is not None and line.status in (None, "RUNNING"):
        raise FieldError("endedAt", "is given, but `status` does not say how the run ended")
    if line.started_at is not None and line.ended_at is not None and line.ended_at < line.started_at:
        raise FieldError("endedAt", "is before `startedAt`")
    for key, value in line.params.items():
        if isinstance(value, dict) and value.keys() == {"type", "text"}:
            _check_parameter(key, value)


def _check_parameter(key: str, value: dict[str, Any]) -> None:
    try:
        msgspec.convert(value, TypedParameter)
    except msgspec.ValidationError as exc:
        message, field = _say(str(exc))
        raise FieldError(f"params.{key}.{field}", message) from None


def _say(error: str) -> tuple[str, str]:
    """Split msgspec's words into message and field."""
    found = _PLACE.search(error)
    message = error[: found.start()] if found else error
    field = found["field"] if found else ""
    missing = re.search(r"missing required field `(\w+)`", message)
    unknown = re.search(r"contains unknown field `(\w+)`", message)
    for named, said in ((missing, "is missing"), (unknown, "is not a field of this kind of line")):
        if named is not None:
            return said, f"{field}.{named[1]}".lstrip(".")
    return message[:1].lower() + message[1:], field


def format_moment(moment: datetime) -> str:
    """Return a time as RFC 3339."""
    return moment.isoformat().replace("+00:00", "Z")
