"""A long text in pieces: every word and phrase stands whole in one of them, within what Postgres keeps."""

import itertools
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.text.fields import make_tokens
from domain.text.pieces import BYTES, OCCURRENCES, OVERLAP, POSITIONS, make_pieces, make_value_tokens
from domain.text.similarity import find_nearest, group_nearest, make_grams, measure_distance, rank_name

LONG = [
    "loss " * 10_000,
    " ".join(f"word{n}" for n in range(20_000)),
    "a " * 300_000,
    "x" * 1_000_000,
    " ".join(f"{n:0200d}x" for n in range(4000)),
    "学習率" * 20_000,
    "val_loss " * 3000,
]


@pytest.mark.parametrize("text", LONG)
def test_no_piece_goes_beyond_what_postgres_keeps(text: str) -> None:
    for piece in make_pieces(text):
        assert len(piece.parts) <= POSITIONS
        assert max(Counter(piece.parts).values()) <= OCCURRENCES
        assert sum(len(term.encode()) for term in (*piece.any, *piece.parts)) <= BYTES + 1000


@pytest.mark.parametrize("text", LONG)
def test_pieces_overlap_by_the_longest_phrase_and_lose_nothing(text: str) -> None:
    whole, pieces = make_tokens(text), make_pieces(text)
    joined = list(pieces[0].parts)
    for before, piece in itertools.pairwise(pieces):
        assert before.parts[-OVERLAP:] == piece.parts[:OVERLAP]
        joined += piece.parts[OVERLAP:]

    assert tuple(joined) == whole.parts
    assert set(whole.any) <= {term for piece in pieces for term in piece.any}


@given(st.text(max_size=100))
def test_a_short_text_is_one_piece(text: str) -> None:
    tokens = make_tokens(text)

    assert make_pieces(text) == ([tokens] if tokens else [])
    assert make_value_tokens(text) == tokens


def test_edits_are_counted_with_swaps() -> None:
    assert measure_distance("learning", "learning", most=2) == 0
    assert measure_distance("lerning", "learning", most=2) == 1
    assert measure_distance("laerning", "learning", most=2) == 1
    assert measure_distance("lraerning", "learning", most=2) == 2
    assert measure_distance("abc", "xyz", most=2) == 3
    assert measure_distance("", "ab", most=2) == 2


def test_the_nearest_word_is_the_likeliest() -> None:
    known = [("warmup", 10), ("warump", 1), ("warm", 100), ("loss", 5), ("lass", 1)]

    assert find_nearest("wramup", known) == "warmup"
    assert find_nearest("lost", known) == "loss"
    assert find_nearest("xyzzy", known) is None
    assert find_nearest("ab", [("abc", 1)]) is None


def test_words_are_grouped_by_how_near_they_are_before_anybody_counts_them() -> None:
    known = ["warmups", "warmup", "wramups", "dramup", "learning", "wramup", "warm"]

    assert group_nearest("wramup", known) == [["warmup", "wramups"], ["dramup"], ["warmups"]]
    assert group_nearest("ab", ["abc", "ac"]) == []


def test_names_are_ranked_by_their_start_then_a_later_word_then_a_typo() -> None:
    assert rank_name("learn", "learning_rate") == (0, 0)
    assert rank_name("learning-r", "learning_rate") == (0, 0)
    assert rank_name("rate", "learning_rate") == (1, 0)
    assert rank_name("lerning_r", "learning_rate") == (2, 1)
    assert rank_name("raet", "learning_rate") == (2, 1)
    assert rank_name("loss", "learning_rate") is None
    assert rank_name("", "learning_rate") == (0, 0)


def test_trigrams_see_beginnings_and_ends_of_words() -> None:
    assert make_grams("val_loss") == ("  l", "  v", " lo", " va", "al ", "los", "oss", "ss ", "val")
