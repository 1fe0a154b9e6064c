"""A request to write metric points: columns of all its points, checked for shape before anything is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Self
from uuid import UUID

import numpy as np
from numpy.typing import ArrayLike, NDArray

from domain.errors import DomainError, InvalidInput, TooLarge
from domain.ids import AttemptID, RunID, WorkspaceID
from domain.metrics import MAX_CONTEXTS, MAX_POINTS, MetricContext
from domain.positions import Token
from domain.texts import check_key, check_keys

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

NO_STEP = np.iinfo(np.int64).min
"""Stands in `PointColumns.steps` where `step_given` is false: nothing reads it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesInput:
    """Points of one key. Left out, steps count on from the run's highest and times are the server's clock."""

    key: str
    values: ArrayLike
    steps: ArrayLike | None = None
    times: ArrayLike | None = None
    context: MetricContext | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PointColumns:
    """All points of one request, in the order in which they were given.

    `key_index` points into `keys`, `context_index` into `contexts` with 0 for none and 1 for the first.
    `offsets` is set where steps were left out: a point's distance from the run's highest step, 0 where it was given.
    """

    keys: tuple[str, ...]
    key_index: Ints
    values: Floats
    steps: Ints
    times: Ints | None
    offsets: Ints | None = None
    time_given: NDArray[np.bool_] | None = None
    contexts: tuple[MetricContext, ...] = ()
    context_index: Ints | None = None

    def __len__(self) -> int:
        return len(self.values)

    @classmethod
    def from_series(cls, series: Sequence[SeriesInput]) -> Self:
        """Return the columns of several series. Raises `InvalidInput` or `TooLarge` with the path of the field."""
        if not series:
            raise InvalidInput("there is no series in it", path=["series"])
        parts = [_read_series(one, index) for index, one in enumerate(series)]
        counts = np.array([len(part.values) for part in parts])
        _check_total(int(counts.sum()), "series")
        names = list(dict.fromkeys(one.key for one in series))
        at = {name: index for index, name in enumerate(names)}
        contexts = list(dict.fromkeys(one.context for one in series if one.context is not None))
        _check_contexts(contexts)
        numbers = [0 if one.context is None else contexts.index(one.context) + 1 for one in series]
        return cls(
            keys=tuple(names),
            key_index=np.repeat(np.array([at[one.key] for one in series], np.int64), counts),
            values=np.concatenate([part.values for part in parts]),
            **_join_steps(parts),
            **_join_times(parts),
            contexts=tuple(contexts),
            context_index=np.repeat(np.array(numbers, np.int64), counts) if contexts else None,
        )

    @classmethod
    def from_wide(
        cls,
        *,
        keys: Sequence[str],
        key_index: ArrayLike,
        values: ArrayLike,
        steps: ArrayLike | None = None,
        times: ArrayLike | None = None,
        context: MetricContext | None = None,
    ) -> Self:
        """Return the columns of many keys at few steps: `key_index` says for each value which key it is of."""
        names = check_keys(keys, "keys")
        if len(set(names)) != len(names):
            raise InvalidInput("a key stands twice in it", path=["keys"])
        found = read_floats(values, "values")
        _check_total(len(found), "values")
        index = read_ints(key_index, "keyIndex")
        _check_length(index, found, "keyIndex")
        if len(index) and not 0 <= int(index.min()) <= int(index.max()) < len(names):
            raise InvalidInput(f"an index stands outside 0 to {len(names) - 1}", path=["keyIndex"])
        given_steps = None if steps is None else read_ints(steps, "steps")
        given_times = None if times is None else read_ints(times, "timesMs")
        _check_length(given_steps, found, "steps")
        _check_length(given_times, found, "timesMs")
        return cls(
            keys=names,
            key_index=index,
            values=found,
            steps=np.zeros(len(found), np.int64) if given_steps is None else given_steps,
            times=given_times,
            offsets=_count_within(index) if given_steps is None else None,
            contexts=() if context is None else (context,),
            context_index=None if context is None else np.ones(len(found), np.int64),
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PointsRequest:
    """Points of one run, to be written exactly once if (writer, sequence) or a client key is given."""

    workspace: WorkspaceID
    run: RunID
    columns: PointColumns
    attempt: AttemptID | None = None
    writer: UUID | None = None
    sequence: int | None = None
    client_key: str | None = None
    digest: bytes = field(default=b"", repr=False)

    def __post_init__(self) -> None:
        check_once(self.writer, self.sequence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The answer to written points: how many, and the token whose reader sees them."""

    accepted: int
    token: Token


def check_once(writer: UUID | None, sequence: int | None) -> None:
    """Check a writer's sequence number. Raises `InvalidInput`."""
    if (writer is None) != (sequence is None):
        missing = "writer" if writer is None else "sequence"
        raise InvalidInput(f"`writer` and `sequence` go together, there is no {missing}", path=[missing])
    if sequence is not None and not 0 <= sequence < 2**63:
        raise InvalidInput(f"a sequence is 0 to 2^63 - 1, not {sequence}", path=["sequence"])


def read_floats(values: ArrayLike, *path: str) -> Floats:
    """Return values as doubles, every bit kept. Raises `InvalidInput`."""
    return _read(values, np.float64, "numbers", path)


def read_ints(values: ArrayLike, *path: str) -> Ints:
    """Return whole numbers of 64 bits. Raises `InvalidInput` for any other."""
    return _read(values, np.int64, "whole numbers of -2^63 to 2^63 - 1", path)


def _read(values: ArrayLike, dtype: Any, what: str, path: Sequence[str]) -> NDArray[Any]:
    try:
        array = np.asarray(values)
        kinds = "iu" if dtype is np.int64 else "iuf"
        if array.size and array.dtype.kind not in kinds:
            raise ValueError
        if dtype is np.int64 and array.dtype == np.uint64 and array.size and int(array.max()) >= 2**63:
            raise ValueError
        array = array.astype(dtype, copy=False)
    except (ValueError, TypeError, OverflowError) as exc:
        raise InvalidInput(f"{_show(values)} are not all {what}", path=path) from exc
    if array.ndim != 1:
        raise InvalidInput(f"{_show(values)} is no flat list of {what}", path=path)
    return array


def _show(values: object) -> str:
    text = repr(values)
    return text if len(text) <= 80 else text[:77] + "..."


@dataclass(slots=True, kw_only=True)
class _Part:
    values: Floats
    steps: Ints | None
    times: Ints | None


def _read_series(one: SeriesInput, index: int) -> _Part:
    try:
        check_key(one.key, "key")
        part = _Part(
            values=read_floats(one.values, "values"),
            steps=None if one.steps is None else read_ints(one.steps, "steps"),
            times=None if one.times is None else read_ints(one.times, "timesMs"),
        )
        _check_length(part.steps, part.values, "steps")
        _check_length(part.times, part.values, "timesMs")
    except DomainError as exc:
        raise exc.below("series", str(index)) from exc
    return part


def _check_length(column: Ints | None, values: Floats, name: str) -> None:
    if column is not None and len(column) != len(values):
        raise InvalidInput(f"{len(column)} {name} stand beside {len(values)} values", path=[name])


def _check_total(points: int, *path: str) -> None:
    if points > MAX_POINTS:
        raise TooLarge(f"a request holds at most {MAX_POINTS} points, this one {points}", path=path)
    if points == 0:
        raise InvalidInput("there is no point in it", path=path)


def _check_contexts(contexts: Sequence[MetricContext]) -> None:
    if len(contexts) > MAX_CONTEXTS:
        raise TooLarge(f"the points of a run have at most {MAX_CONTEXTS} contexts (on, subset, of)", path=["series"])


def _join_steps(parts: Sequence[_Part]) -> dict[str, Any]:
    steps = np.concatenate([np.zeros(len(p.values), np.int64) if p.steps is None else p.steps for p in parts])
    if all(part.steps is not None for part in parts):
        return {"steps": steps, "offsets": None}
    counted = [np.arange(1, len(p.values) + 1) if p.steps is None else np.zeros(len(p.values), np.int64) for p in parts]
    return {"steps": steps, "offsets": np.concatenate(counted)}


def _join_times(parts: Sequence[_Part]) -> dict[str, Any]:
    if all(part.times is None for part in parts):
        return {"times": None}
    times = np.concatenate([np.zeros(len(p.values), np.int64) if p.times is None else p.times for p in parts])
    given = np.concatenate([np.full(len(p.values), p.times is not None) for p in parts])
    return {"times": times, "time_given": None if given.all() else given}


def _count_within(index: Ints) -> Ints:
    """Return for each point how many of its key came before it in the request, itself included."""
    order = np.argsort(index, kind="stable")
    ordered = index[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    counts = np.diff(np.r_[starts, len(ordered)])
    found = np.empty(len(index), np.int64)
    found[order] = np.arange(len(ordered)) - np.repeat(starts, counts) + 1
    return found
