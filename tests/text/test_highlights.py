"""Marks are offsets in code points of the text as it was written."""

from domain.filters import TextLeaf, iterate_leaves
from domain.text.analysis import analyse
from domain.text.highlights import FRAGMENT_LENGTH, FRAGMENTS, Fragment, Mark, find_marks, make_fragments
from domain.text.parsing import parse_text
from domain.text.terms import Term


def terms(query: str) -> list[Term]:
    return [leaf.term for leaf in iterate_leaves(parse_text(query)) if isinstance(leaf, TextLeaf)]


def marked(query: str, text: str) -> list[str]:
    return [text[mark.start : mark.end] for mark in find_marks(analyse(text), terms(query))]


def test_words_phrases_prefixes_and_stems_are_marked() -> None:
    text = "🔥 val_loss rose; learning-rate was 3e-4, losses of the val data"

    assert marked("val_loss", text) == ["val_loss"]
    assert marked("valloss", text) == ["val_loss"]
    assert marked("loss", text) == ["loss", "losses"]
    assert marked('"learning rate"', text) == ["learning-rate"]
    assert marked("lear*", text) == ["learning"]
    assert marked("learned 3e-4 🔥", text) == ["🔥", "learning", "3e-4"]


def test_marks_that_overlap_are_one() -> None:
    assert marked("学習率", "この学習率は") == ["学習率"]
    assert marked('"a b" "b c"', "a b c") == ["a b c"]


def test_nothing_is_ever_html() -> None:
    fragments = make_fragments("<b>loss</b> & <script>", terms("loss"))

    assert fragments == (Fragment("<b>loss</b> & <script>", (Mark(3, 7),)),)


def test_a_long_text_gives_the_fragments_with_most_marks_in_their_order() -> None:
    filler = "word " * 100
    text = f"{filler}loss {filler}loss loss {filler}loss loss loss {filler}loss loss {filler}"
    fragments = make_fragments(text, terms("loss"))

    assert len(fragments) == FRAGMENTS
    assert [len(fragment.marks) for fragment in fragments] == [2, 3, 2]
    for fragment in fragments:
        assert len(fragment.text) <= FRAGMENT_LENGTH
        assert {fragment.text[mark.start : mark.end] for mark in fragment.marks} == {"loss"}
        assert fragment.text in text


def test_a_text_without_the_words_has_no_fragment() -> None:
    assert make_fragments("nothing here", terms("loss")) == ()
