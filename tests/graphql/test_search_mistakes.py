"""What cannot be searched for is refused by field and place; what is only strange finds what it says, or nothing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.graphql.asking import Client, Json

SEARCH = """query($text: String, $query: String, $where: Filter, $kinds: [SearchKind!], $scope: LineageScope,
  $facets: [SearchFacet!], $orderBy: [SearchOrderBy!], $first: Int! = 20, $after: String) {
  search(text: $text, query: $query, where: $where, kinds: $kinds, scope: $scope, facets: $facets, orderBy: $orderBy,
    first: $first, after: $after) {
    totalCount { value } edges { why highlights { fragments { text marks { start end } } } } } }"""
AGGREGATE = """query($by: [GroupBy!], $measures: [MeasureInput!], $first: Int! = 10) {
  aggregate(by: $by, measures: $measures, first: $first) { buckets { count } } }"""
SUGGEST = "query($prefix: String!, $first: Int! = 8) { suggest(prefix: $prefix, first: $first) { text } }"
RUN = {"run": "01980000-0000-7000-8000-00000000abcd"}
FINITE: Json = {"metric": {"key": "loss"}, "functions": ["MEAN"]}

TEXTS: list[tuple[str, str, str, str]] = [
    ("nothing", "", "INVALID_INPUT", "no word"),
    ("blanks", "  \t ", "INVALID_INPUT", "no word"),
    ("signs alone", "& -> ...", "INVALID_INPUT", "no word"),
    ("a quote that stays open", 'loss "spike', "INVALID_INPUT", "column 6"),
    ("a parenthesis that stays open", "loss (spike", "INVALID_INPUT", "never closed"),
    ("a parenthesis that closes none", "loss) spike", "INVALID_INPUT", "closes none"),
    ("an operator alone", "or", "INVALID_INPUT", "expected a word"),
    ("an operator at the end", "loss and", "INVALID_INPUT", "column 9"),
    ("a star in front", "*oss", "INVALID_INPUT", "star"),
    ("a star inside", "lo*s", "INVALID_INPUT", "star"),
    ("a star alone", "*", "INVALID_INPUT", "star alone"),
    ("a start of one letter", "l*", "INVALID_INPUT", "too short"),
    ("a pattern of the kind that never ends", "(a+)+$*", "INVALID_INPUT", "too short"),
    ("a NUL", "loss\0spike", "INVALID_INPUT", "NUL"),
    ("65 KiB", "loss " * 14_000, "TOO_LARGE", "65536"),
    ("a thousand words", "w " * 1000, "TOO_LARGE", "500"),
    ("ten thousand words", "w " * 10_000, "TOO_LARGE", "500"),
    ("a depth of 1,000", "(" * 1000 + "loss" + ")" * 1000, "TOO_LARGE", "levels"),
    ("a word of 1 MB", "x" * (1 << 20), "TOO_LARGE", "65536"),
    ("a row of 65 parts", ".".join(f"p{n}x" for n in range(65)), "TOO_LARGE", "parts in a row"),
]


@pytest.mark.parametrize(("text", "code", "told"), [case[1:] for case in TEXTS], ids=[case[0] for case in TEXTS])
async def test_a_text_is_refused_with_its_place(client: Client, text: str, code: str, told: str) -> None:
    direct = await client.fail(SEARCH, {"text": text})
    leaf = await client.fail(SEARCH, {"where": {"text": text}})

    assert (direct["code"], direct["path"]) == (code, ["text"])
    assert (leaf["code"], leaf["path"]) == (code, ["where", "text"])
    assert told in direct["message"]


STRANGE = [
    "loss spike " * 200,
    "🔥🔥",
    "学習率 größe модель",
    "'; DROP TABLE runs; --",
    "<script>alert(1)</script>",
    r"\w+ .{1,99}",
    '{"match_all": {}}',
    "a" * 1000,
    "\u202eevil",
    "1e308 -inf NaN",
    "val_loss:<3",
    "user's don't",
]


@pytest.mark.parametrize("text", STRANGE, ids=range(len(STRANGE)))
async def test_a_strange_text_is_looked_for_as_it_is(client: Client, text: str) -> None:
    run = await client.make_run(name="plain")
    await client.do(
        "mutation($on: NodeRef!, $text: String!) { addNote(input: {on: $on, text: $text}) { __typename } }",
        {"on": {"run": run}, "text": text},
    )
    found = (await client.ask(SEARCH, {"text": text.strip()}))["search"]

    assert found["totalCount"]["value"] == 1
    (edge,) = found["edges"]
    fragments = [one for highlight in edge["highlights"] for one in highlight["fragments"]]
    assert fragments
    assert all(one["text"] in text and one["marks"] for one in fragments)
    assert all(0 <= mark["start"] < mark["end"] <= len(one["text"]) for one in fragments for mark in one["marks"])


QUESTIONS: list[tuple[str, Json, str, list[str], str]] = [
    ("an unknown field of the language", {"query": "val_loss < 3"}, "INVALID_INPUT", ["query"], "last(val_loss)"),
    ("a mistyped function", {"query": "lst(loss) < 3"}, "INVALID_INPUT", ["query"], "did you mean last"),
    ("a number that is none", {"query": "last(loss) < 3,2"}, "INVALID_INPUT", ["query"], "column 15"),
    ("kinds without one", {"kinds": []}, "INVALID_INPUT", ["kinds"], "at least one"),
    ("a page of -1", {"first": -1}, "INVALID_INPUT", ["first"], "-1"),
    ("a cursor that is none", {"after": "abc"}, "INVALID_INPUT", ["after"], "abc"),
    ("a cursor of nothing", {"after": ""}, "INVALID_INPUT", ["after"], "cursor"),
    ("a forged cursor", {"after": "record.AAAA"}, "INVALID_INPUT", ["after"], "cursor"),
    ("a cursor of another engine", {"after": "elasticsearch.AAAA"}, "CURSOR_EXPIRED", ["after"], "first page"),
    ("a scope without a side", {"scope": {"maxDepth": 1}}, "INVALID_INPUT", ["scope"], "neither"),
    ("a scope of both sides", {"scope": {"descendantsOf": [RUN], "ancestorsOf": [RUN]}},
     "INVALID_INPUT", ["scope"], "both"),
    ("a scope of no node", {"scope": {"ancestorsOf": []}}, "INVALID_INPUT", ["scope", "ancestorsOf"], "0 nodes"),
    ("a scope of 101 nodes", {"scope": {"ancestorsOf": [RUN] * 101}}, "INVALID_INPUT", ["scope", "ancestorsOf"], "101"),
    ("a scope of an unknown node", {"scope": {"ancestorsOf": [RUN]}}, "NOT_FOUND", ["scope", "ancestorsOf"], "abcd"),
    ("a scope of depth 0", {"scope": {"ancestorsOf": [RUN], "maxDepth": 0}},
     "INVALID_INPUT", ["scope", "maxDepth"], "0"),
    ("a facet without its key", {"facets": [{"dimension": "TAG"}]},
     "INVALID_INPUT", ["facets", "0", "key"], "needs a key"),
    ("a facet with a key too many", {"facets": [{"dimension": "STATUS", "key": "x"}]}, "INVALID_INPUT",
     ["facets", "0", "key"], "takes no key"),
    ("dates without an interval", {"facets": [{"dimension": "CREATED_AT"}]}, "INVALID_INPUT",
     ["facets", "0", "interval"], "needs an interval"),
    ("a zone that is none", {"facets": [{"dimension": "CREATED_AT", "interval": "DAY", "timeZone": "Mars/Olympus"}]},
     "INVALID_INPUT", ["facets", "0", "timeZone"], "Mars/Olympus"),
    ("a zone that is a path",
     {"facets": [{"dimension": "CREATED_AT", "interval": "DAY", "timeZone": "../../etc/passwd"}]},
     "INVALID_INPUT", ["facets", "0", "timeZone"], "passwd"),
    ("a facet of 201 buckets", {"facets": [{"dimension": "STATUS", "first": 201}]}, "INVALID_INPUT",
     ["facets", "0", "first"], "201"),
    ("21 facets", {"facets": [{"dimension": "STATUS"}] * 21}, "TOO_LARGE", ["facets"], "21"),
    ("an order of nothing", {"orderBy": [{"direction": "ASC"}]}, "INVALID_INPUT", ["orderBy", "0"], "none"),
    ("an order of two things", {"orderBy": [{"tag": "a", "param": "b"}]},
     "INVALID_INPUT", ["orderBy", "0"], "param, tag"),
    ("nine keys of an order", {"orderBy": [{"tag": f"t{n}"} for n in range(9)]}, "TOO_LARGE", ["orderBy"], "9"),
    ("NaN as a bound of a metric between", {"where": {"metric": {"key": "loss", "is": {"between": [1]}}}},
     "INVALID_INPUT",
     ["where", "metric", "is", "between"], "two"),
    ("501 leaves", {"where": {"or": [{"param": {"key": f"p{n}", "is": {"eq": n}}} for n in range(501)]}}, "TOO_LARGE",
     ["where"], "501"),
    ("a bound that no number reaches", {"where": {"param": {"key": "lr", "is": {"gt": 10**400}}}}, "INVALID_INPUT",
     ["where", "param", "is", "gt"], "double"),
    ("an empty key", {"where": {"param": {"key": "", "is": {"eq": 1}}}}, "INVALID_INPUT", ["where", "param"], "''"),
    ("a key of 501 characters", {"where": {"tag": {"key": "k" * 501, "is": {"eq": "x"}}}},
     "TOO_LARGE", ["where", "tag"],
     "501"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "code", "path", "told"), [case[1:] for case in QUESTIONS], ids=[case[0] for case in QUESTIONS]
)
async def test_a_question_is_refused_by_its_field(
    client: Client, asked: Json, code: str, path: list[str], told: str
) -> None:
    failure = await client.fail(SEARCH, asked)

    assert (failure["code"], failure["path"][: len(path)]) == (code, path)
    assert told in failure["message"]


@pytest.mark.parametrize(
    "where",
    [
        {"param": {"key": "nobody.used.it", "is": {"gt": 1}}},
        {"param": {"key": "lr", "is": {"gt": 10**300}}},
        {"param": {"key": "lr", "is": {"lt": -(2**63)}}},
        {"metric": {"key": "loss", "is": {"eq": "NaN"}}},
        {"metric": {"key": "loss", "is": {"gt": "Infinity"}}},
        {"metric": {"key": "loss", "is": {"gt": 1e308}}},
        {"tag": {"key": "🔥", "is": {"eq": "学習"}}},
        {"tag": {"key": "a.b*[c]", "is": {"matches": "x"}}},
        {"and": []},
        {"or": []},
        {"not": {"and": []}},
        {"name": {"in": []}},
    ],
    ids=str,
)
async def test_what_is_only_strange_finds_nothing_or_what_it_says(client: Client, where: Json) -> None:
    await client.make_run(name="plain", params={"lr": 0.1})
    found = (await client.ask(SEARCH, {"where": where, "kinds": ["RUN"]}))["search"]

    assert found["totalCount"]["value"] == int(where == {"and": []})


@pytest.mark.parametrize(
    ("document", "variables", "code", "path"),
    [
        (SUGGEST, {"prefix": "x" * 501}, "TOO_LARGE", ["prefix"]),
        (SUGGEST, {"prefix": "a\0"}, "INVALID_INPUT", ["prefix"]),
        (SUGGEST, {"prefix": "a", "first": 101}, "TOO_LARGE", ["first"]),
        ("{ search(first: 1001) { totalCount { value } } }", {}, "TOO_LARGE", ["first"]),
        (AGGREGATE, {"by": [{"tag": f"t{n}"} for n in range(5)]}, "TOO_LARGE", ["by"]),
        (AGGREGATE, {"by": [{"tag": "t"}, {"tag": "t"}]}, "INVALID_INPUT", ["by"]),
        (AGGREGATE, {"by": [{"tag": ""}]}, "INVALID_INPUT", ["by", "0"]),
        (AGGREGATE, {"by": [{"field": "TAG"}]}, "INVALID_INPUT", ["by", "0", "key"]),
        (AGGREGATE, {"measures": [FINITE] * 21}, "TOO_LARGE", ["measures"]),
        (AGGREGATE, {"measures": [{**FINITE, "metric": {"key": ""}}]}, "INVALID_INPUT", ["measures", "0", "key"]),
        (AGGREGATE, {"first": 0}, "INVALID_INPUT", ["first"]),
        (AGGREGATE, {"first": 1001}, "INVALID_INPUT", ["first"]),
    ],
    ids=range(12),
)
async def test_pages_suggestions_and_aggregates_are_refused_by_their_field(
    client: Client, document: str, variables: Json, code: str, path: list[str]
) -> None:
    failure = await client.fail(document, variables)

    assert (failure["code"], failure["path"]) == (code, path)


@pytest.mark.parametrize("prefix", ["", " ", "🔥", "%_", "'", "\\", "学習"])
async def test_a_strange_prefix_suggests_nothing(client: Client, prefix: str) -> None:
    await client.make_run(name="plain", params={"lr": 0.1})
    found: Any = (await client.ask(SUGGEST, {"prefix": prefix}))["suggest"]

    assert found == []


async def test_a_word_that_stands_ten_thousand_times_is_shown_in_three_pieces(client: Client) -> None:
    run = await client.make_run(name="plain")
    document = "mutation($on: NodeRef!, $text: String!) { addNote(input: {on: $on, text: $text}) { __typename } }"
    await client.do(document, {"on": {"run": run}, "text": "spike " * 10_000})
    (edge,) = (await client.ask(SEARCH, {"text": "spikes"}))["search"]["edges"]
    ((highlight),) = edge["highlights"]

    assert len(highlight["fragments"]) == 3
    assert edge["why"] == ["spikes stands in its text (in another form)"]
