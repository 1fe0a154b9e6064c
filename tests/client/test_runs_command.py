"""The command `whence runs`: what it asks for, and how it prints what it is given."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from tests.client.scripted_server import Answer, in_turn, serve
from tests.servers.service_process import clean_environment, run_service_process
from whence.command_line import main
from whence.failures import WhenceError
from whence.run_table.columns import Column, find_columns, parse_column, parse_columns, parse_order, write_selection
from whence.run_table.reading import PAGE
from whence.run_table.tables import print_table

RUNS = [
    {"kind": "run", "id": f"019b2f00-0000-7000-8000-00000000000{n}", "experiment": "track", "name": name,
     "startedAt": f"2026-11-2{n}T10:00:00.250Z", "params": {"lr": lr}, "tags": {"state": state}}
    for n, (name, lr, state) in enumerate(
        [("seed one", 0.02, "good"), ("tab\there", "auto", "broken"), ("third", 1, "ok")]
    )
]  # fmt: skip
POINTS = [
    {"kind": "metrics", "run": run["id"], "series": [{"key": "val/loss", "steps": [0, 1], "values": values}]}
    for run, values in zip(RUNS, [[4.0, 3.25], [3.0, "NaN"]], strict=False)
]


def page(nodes: list[dict[str, Any]], cursor: str | None = None) -> Answer:
    info = {"endCursor": cursor, "hasNextPage": cursor is not None}
    return Answer({"data": {"runs": {"nodes": nodes, "pageInfo": info}}})


async def test_runs_of_a_real_service_are_listed_by_query_order_and_columns(database_url: str, tmp_path: Path) -> None:
    file = tmp_path / "runs.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in [*RUNS, *POINTS]))
    with run_service_process(database_url, tmp_path) as service:

        def whence(*arguments: str) -> tuple[int, list[str], str]:
            command = [sys.executable, "-m", "whence.command_line", "--url", service.url, *arguments]
            done = subprocess.run(command, capture_output=True, text=True, env=clean_environment(), check=False)
            return done.returncode, done.stdout.splitlines(), done.stderr

        imported = whence("import", str(file))
        by_loss = whence("runs", "last(val/loss) exists", "--order", "min(val/loss)", "--columns", "name,min(val/loss)")
        plain = whence(
            "runs",
            "not tag.state = broken",
            "--experiment",
            "track",
            "--order",
            "started desc",
            "--first",
            "1",
            "--columns",
            "experiment,name,started",
        )
        columns = 'name,param.lr,tag."state",last(val/loss),count(val/loss),ended,param.none'
        as_json = whence("runs", "last(val/loss) exists", "--json", "--order", "name", "--columns", columns)
        chosen = whence("runs", "name = 'seed one'", "--json", "--columns", "name,ID")
        mistaken = whence("runs", "lst(loss) < 3")

    assert imported[0] == 0, imported
    assert by_loss == (0, ["name\tmin(val/loss)", "tab\\there\t3.0", "seed one\t3.25"], "")
    assert plain == (
        0,
        ["experiment\tname\tstarted", "track\tthird\t2026-11-22T10:00:00.250000Z"],
        "",
    )
    assert [list(json.loads(line).values()) for line in as_json[1]] == [
        [RUNS[0]["id"], "seed one", 0.02, "good", 3.25, 2, None, None],
        [RUNS[1]["id"], "tab\there", "auto", "broken", "NaN", 2, None, None],
    ]
    assert [json.loads(line) for line in chosen[1]] == [{"name": "seed one", "id": RUNS[0]["id"]}]
    assert mistaken == (
        1,
        [],
        "whence: line 1, column 1: there is no function 'lst'; there are first, last, min, max, best, count; "
        "did you mean last? (query: INVALID_INPUT)\n",
    )


def test_all_pages_are_read_and_no_more_than_was_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    nodes = [{"name": f"run {n}"} for n in range(PAGE)]
    with serve(in_turn(page(nodes, "c1"), page([{"name": "last"}]))) as server:
        code = main(["runs", "--columns", "name", "--first", str(PAGE + 5), "--url", server.url])
    sent = [request.body["variables"] for request in server.requests]

    assert code == 0
    assert capsys.readouterr().out.splitlines() == ["name", *(f"run {n}" for n in range(PAGE)), "last"]
    assert [(one["first"], one["after"]) for one in sent] == [(PAGE, None), (5, "c1")]


def test_the_query_goes_as_it_was_typed_so_that_columns_of_mistakes_are_right(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with serve(in_turn(page([]))) as server:
        main(["runs", " name = x ", "--experiment", 'my "own"', "--order", "param.lr desc", "--url", server.url])
    (request,) = server.requests

    assert capsys.readouterr().out == "experiment\tnumber\tname\tstatus\tstarted\tparam.lr\n"
    assert request.body["variables"] == {
        "query": " name = x ",
        "where": {"experiment": {"eq": 'my "own"'}},
        "orderBy": [{"param": "lr", "direction": "DESC"}],
        "first": 20,
        "after": None,
    }


def test_a_table_is_no_wider_than_the_terminal() -> None:
    file = io.StringIO()
    columns = parse_columns("name,status,param.lr,last(loss),started")
    node = {
        "name": "a name much longer than any terminal is wide \x1b[31m",
        "status": "FINISHED",
        "params": [{"key": "lr", "value": 0.1}],
        "metrics": [{"key": "loss", "last": {"value": 3.27812345}}],
        "startedAt": "2026-11-23T10:00:00.250Z",
    }
    shown = print_table([node, {**node, "name": "b"}], columns, console=Console(file=file, width=60))
    lines = file.getvalue().splitlines()

    assert shown == 2
    assert max(map(len, lines)) <= 60
    assert len(lines) == 3
    assert lines[0].split() == ["name", "status", "param.lr", "last(loss)", "started"]
    assert "\x1b" not in file.getvalue()
    assert lines[2].split() == ["b", "FINISHED", "0.1", "3.27812", "2026-11-23", "10:00:00"] or "…" in lines[2]


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("name", Column("name", "field", "name")),
        (" Created_At ", Column("created", "field", "created")),
        ("run", Column("id", "field", "id")),
        ("MIN(val loss)", Column("MIN(val loss)", "min", "val loss")),
        ("last('a,b')", Column("last('a,b')", "last", "a,b")),
        ("metric.loss", Column("metric.loss", "last", "loss")),
        ('param."a \\"b\\""', Column('param."a \\"b\\""', "param", 'a "b"')),
        ("tag.a.b", Column("tag.a.b", "tag", "a.b")),
    ],
)
def test_columns_are_written_as_in_a_query(text: str, column: Column) -> None:
    assert parse_column(text) == column


def test_commas_in_quotes_belong_to_the_key() -> None:
    columns = parse_columns('name,, last(\'a,b\') ,param."c,\\"d"')

    assert [(column.kind, column.key) for column in columns] == [("field", "name"), ("last", "a,b"), ("param", 'c,"d')]


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("last(val_loss) < 3.28 and not tag.state = broken", ["last(val_loss)", "tag.state"]),
        ("Param.lr in (1, 2) or param.'a b' exists or param.lr > 3", ["Param.lr", "param.'a b'", "param.lr"]),
        ('"last(loss)" or notes matches "tag.x" and min("a(b)") > 0', ['min("a(b)")']),
        ("descendant_of(fineweb:2) and status = FINISHED", []),
        ("last(", []),
    ],
)
def test_what_a_query_asks_about_is_shown(query: str, titles: list[str]) -> None:
    assert [column.title for column in find_columns(query)] == titles


def test_only_what_the_columns_show_is_asked_for() -> None:
    columns = parse_columns("name,experiment,last(a),min(a),count(b),tag.x,tag.y")

    assert write_selection(columns) == (
        'name experiment { name } metrics(keys: ["a","b"]) { key last { value } min { value } count } '
        'tags(keys: ["x","y"]) { key value }'
    )


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("created desc", {"field": "CREATED_AT", "direction": "DESC"}),
        ("Name", {"field": "NAME", "direction": "ASC"}),
        ("best(val loss) DESC", {"metric": {"key": "val loss", "of": "BEST"}, "direction": "DESC"}),
        ("tag.state asc", {"tag": "state", "direction": "ASC"}),
        ("param.desc", {"param": "desc", "direction": "ASC"}),
    ],
)
def test_an_order_may_be_turned_around(text: str, order: dict[str, Any]) -> None:
    assert parse_order(text)[1] == order


@pytest.mark.parametrize(("text", "told"), [("host,lr", "'lr' is no column"), ("", "'' is no column")])
def test_a_word_that_is_no_column_is_refused(text: str, told: str) -> None:
    with pytest.raises(WhenceError, match=told):
        parse_column(text.split(",")[-1])


def test_runs_cannot_be_ordered_by_everything() -> None:
    with pytest.raises(WhenceError, match="cannot be ordered by description"):
        parse_order("description desc")
