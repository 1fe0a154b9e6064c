"""What an import sends: the same bytes for the same lines, in requests of bounded size, in an order that holds."""

import base64
import json
import struct
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.client.scripted_server import Answer, Request, accept, serve
from whence.failures import BadLine
from whence.importing.importer import ImportResult, RawLine, import_lines
from whence.importing.lines import RunLine, read_entry
from whence.importing.requests import make_line_batches, make_run, make_run_batches
from whence.service import Service

PARENT = "019b2f00-0000-7000-8000-000000000001"
CHILD = "019b2f00-0000-7000-8000-000000000002"


def _run(run: str = CHILD, **fields: Any) -> bytes:
    return json.dumps({"kind": "run", "id": run, "experiment": "e", "name": "n"} | fields).encode()


def _batches(raw: bytes) -> list[dict[str, Any]]:
    entry = read_entry(raw, source="f", number=1)
    if isinstance(entry.line, RunLine):
        return make_run_batches(entry, entry.line)
    return make_line_batches(entry, entry.line)  # type: ignore[arg-type]


def _unpack(code: str, packed: str) -> list[float]:
    raw = base64.b64decode(packed)
    return list(struct.unpack(f"<{len(raw) // 8}{code}", raw))


def _lines(*raws: bytes) -> Iterator[RawLine]:
    return (RawLine("f", number, raw) for number, raw in enumerate(raws, start=1))


def _import(server_url: str, *raws: bytes) -> ImportResult:
    with Service(server_url, connections=4, patience=0) as service:
        return import_lines(service, _lines(*raws))


def test_a_run_is_made_with_what_it_is_known_by_and_the_rest_goes_into_a_batch() -> None:
    raw = _run(
        runKind="GROUP",
        parent=PARENT,
        status="FAILED",
        startedAt="2026-11-23T11:00:00+01:00",
        endedAt="2026-11-23T10:30:00.250Z",
        createdBy="ana",
        description="first try",
        host="node7",
        params={"lr": 0.02, "seq": {"type": "STRING", "text": "64*1024"}, "sizes": [1, 2]},
        tags={"a": "b"},
        notes=[{"text": "x"}],
        artifacts=[{"name": "model.pt", "size": 12}],
    )
    entry = read_entry(raw, source="f", number=1)
    assert isinstance(entry.line, RunLine)
    (batch,) = make_run_batches(entry, entry.line)

    assert make_run(entry.line) == {
        "id": CHILD,
        "experiment": "e",
        "name": "n",
        "kind": "GROUP",
        "parent": PARENT,
        "startedAt": "2026-11-23T11:00:00+01:00",
        "createdBy": "ana",
        "description": "first try",
        "host": "node7",
    }
    assert batch == {
        "run": CHILD,
        "writer": batch["writer"],
        "sequence": 0,
        "params": {"lr": 0.02, "sizes": [1, 2]},
        "parameters": [{"key": "seq", "type": "STRING", "text": "64*1024"}],
        "tags": {"a": "b"},
        "notes": [{"text": "x"}],
        "artifacts": [{"name": "model.pt", "size": 12}],
        "finish": {"status": "FAILED", "endedAt": "2026-11-23T10:30:00.250000Z"},
    }


def test_columns_keep_every_bit_whichever_way_they_are_written() -> None:
    steps, values = [3, -(2**63), 2**63 - 1], ["NaN", "-Infinity", -0.0]
    listed = _run(series=[{"key": "k", "steps": steps, "values": values, "timesMs": [1, 2, 3], "subset": "test"}])
    (batch,) = _batches(listed)
    (series,) = batch["series"]
    packed = {name: series[name] for name in ("stepsPacked", "valuesPacked", "timesPacked")}

    assert _unpack("q", series["stepsPacked"]) == steps
    assert [str(value) for value in _unpack("d", series["valuesPacked"])] == ["nan", "-inf", "-0.0"]
    assert _unpack("q", series["timesPacked"]) == [1, 2, 3]
    assert series["subset"] == "test"
    assert _batches(_run(series=[{"key": "k", "subset": "test"} | packed]))[0]["series"] == [series]


def test_one_time_stands_for_all_points() -> None:
    line = _run(series=[{"key": "k", "steps": [1, 2], "values": [1, 2], "time": "1970-01-01T00:00:01Z"}])

    assert _unpack("q", _batches(line)[0]["series"][0]["timesPacked"]) == [1000, 1000]


def test_many_points_go_in_several_requests_and_the_end_comes_last() -> None:
    lengths = {"a": 60_000, "b": 30_000, "c": 20_000}
    series = [
        {"key": key, "steps": list(range(length)), "values": [float(step) for step in range(length)]}
        for key, length in lengths.items()
    ]
    batches = _batches(_run(status="FINISHED", tags={"a": "b"}, series=series))
    found: dict[str, list[float]] = {key: [] for key in lengths}
    for batch in batches:
        for part in batch["series"]:
            found[part["key"]] += _unpack("d", part["valuesPacked"])

    assert [batch["sequence"] for batch in batches] == [0, 1, 2]
    assert [sum(len(_unpack("q", part["stepsPacked"])) for part in batch["series"]) for batch in batches] == [
        50_000,
        50_000,
        10_000,
    ]
    assert found == {key: [float(step) for step in range(length)] for key, length in lengths.items()}
    assert ["tags" in batch for batch in batches] == [True, False, False]
    assert ["finish" in batch for batch in batches] == [False, False, True]


def test_many_series_go_in_several_requests() -> None:
    series = [{"key": f"k{number}", "steps": [0], "values": [0]} for number in range(4_001)]

    assert [len(batch["series"]) for batch in _batches(_run(series=series))] == [2_000, 2_000, 1]


def test_a_run_has_one_writer_and_other_lines_have_one_for_their_bytes() -> None:
    points = {"kind": "metrics", "run": CHILD, "series": [{"key": "k", "steps": [1], "values": [1]}]}
    note = {"kind": "note", "run": CHILD, "text": "x"}
    other = points | {"series": [{"key": "k", "steps": [1], "values": [2]}]}
    writers = {
        name: _batches(raw)[0]["writer"]
        for name, raw in {
            "run": _run(),
            "run again": _run(tags={"other": "content"}),
            "points": json.dumps(points).encode(),
            "points again": json.dumps(points).encode() + b"\r\n",
            "other points": json.dumps(other).encode(),
            "note": json.dumps(note).encode(),
        }.items()
    }

    assert writers["run"] == writers["run again"]
    assert writers["points"] == writers["points again"]
    assert len(set(writers.values())) == 4


def test_a_line_waits_for_what_it_needs_and_nothing_else() -> None:
    order: list[str] = []
    lock = threading.Lock()

    def slow_parent(request: Request) -> Answer:
        batch = request.body["variables"]["batch"]
        if batch["run"] == PARENT and batch["sequence"] == 0 and "notes" not in batch:
            time.sleep(0.3)
        with lock:
            order.append(batch["run"][-1] + ("n" if "notes" in batch else ""))
        return accept(request)

    others = [_run(f"019b2f00-0000-7000-8000-00000000000{number}") for number in (3, 4, 5)]
    note = json.dumps({"kind": "note", "run": CHILD, "text": "x"}).encode()
    with serve(slow_parent) as server:
        result = _import(server.url, _run(PARENT), _run(parent=PARENT), *others, note)

    assert result.lines == 6
    assert order.index("1") < order.index("2") < order.index("2n")
    assert max(order.index(other) for other in "345") < order.index("1")


def test_a_definition_waits_for_all_that_stands_before_it() -> None:
    definition = {"kind": "metric_definition", "experiment": "e", "key": "k", "goal": "MIN"}
    with serve(accept) as server:
        _import(server.url, _run(PARENT), _run(CHILD), json.dumps(definition).encode(), _run(CHILD.replace("2", "7")))
        kinds = ["run" if "batch" in request.body["variables"] else "definition" for request in server.requests]

    assert kinds == ["run", "run", "definition", "run"]


def test_a_line_that_the_service_refuses_is_told_with_its_field_and_nothing_follows_it() -> None:
    def refuse_first(request: Request) -> Answer:
        if request.body["variables"]["batch"]["run"] != CHILD:
            return accept(request)
        path = ["input", "series", "0", "key"]
        problem = {"code": "INVALID_INPUT", "message": "too long", "path": path, "retriable": False}
        return Answer({"data": {"createRun": {"run": {"id": "x"}}, "logBatch": problem}})

    later = [_run(f"019b2f00-0000-7000-8000-{number:012d}", parent=CHILD) for number in range(10, 200)]
    with serve(refuse_first) as server, pytest.raises(BadLine) as caught:
        _import(server.url, _run(PARENT), _run(CHILD), *later)

    assert str(caught.value) == "f, line 2, series[0].key: too long (INVALID_INPUT)"
    assert len(server.requests) == 2


def test_a_run_that_is_there_already_is_completed() -> None:
    def taken(request: Request) -> Answer:
        problem = {"code": "CONFLICT", "message": "taken", "path": ["input", "id"], "retriable": False}
        return Answer({"data": {"createRun": problem, "logBatch": {"accepted": 3}}})

    with serve(taken) as server:
        result = _import(server.url, _run())

    assert (result.lines, result.runs_made, result.runs_known, result.points) == (1, 0, 1, 3)


def test_another_content_of_a_known_run_is_told() -> None:
    def changed(request: Request) -> Answer:
        problem = {"code": "CONFLICT", "message": "another body", "path": ["input", "sequence"], "retriable": False}
        return Answer({"data": {"createRun": problem | {"path": ["input", "id"]}, "logBatch": problem}})

    with serve(changed) as server, pytest.raises(BadLine, match=r"f, line 1, sequence: another body \(CONFLICT\)"):
        _import(server.url, _run())
