"""Exports: PROV-JSON that the `prov` library reads and finds complete, and DOT, written by hand for a small answer."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from prov.model import ProvActivity, ProvDocument, ProvEntity

from domain.ids import NodeKey
from domain.lineage.dot import make_dot, quote
from domain.lineage.kinds import EdgeKind, Origin
from domain.lineage.prov import RELATIONS, make_prov
from domain.lineage.roles import Role
from domain.lineage.showing import Shown
from tests.lineage.sketches import Sketch

STARTED = datetime(2026, 11, 1, 12, tzinfo=UTC)


def show(key: NodeKey, label: str, *, deleted: bool = False, **attributes: object) -> Shown:
    return Shown(key=key, id=f"{key.kind.name}-{key.uuid.hex[:6]}", label=label, deleted=deleted, attributes=attributes)


def draw() -> tuple[list[Shown], Sketch]:
    sketch = Sketch()
    data, run, model = sketch.data("train"), sketch.run("training"), sketch.file("model")
    sketch.used(data, run, Role.TRAIN, subset="half")
    sketch.generated(run, model)
    nodes = [
        show(data, 'raw "1"', digest="sha256:ab"),
        show(run, "training", deleted=True, started_at=STARTED),
        show(model, "s3://b/model"),
    ]
    return nodes, sketch


def test_versions_are_entities_runs_are_activities_and_edges_are_relations() -> None:
    nodes, sketch = draw()
    document = ProvDocument.deserialize(content=json.dumps(make_prov(nodes, sketch.links)), format="json")
    kinds = [type(record).__name__ for record in document.get_records()]

    assert sorted(kinds) == ["ProvActivity", "ProvEntity", "ProvEntity", "ProvGeneration", "ProvUsage"]
    (activity,) = document.get_records(ProvActivity)
    assert isinstance(activity, ProvActivity)
    assert activity.get_startTime() == STARTED
    assert {str(record.label) for record in document.get_records(ProvEntity)} == {'raw "1"', "s3://b/model"}


def test_every_kind_of_edge_becomes_a_relation_that_the_library_knows() -> None:
    for kind in EdgeKind:
        sketch = Sketch()
        activity = kind in (EdgeKind.CONTINUED_AS, EdgeKind.MEASURED_IN, EdgeKind.CALLED)
        source = sketch.run("one") if activity or kind is EdgeKind.GENERATED else sketch.data("one")
        ends_in_run = activity or kind in (EdgeKind.USED, EdgeKind.RAN_CODE, EdgeKind.RAN_IN)
        target = sketch.run("two") if ends_in_run else sketch.data("two")
        sketch.draw(kind, source, target, origin=Origin.INFERRED)
        made = make_prov([show(source, "one"), show(target, "two")], sketch.links)
        document = ProvDocument.deserialize(content=json.dumps(made), format="json")

        assert len(made[RELATIONS[kind][0]]) == 1
        assert len(list(document.get_records())) == 3, kind


def test_a_revision_says_so() -> None:
    sketch = Sketch()
    sketch.draw(EdgeKind.REVISION_OF, sketch.data("one"), sketch.data("two"))
    made = make_prov([show(sketch.data("one"), "one"), show(sketch.data("two"), "two")], sketch.links)

    provn = ProvDocument.deserialize(content=json.dumps(made), format="json").get_provn()

    assert "prov:type='prov:Revision'" in provn


def test_links_that_lead_out_of_the_answer_are_left_out() -> None:
    nodes, sketch = draw()

    assert "used" not in make_prov(nodes[1:], sketch.links)
    assert "->" not in make_dot(nodes[:1], sketch.links)


def test_dot_says_roles_and_subsets_and_draws_what_was_deleted_dashed() -> None:
    nodes, sketch = draw()
    lines = [line.strip() for line in make_dot(nodes, sketch.links).splitlines()]

    assert lines[0] == "digraph lineage {"
    assert 'n0 [label="raw \\"1\\"", tooltip="dataset version", shape=cylinder];' in lines
    assert 'n1 [label="training", tooltip="run", shape=box, style=dashed];' in lines
    assert 'n0 -> n1 [label="train (half)"];' in lines
    assert 'n1 -> n2 [label="output"];' in lines


def test_nothing_in_a_label_ends_it() -> None:
    assert quote('a"b\\c\nd') == '"a\\"b\\\\c d"'
