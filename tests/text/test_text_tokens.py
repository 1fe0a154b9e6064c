"""Tokens have a place in the text as it was written, a length that every engine takes, and come in linear time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidInput, InvalidQuery, TooLarge
from domain.text.analysis import analyse
from domain.text.fields import make_tokens
from domain.text.parsing import parse_text
from domain.text.terms import Term
from tests.text.asking import matches

MIXED = "aZ_-.9 ß'’/@+e\u0301ｶﾞ学習🔥\u200d👍🏽\ufe0f\u00ad½İ٣\u0301\u3000"


def test_wholes_parts_and_stems_stand_where_they_were_written() -> None:
    found = analyse("The val_loss, learning")

    assert [tuple(token) for token in found.wholes] == [
        ("the", 0, 0, 3),
        ("valloss", 1, 4, 12),
        ("learning", 3, 14, 22),
    ]
    assert [tuple(token) for token in found.parts] == [
        ("the", 0, 0, 3),
        ("val", 1, 4, 7),
        ("loss", 2, 8, 12),
        ("learning", 3, 14, 22),
    ]
    assert [tuple(token) for token in found.stems] == [
        ("the", 0, 0, 3),
        ("val", 1, 4, 7),
        ("loss", 2, 8, 12),
        ("learn", 3, 14, 22),
    ]


def test_places_count_in_the_text_as_given_though_folding_changes_lengths() -> None:
    found = analyse("Ａ ｶﾞﾗｽ ﬁne ½")

    assert [(token.text, token.start, token.end) for token in found.parts] == [
        ("a", 0, 1),
        ("ガラ", 2, 5),
        ("ラス", 4, 6),
        ("fine", 7, 10),
        ("1", 11, 12),
        ("2", 11, 12),
    ]


def test_bigrams_of_characters_and_emoji_alone() -> None:
    assert make_tokens("学習率 🔥x").parts == ("学習", "習率", "🔥", "x")
    assert make_tokens("学習率 🔥x").any == ("=学", "=率", "=習")


@pytest.mark.parametrize(
    ("text", "inner"),
    [
        ("torch.nn.LayerNorm", {"layernorm"}),
        ("ResNet50.forward()", {"resnet50", "resnet"}),
        ("ResNet50", {"resnet"}),
        ("my_LayerNorm2d-v2", {"layernorm2d", "layernorm"}),
        ("valLoss", set()),
        ("train_gpt2.yaml", set()),
        ("v1.2.3", set()),
    ],
)
def test_what_camel_case_cuts_is_a_whole_within_its_word_too(text: str, inner: set[str]) -> None:
    found = analyse(text)

    assert {token.text for token in found.inner} == inner
    assert all(text[token.start : token.end].casefold() == token.text for token in found.inner)
    assert all(matches(name, text) for name in inner)
    assert matches(text, text)
    assert matches(text.lower(), text)


def test_a_whole_that_is_a_part_stands_once() -> None:
    assert make_tokens("fine-tuning fine").any == ("=finetuning", "~fine", "~tune")


@pytest.mark.parametrize("text", ["", " ", "_", "-> & …", "\u00a8", "\u200d\ufe0f"])
def test_what_says_nothing_has_no_token(text: str) -> None:
    assert not make_tokens(text)


def test_a_token_is_never_longer_than_two_hundred_bytes_and_long_words_stay_apart() -> None:
    long = "x" * 1_000_000
    for text in (long, "ж" * 1000, "a." * 300 + "a"):
        tokens = make_tokens(text)
        assert max(len(token.encode()) for token in (*tokens.parts, *tokens.any)) <= 201

    assert matches("x" * 1000, "x" * 1000)
    assert not matches("x" * 1000, "x" * 1001)


@pytest.mark.parametrize(
    "text",
    ["1.1" * 100_000, "1 " * 150_000, "a_" * 150_000, "aB" * 150_000, "+1" * 150_000, "学" * 300_000,
     "e\u0301" * 150_000, "1" * 300_000 + "x", "1.1e" * 75_000, "👩\u200d" * 100_000,
     "'" * 300_000, "a/" * 150_000, "\u0301" * 300_000],
)  # fmt: skip
def test_the_longest_texts_are_analysed_at_once(text: str) -> None:
    found = analyse(text)

    assert all(token.start < token.end <= len(text) for token in found.parts)


@given(st.text(alphabet=MIXED, max_size=30) | st.text(max_size=30))
def test_every_token_has_a_place_and_no_blank(text: str) -> None:
    found = analyse(text)
    tokens = make_tokens(text)

    assert [token.position for token in found.parts] == list(range(len(found.parts)))
    assert tuple(token.text for token in found.parts) == tokens.parts
    for token in (*found.wholes, *found.parts, *found.stems, *found.inner):
        assert 0 <= token.start < token.end <= len(text)
        assert token.text == "".join(token.text.split())
        assert token.text
    starts = [token.start for token in found.parts]
    assert starts == sorted(starts)


@given(st.text(alphabet=MIXED, max_size=12), st.text(alphabet=MIXED, max_size=12))
def test_a_text_is_its_chunks_one_after_the_other(left: str, right: str) -> None:
    assert make_tokens(f"{left} {right}").parts == make_tokens(left).parts + make_tokens(right).parts


@given(st.text(alphabet=MIXED, min_size=1, max_size=12))
def test_a_word_finds_itself(word: str) -> None:
    for typed in word.split():
        if term := Term(typed):
            assert matches(f'"{typed}"', f"before {typed} after")
            assert term.parts


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ('loss "spike', 6),
        ("(loss", 1),
        ("loss)", 5),
        ("loss (spike or", 15),
        ("or loss", 1),
        ("not", 4),
        ("*loss", 1),
        ("lo*s", 1),
        ("a b*", 3),
        ('"lo* s"', 1),
        ("x *", 3),
        ("& ->", 1),
        ("", 1),
        ("a\0", 2),
        ("((((", 5),
    ],
)
def test_a_mistake_is_answered_with_its_column(text: str, column: int) -> None:
    with pytest.raises(InvalidQuery) as caught:
        parse_text(text)

    assert caught.value.column == column


@pytest.mark.parametrize(
    "text",
    ["x " * 10_000, "(" * 1000 + "x" + ")" * 1000, "not " * 1000 + "x", "x" * 70_000, ".".join("a" * 65),
     "ж" * 250 + "*"],
)  # fmt: skip
def test_what_is_too_large_is_said_to_be(text: str) -> None:
    with pytest.raises(TooLarge):
        parse_text(text)


def test_lone_surrogates_and_control_characters_are_no_harm() -> None:
    assert matches("loss", "a\ud800b loss\x01\x1b")
    with pytest.raises(InvalidInput):
        parse_text("\x01\x02")
