"""The command `whence search`: what it asks for, and how it prints what it is given."""

from __future__ import annotations

import argparse
import io
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from tests.project.checkout import ROOT, read
from tests.servers.service_process import clean_environment, run_service_process
from whence.failures import BadInput
from whence.searching.command import add_command, make_question
from whence.searching.facets import parse_facet
from whence.searching.printing import print_table, tell_limits
from whence.searching.reading import Found

RUNS: list[dict[str, Any]] = [
    {"kind": "run", "id": f"019b2f00-0000-7000-8000-00000000000{n}", "experiment": "track", "name": name,
     "startedAt": f"2026-11-2{n}T10:00:00.250Z", "params": {"lr": lr}, "tags": {"state": state},
     "notes": [{"text": text}]}
    for n, (name, lr, state, text) in enumerate([
        ("seed one", 0.02, "good", "The loss spiked\nafter warmup."),
        ("seed two", 0.2, "broken", "A loss spike; \x1b[31mred\x1b[0m letters."),
        ("third", 1, "good", "Nothing of note."),
    ])
]  # fmt: skip


def found(*edges: dict[str, Any], **said: Any) -> Found:
    answer: dict[str, Any] = {
        "totalCount": {"value": len(edges), "exact": True}, "facets": [], "didYouMean": None,
        "completeness": {"complete": True, "reasons": []}, "freshness": {"source": "RECORD", "lagSeconds": 0.0},
    }  # fmt: skip
    return Found(list(edges), {**answer, **said})


def note(text: str, *marks: tuple[int, int], on: str = "seed one") -> dict[str, Any]:
    run = {"__typename": "Run", "run": on, "number": 1, "experiment": {"name": "track"}}
    fragments = [{"text": text, "marks": [{"start": start, "end": end} for start, end in marks]}]
    highlights = [{"field": "TEXT", "key": None, "fragments": fragments}] if marks else []
    return {"score": 1.0, "why": [], "highlights": highlights,
            "node": {"__typename": "Note", "id": "x", "text": text, "on": run}}  # fmt: skip


def draw(answer: Found, *, width: int) -> str:
    out = io.StringIO()
    print_table(answer, console=Console(file=out, width=width, force_terminal=True, color_system="standard"))
    return out.getvalue()


async def test_a_real_service_is_searched_by_words_query_kind_and_facets(database_url: str, tmp_path: Path) -> None:
    file = tmp_path / "runs.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in RUNS))
    with run_service_process(database_url, tmp_path) as service:

        def whence(*arguments: str) -> tuple[int, list[str], str]:
            command = [sys.executable, "-m", "whence.command_line", "--url", service.url, *arguments]
            done = subprocess.run(command, capture_output=True, text=True, env=clean_environment(), check=False)
            return done.returncode, done.stdout.splitlines(), done.stderr

        imported = whence("import", str(file))
        notes = whence("search", "loss", "spike", "--kind", "note", "--order", "name")
        narrow = whence(
            "search", "loss", "--where", "param.lr < 0.1", "--facet", "tag.state", "--facet", "created:year"
        )
        as_json = whence("search", '"loss spike"', "--json", "--facet", "tag.state")
        every = whence("search", "--kind", "run", "--order", "name desc", "--first", "2")
        nothing = whence("search", "warmupp")
        mistaken = whence("search", "(loss")
        unknown = whence("search", "loss", "--facet", "colour")

    assert imported[0] == 0, imported
    assert notes[0] == 0
    assert [line.split("\t")[0::2] for line in notes[1]] == [["note", "seed one"], ["note", "seed two"]]
    assert [line.split("\t")[3] for line in notes[1]] == [
        "The loss spiked after warmup.",
        r"A loss spike; \x1b[31mred\x1b[0m letters.",
    ]
    assert narrow[1][1:] == ["tag.state: good 1", f"created:year: {narrow[1][2].split(': ')[1]}"]
    assert narrow[1][2].endswith("-01-01T00:00:00Z 1")
    hit, facet = map(json.loads, as_json[1])
    assert hit["highlights"][0]["fragments"][0]["marks"] == [{"start": 2, "end": 12}]
    assert hit["node"]["on"]["run"] == "seed two"
    assert facet == {"facet": "tag.state", "buckets": [{"value": "broken", "count": 1}], "other": 0, "missing": 0,
                     "exact": True}  # fmt: skip
    assert [line.split("\t")[2] for line in every[1]] == ["third", "seed two"]
    assert nothing[:2] == (0, [])
    assert (mistaken[0], "never closed" in mistaken[2]) == (1, True)
    assert (unknown[0], "'colour' is no facet" in unknown[2]) == (4, True)


def test_the_commands_of_the_guide_are_taken() -> None:
    (block,) = re.findall(r"^```sh\n(.*?)^```", read(ROOT / "docs" / "search.md"), re.MULTILINE | re.DOTALL)
    parser = argparse.ArgumentParser()
    add_command(parser.add_subparsers())
    questions = []
    for line in block.splitlines():
        args = parser.parse_args(shlex.split(line)[1:])
        questions.append(make_question(args, [parse_facet(text) for text in args.facet]))

    assert [question["text"] for question in questions] == ["loss spike", '"momentum cooldown"', "train or evaluate"]
    assert questions[1]["kinds"] == ["NOTE"]
    assert questions[2]["orderBy"] == [{"field": "CREATED_AT", "direction": "DESC"}]
    assert questions[2]["scope"] == {
        "descendantsOf": [{"dataset": {"namespace": "digits", "name": "raw", "version": "1"}}]
    }


def test_marks_are_in_colour_and_the_table_is_no_wider_than_the_terminal() -> None:
    text = "word " * 20 + "and then the loss spike came"
    drawn = draw(found(note(text, (113, 117), (118, 123)), note("nothing marked")), width=80)
    plain = draw(found(note(text, (113, 117))), width=40)

    assert "\x1b[1;33mloss\x1b[0m" in drawn
    assert _strip(drawn).splitlines()[0].startswith("note        seed one  ... ")
    assert "... " in drawn
    assert "nothing marked" in drawn
    assert drawn.splitlines()[-1] == "2 of 2 hits"
    for shown, width in ((drawn, 80), (plain, 40)):
        assert max(len(_strip(line)) for line in shown.splitlines()) <= width


def test_what_a_text_says_never_moves_the_cursor() -> None:
    drawn = draw(found(note("\x1b[2Jgone\u202e", (0, 3), on="a\nb")), width=60)

    assert "\x1b[2J" not in drawn
    assert "\u202e" not in drawn
    assert r"\x1b[2J" in _strip(drawn)


def test_a_reader_is_told_of_typos_cuts_and_lag() -> None:
    said = found(
        didYouMean="warmup",
        completeness={"complete": False, "reasons": ["SCOPE_CUT"]},
        freshness={"source": "INDEX", "lagSeconds": 3.6},
    )

    assert tell_limits(found()) == []
    assert tell_limits(said) == [
        "did you mean: warmup",
        "this may not be all of it (scope cut)",
        "the index is 4 s behind the record",
    ]


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        ("tag.track", {"dimension": "TAG", "key": "track"}),
        ('param."a.b"', {"dimension": "PARAM", "key": "a.b"}),
        ("created_by", {"dimension": "CREATED_BY"}),
        ("createdBy", {"dimension": "CREATED_BY"}),
        ("created", {"dimension": "CREATED_AT", "interval": "MONTH"}),
        ("endedAt:day", {"dimension": "ENDED_AT", "interval": "DAY"}),
    ],
)
def test_facets_are_written_as_queries_name_dimensions(text: str, variables: dict[str, str]) -> None:
    assert parse_facet(text).variables == variables


@pytest.mark.parametrize("text", ["", "colour", "tag.", "created:fortnight", "status:month"])
def test_what_is_no_facet_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="is no facet"):
        parse_facet(text)


def _strip(text: str) -> str:
    """Return drawn text without the colours."""
    return re.sub(r"\x1b\[[0-9;]*m", "", text)
