"""What the demo says of recipes that started from others stands in the notes, word for word."""

from collections import Counter
from itertools import chain
from typing import Any

import pytest

from demo.ancestry import Ancestor, Quote, read_ancestors
from demo.lines import Demo
from demo.recipes import Place
from tests.demo.published import FOLDER

ANCESTORS = read_ancestors()


def squeeze(text: str) -> str:
    """Return the text with every break and row of spaces as one space: notes are wrapped, sentences are not."""
    return " ".join(text.split())


def read_note(path: str) -> str:
    return (FOLDER / "notes" / path.replace("/", "__")).read_text(encoding="utf-8")


@pytest.mark.parametrize("ancestor", ANCESTORS, ids=lambda each: f"{each.recipe}<-{each.from_}")
def test_each_quoted_sentence_stands_in_the_named_file(ancestor: Ancestor) -> None:
    quotes: list[Quote] = [*ancestor.evidence, *ancestor.names]

    assert ancestor.evidence
    assert [quote for quote in quotes if squeeze(quote.sentence) not in squeeze(read_note(quote.file))] == []


def test_what_a_recipe_replaced_is_in_the_words_of_its_evidence() -> None:
    wrong = [
        ancestor.replaced
        for ancestor in ANCESTORS
        if ancestor.replaced is not None
        and not any(squeeze(ancestor.replaced) in squeeze(quote.sentence) for quote in ancestor.evidence)
    ]

    assert wrong == []


def test_both_recipes_are_in_the_demo_and_no_pair_is_told_twice() -> None:
    known = {line["name"]: line for line in _recipes()}
    pairs = Counter((ancestor.child, ancestor.parent) for ancestor in ANCESTORS)

    assert [place for place in chain.from_iterable(pairs) if _find(known, place) is None] == []
    assert [pair for pair, count in pairs.items() if count > 1] == []


def test_nothing_started_from_itself() -> None:
    parents: dict[Place, set[Place]] = {}
    for ancestor in ANCESTORS:
        parents.setdefault(ancestor.child, set()).add(ancestor.parent)

    def ancestry(place: Place) -> set[Place]:
        found: set[Place] = set()
        waiting = [place]
        while waiting:
            new = parents.get(waiting.pop(), set()) - found
            found |= new
            waiting += new
        return found

    assert [place for place in parents if place in ancestry(place)] == []


def test_the_latest_record_of_track_three_goes_back_to_result_nine() -> None:
    """Read by hand, from #46 down the column of descriptions: 46, 45, 44, 41, 40, 30, 29, 20, 16, 14, 11, 9."""
    bases = {
        ancestor.child: ancestor.parent
        for ancestor in ANCESTORS
        if ancestor.how == "base" and "track_3_optimization/README.md" in {quote.file for quote in ancestor.evidence}
    }
    place: Place | None = Place("track_3_optimization", ("20260619_cwd_rowfloor_tailema",))
    chain_: list[str] = []
    while place is not None:
        chain_.append(place.name)
        place = bases.get(place)

    assert chain_ == [
        "20260619_cwd_rowfloor_tailema",
        "20260611_tailema_2720_submission",
        "20260609_soap_f1_auxb2_clean",
        "20260523_circuit_muon",
        "20260522_ema_nesterov_aurora_proj",
        "20260514_aurora_proj_pruned_extended_contra",
        "20260511_dampen_radial_gradient_component",
        "20260509_contra_soft_muon",
        "20260506_trustlight",
        "20260504_contra_muon_mlp_soapish",
        "20260501_contra_muon",
        "20260501_skylight001",
    ]


def _recipes() -> list[dict[str, Any]]:
    return [line for line in Demo().lines() if line.get("runKind") == "GROUP"]


def _find(known: dict[str, dict[str, Any]], place: Place) -> dict[str, Any] | None:
    line = known.get(place.name)
    return line if line is not None and line["experiment"] == place.track else None
