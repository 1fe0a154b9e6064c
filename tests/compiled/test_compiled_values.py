"""Whatever values objects hold, a compiled answer is graphql-core's: data, errors, paths, places."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest
from graphql import GraphQLLeafType, Undefined
from hypothesis import given as hypothesis_given
from hypothesis import strategies as st
from strawberry.schema.config import StrawberryConfig

from api.compiled.executor import CompiledExecutor
from api.scalars import SCALARS
from tests.compiled.answering import answer, is_same, make_context
from tests.compiled.odd_schema import Colour, OpenSchema, Other, Query, Soon, Stranger, Thing, schema
from tests.compiled.selections import Selections

ARGUMENTS = {"asked": "(times: 2)", "repeated": "(times: 2)"}
ODD: tuple[Any, ...] = (
    None,
    Undefined,
    "text",
    "",
    0,
    -1,
    2**31,
    2**63,
    True,
    1.5,
    2.0,
    math.nan,
    -math.inf,
    b"bytes",
    Colour.BLUE,
    "RED",
    [],
    [None],
    ["a", 1],
    [[1, None], [2**31]],
    (1, 2),
    {"a": 1},
    object(),
    ValueError("kept as a value"),
    Soon("awaited"),
    Soon(None),
    Soon(1),
    Other(name="other", size=1),
    Stranger(name="stranger"),
    datetime(2026, 11, 23, tzinfo=UTC),
    10**12,
    lambda: "called",
)
GOOD: Mapping[str, Callable[[Random, int], Any]] = {
    "name": lambda random, _: random.choice(("a", "b", "")),
    "text": lambda random, _: random.choice((None, "text")),
    "identity": lambda *_: "id",
    "flag": lambda random, _: random.random() < 0.5,
    "small": lambda random, _: random.choice((None, 0, 5)),
    "ratio": lambda random, _: random.choice((None, 0.5, 2)),
    "big": lambda *_: 2**40,
    "real": lambda random, _: random.choice((0.5, math.nan, math.inf)),
    "anything": lambda random, _: random.choice((None, "a", 1, True, math.nan, {"a": [1]}, 0.5)),
    "moment": lambda random, _: random.choice((None, datetime(2026, 11, 23, tzinfo=UTC), 10**12)),
    "colour": lambda random, _: random.choice(tuple(Colour)),
    "reals": lambda *_: [0.5, math.nan],
    "words": lambda *_: ["a", "b"],
    "table": lambda random, _: random.choice((None, [], [[1, None], []])),
    "child": lambda random, depth: make_thing(random, depth - 1) if depth else None,
    "required_child": lambda random, depth: make_thing(random, depth - 1) if depth else Soon(None),
    "children": lambda random, depth: [make_thing(random, depth - 1)] if depth else [],
    "some": lambda random, depth: [None, make_thing(random, depth - 1)] if depth else None,
    "named": lambda random, depth: random.choice(
        (Other(name="o", size=None), make_thing(random, depth - 1) if depth else None)
    ),
    "either": lambda random, depth: [Other(name="o", size=2), *([make_thing(random, depth - 1)] if depth else [])],
    "friend_value": lambda random, depth: make_thing(random, depth - 1) if depth else None,
}


def make_thing(random: Random, depth: int, *, odd: float = 0.0) -> Thing:
    """Return a thing, of whose values that share is odd."""
    values = {name: random.choice(ODD) if random.random() < odd else make(random, depth) for name, make in GOOD.items()}
    return Thing(**values)


@hypothesis_given(seed=st.integers(0, 2**32))
async def test_odd_values_are_answered_as_graphql_core_answers_them(seed: int) -> None:
    random = Random(seed)
    odd = random.choice((0.0, 0.01, 0.05, 0.3))
    root = SimpleNamespace(given=[make_thing(random, 2, odd=odd) for _ in range(random.randrange(1, 4))])
    if random.random() < odd:
        root.given = random.choice(ODD)
    selections = Selections(schema._schema, random, arguments=ARGUMENTS, depth=4)
    document = selections.document(random.choice(("things", "thing", "either")))
    context = make_context()

    expected = await answer(schema, document, context, compiled=False, root=root)
    assert all(path is not None for _, path, _, _ in expected[1]), "not the document itself is wrong"
    for _ in range(2):  # the second time by what the first has compiled
        given = await answer(schema, document, context, compiled=True, root=root)
        await asyncio.sleep(0)  # what graphql-core lets go on in the background, once an answer is lost
        assert is_same(given, expected), document


EXACT = {
    "a resolver that fails": "{ things { name asked(times: 3) } }",
    "a batch that fails": "{ things { name repeated(times: 3) } }",
    "an argument that a variable lacks": "query($times: Int) { things { repeated(times: $times) } }",
    "a directive": "query($no: Boolean!) { things { name text @include(if: $no) } }",
}


@pytest.mark.parametrize("name", EXACT)
async def test_what_cannot_be_compiled_is_answered_all_the_same(name: str) -> None:
    root = SimpleNamespace(given=[make_thing(Random(1), 1), make_thing(Random(2), 1)])
    given = [await answer(schema, EXACT[name], make_context(), compiled=on, root=root) for on in (True, False)]

    assert given[0] == given[1]


class Unneeded(CompiledExecutor):
    """Fails where graphql-core would have to complete a leaf."""

    @staticmethod
    def complete_leaf_value(return_type: GraphQLLeafType, result: Any) -> Any:
        raise AssertionError(f"graphql-core completes a {return_type.name}")


async def test_nothing_of_an_ordinary_answer_is_left_to_graphql_core() -> None:
    whole = OpenSchema(
        query=Query, config=StrawberryConfig(scalar_map=SCALARS), execution_context_class=Unneeded, types=[Stranger]
    )
    document = """
      { things { ...Values later asked(times: 2) repeated(times: 2) friend { ...Values } friends { name }
          children { ...Values some { name friend { name } } } named { name ... on Other { size } }
          either { __typename ... on Thing { shouted later } ... on Other { size } } } }
      fragment Values on Thing { name text identity flag small ratio big real anything moment colour reals words table }
    """
    root = SimpleNamespace(given=[make_thing(Random(seed), 2) for seed in range(20)])
    context = make_context()

    assert await answer(whole, document, context, compiled=True, root=root) == await answer(
        schema, document, context, compiled=False, root=root
    )
