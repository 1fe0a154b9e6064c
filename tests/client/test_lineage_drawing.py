"""`whence lineage` draws: references as they are typed, trees for the terminal, pictures whose boxes do not overlap."""

from __future__ import annotations

import io
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

import pytest
from rich.console import Console

from whence.failures import BadInput
from whence.lineage.command import tell_limits
from whence.lineage.graphs import Arrow, Graph, Node, label_link, make_graph
from whence.lineage.layout import lay_out
from whence.lineage.pictures import LONGEST, draw_picture, shorten
from whence.lineage.references import parse_reference
from whence.lineage.trees import make_tree

UUID = "019e8232-6000-71c6-8e6b-bf307be6f1ab"
GLOBAL = "EQGZv9YAAHAAgAAAAAAAAAEBmb_WAABwAIAAAAAAAAAB"


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("model:gpt2/7", {"model": {"name": "gpt2", "version": "7"}}),
        ("model:gpt2@champion", {"model": {"name": "gpt2", "alias": "champion"}}),
        ("model:team/gpt2/7", {"model": {"name": "team/gpt2", "version": "7"}}),
        ("model:gpt2", {"model": {"name": "gpt2"}}),
        ("dataset:digits/raw@1", {"dataset": {"namespace": "digits", "name": "raw", "version": "1"}}),
        ("dataset:s3://data/raw", {"dataset": {"namespace": "s3://data", "name": "raw"}}),
        (f"run:{UUID}", {"run": UUID}),
        (UUID, {"run": UUID}),
        ("s3://bucket/model.pt", {"uri": "s3://bucket/model.pt"}),
        ("sha256:" + "a" * 64, {"digest": "sha256:" + "a" * 64}),
        ("commit:0bca9b1", {"commit": {"sha": "0bca9b1"}}),
        (GLOBAL, {"id": GLOBAL}),
    ],
)
def test_a_reference_is_whatever_a_person_holds(text: str, reference: dict[str, Any]) -> None:
    assert parse_reference(text) == reference


@pytest.mark.parametrize("text", ["", "gpt2", "dataset:raw", "model:", "commit:xyz", "dataset:/raw"])
def test_what_is_no_reference_is_answered_with_the_forms(text: str) -> None:
    with pytest.raises(BadInput, match="dataset:NAMESPACE/NAME@VERSION"):
        parse_reference(text)


def graph(*pairs: tuple[str, str], label: str = "input") -> Graph:
    names = dict.fromkeys(name for pair in pairs for name in pair)
    return Graph({name: Node(name, "Run", name) for name in names}, [Arrow(*pair, label) for pair in pairs])


def draw_tree(drawn: Graph, *starts: str) -> list[str]:
    out = io.StringIO()
    Console(file=out, width=80, highlight=False).print(make_tree(drawn, starts, upstream=True))
    return [line.rstrip() for line in out.getvalue().splitlines()]


def test_a_tree_names_again_what_it_drew_already_and_says_so() -> None:
    drawn = graph(("raw", "left"), ("raw", "right"), ("left", "end"), ("right", "end"), ("before", "raw"))

    assert draw_tree(drawn, "end") == [
        "end run",
        "├── input left run",
        "│   └── input raw run",
        "│       └── input before run",
        "└── input right run",
        "    └── input raw run (see above)",
    ]


def test_a_tree_of_a_cycle_ends() -> None:
    assert draw_tree(graph(("a", "b"), ("b", "a")), "a") == [
        "a run",
        "└── input b run",
        "    └── input a run (see above)",
    ]


def test_names_with_brackets_are_text() -> None:
    drawn = Graph({"a": Node("a", "Run", "[bold]x[/bold]", deleted=True)}, [])

    assert draw_tree(drawn, "a") == ["[bold]x[/bold] run (deleted)"]


def test_a_long_chain_is_drawn_without_recursion() -> None:
    assert len(lay_out(graph(*pairwise(map(str, range(2000))))).layers) == 2000


def test_data_flows_to_the_right_and_nothing_stands_on_anything() -> None:
    drawn = graph(("a", "b"), ("b", "d"), ("a", "c"), ("c", "d"), ("a", "d"), ("e", "d"), ("d", "f"))
    layout = lay_out(drawn)
    layers = layout.layer_of

    assert all(layers[arrow.source] < layers[arrow.target] for arrow in drawn.arrows)
    assert layers["e"] == layers["d"] - 1
    assert len(layout.bends["a", "d"]) == 1
    for layer in layout.layers:
        rows = [layout.rows[item] for item in layer]
        assert all(after - before >= 0.999 for before, after in pairwise(rows))


def test_a_picture_of_a_cycle_has_every_arrow() -> None:
    picture = ElementTree.fromstring(draw_picture(graph(("a", "b"), ("b", "c"), ("c", "a"), ("a", "a")), title="t"))
    arrows = [path for path in picture.iter("{http://www.w3.org/2000/svg}path") if "marker-end" in path.attrib]

    assert len(arrows) == 4


def test_a_picture_is_well_formed_whatever_things_are_called() -> None:
    name = '<script>"&' + "x" * 60
    drawn = Graph({"a": Node("a", "ModelVersion", name, deleted=True)}, [])
    texts = [element.text for element in ElementTree.fromstring(draw_picture(drawn, title=name)).iter()]

    assert texts.count(name) == 2
    assert shorten(name) in texts
    assert len(shorten(name)) == LONGEST
    assert "model version, deleted" in texts


def test_an_answer_becomes_a_graph_without_links_that_lead_out_of_it() -> None:
    edges = [{"depth": 0, "label": "m 1", "node": {"__typename": "ModelVersion", "id": "m"}}]
    links = [{"kind": "REGISTERED_AS", "role": None, "source": {"id": "gone"}, "target": {"id": "m"}}]
    made = make_graph(edges, links)

    assert list(made.nodes.values()) == [Node("m", "ModelVersion", "m 1")]
    assert made.arrows == []


@pytest.mark.parametrize(
    ("link", "label"),
    [
        ({"kind": "USED", "role": "TRAIN", "subset": "half"}, "train (half)"),
        ({"kind": "REGISTERED_AS", "role": None}, "registered as"),
        ({"kind": "USED", "role": None}, "used"),
    ],
)
def test_an_arrow_says_its_role_else_its_kind(link: dict[str, Any], label: str) -> None:
    assert label_link(link) == label


def test_what_a_reader_must_know_is_told() -> None:
    answer = {
        "completeness": {
            "complete": False,
            "reasons": ["DEPTH"],
            "cycle": True,
            "assumptions": ["one range is unknown"],
        },
        "freshness": {"source": "GRAPH", "lagSeconds": 3.2},
    }

    assert tell_limits(answer) == [
        "this is not all of it (depth)",
        "there is a cycle in it",
        "one range is unknown",
        "the graph is 3 s behind the record",
    ]
