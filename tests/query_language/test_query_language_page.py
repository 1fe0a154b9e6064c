"""Every example of the page about the query language does what the page says."""

from __future__ import annotations

import re
import shlex
from itertools import pairwise
from pathlib import Path

import pytest

from domain.errors import InvalidQuery
from domain.filters import Field, Statistic
from domain.runs import RunStatus
from search.language import print_query
from search.language.quoting import KEYWORDS
from tests.graphql.asking import Client
from tests.graphql.documents import read_operation
from tests.query_language.trees import read
from whence.run_table.columns import parse_columns, parse_order

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "query-language.md").read_text(encoding="utf-8")


def read_fences(language: str) -> list[str]:
    """Return the lines of the fenced blocks of one language."""
    blocks = re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


EXAMPLES = read_fences("query")
SEARCHES = read_fences("search")
COMMANDS = [shlex.split(line) for line in read_fences("sh")]
MISTAKES = re.findall(r"^\| `(.+?)` \| (line \d+.+?) \|$", PAGE, re.MULTILINE)


@pytest.mark.parametrize("query", EXAMPLES)
async def test_an_example_runs(client: Client, query: str) -> None:
    answer = await client.ask("query($query: String) { runs(query: $query) { nodes { id } } }", {"query": query})

    assert answer == {"runs": {"nodes": []}}
    assert read(print_query(read(query))) == read(query)


@pytest.mark.parametrize("query", SEARCHES)
def test_an_example_of_words_and_ancestry_is_written_back(query: str) -> None:
    assert read(print_query(read(query))) == read(query)


@pytest.mark.parametrize("query", [query for query in SEARCHES if "_of(" not in query])
async def test_an_example_of_words_is_searched_for(client: Client, query: str) -> None:
    answer = await client.ask("query($query: String) { search(query: $query) { nodes { id } } }", {"query": query})

    assert answer == {"search": {"nodes": []}}


@pytest.mark.parametrize("asks", ["runs", "search"])
async def test_ancestry_is_a_condition_of_both(client: Client, asks: str) -> None:
    run = await client.make_run(name="below")
    await client.make_run(name="apart")
    data = {"dataset": {"namespace": "s3://data", "name": "fineweb10B", "version": "3"}}
    edge = {"kind": "USED", "source": data, "target": {"run": run}}
    await client.do(read_operation("RecordLineage"), {"input": {"edges": [edge]}})
    document = f"query($query: String) {{ {asks}(query: $query) {{ nodes {{ ... on Run {{ name }} }} }} }}"
    text = 'kind = train and descendant_of(dataset("s3://data", fineweb10B, 3))'
    answer = await client.ask(document, {"query": text})
    unknown = await client.fail(document, {"query": "ancestor_of(model(nobody))"})

    assert answer == {asks: {"nodes": [{"name": "below"}]}}
    assert (unknown["code"], unknown["path"][0]) == ("NOT_FOUND", "query")


@pytest.mark.parametrize(("query", "message"), MISTAKES)
def test_a_mistake_is_answered_as_the_page_says(query: str, message: str) -> None:
    with pytest.raises(InvalidQuery) as caught:
        read(query)

    assert caught.value.message == message


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_is_one_that_the_client_takes(command: list[str]) -> None:
    options = dict(pairwise(command))
    if len(command) > 2:
        read(command[2])
    parse_columns(options.get("--columns", ""))
    parse_order(options.get("--order", "name"))

    assert command[:2] == ["whence", "runs"]


def test_the_page_has_examples_of_every_kind() -> None:
    assert (len(EXAMPLES), len(SEARCHES), len(MISTAKES), len(COMMANDS)) == (25, 8, 8, 3)


def test_every_field_function_and_keyword_is_on_the_page() -> None:
    named = set(re.findall(r"\w+", PAGE))

    assert {field.value for field in Field} | {of.lower() for of in Statistic} | set(RunStatus) | KEYWORDS <= named


def test_every_time_of_the_page_is_one() -> None:
    (table,) = re.findall(r"^## Times\n(.+?)^```", PAGE, re.MULTILINE | re.DOTALL)
    written = re.findall(r"`([^`]+)`", "".join(line.split("|")[1] for line in table.splitlines() if "|" in line))

    assert len(written) == 9
    assert all(read(f"created >= {text}") for text in written)
