"""One place has one spelling, and no secret stays in it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidInput
from domain.uris import normalise_uri


@pytest.mark.parametrize(
    "given, normal",
    [
        ("s3a://Bucket/Key", "s3://bucket/Key"),
        ("S3N://b/k/", "s3://b/k"),
        ("gcs://b", "gs://b"),
        ("gs://b/", "gs://b"),
        ("HTTP://Example.COM:80/A/b/", "http://example.com/A/b"),
        ("https://example.com:443", "https://example.com"),
        ("https://example.com:0443/x", "https://example.com/x"),
        ("https://example.com:8443/x", "https://example.com:8443/x"),
        ("https://example.com:/x", "https://example.com/x"),
        ("http://[2001:DB8::1]:80/x", "http://[2001:db8::1]/x"),
        ("s3://b/a b", "s3://b/a%20b"),
        ("s3://b/%41%7e%2f%c3%a9", "s3://b/A~%2F%C3%A9"),
        ("s3://b/é", "s3://b/%C3%A9"),
        ("s3://b/100%", "s3://b/100%25"),
        ("/data/train.csv", "file:///data/train.csv"),
        ("file:/data/x", "file:///data/x"),
        ("file://localhost/data/x/", "file:///data/x"),
        ("C:\\data\\x.csv", "file:///C:/data/x.csv"),
        ("/", "file:///"),
        ("models:/gpt2/7", "models:/gpt2/7"),
        ("https://user:pw@example.com/x", "https://example.com/x"),
        ("https://ghp_token@github.com/a/b", "https://github.com/a/b"),
        ("s3://AKIA:secret@bucket/k", "s3://bucket/k"),
        ("abfss://container@account.dfs.core.windows.net/p", "abfss://container@account.dfs.core.windows.net/p"),
        ("ssh://git:pw@host:22/r.git", "ssh://git@host/r.git"),
        ("https://b.s3.amazonaws.com/k?X-Amz-Signature=abc&X-Amz-Expires=60&versionId=3",
         "https://b.s3.amazonaws.com/k?versionId=3"),
        ("https://a.blob.core.windows.net/c/f?sv=2022&sr=b&sp=r&sig=abc%3D", "https://a.blob.core.windows.net/c/f"),
        ("https://e.com/x?sr=1&sp=2", "https://e.com/x?sr=1&sp=2"),
        ("https://e.com/x?%74oken=abc&b=1&", "https://e.com/x?b=1"),
        ("https://e.com/x#access_token=abc", "https://e.com/x"),
        ("s3://b/archive.zip#inner/file", "s3://b/archive.zip#inner/file"),
        (" s3://b/k ", "s3://b/k"),
    ],
)  # fmt: skip
def test_a_uri_has_one_spelling(given: str, normal: str) -> None:
    assert normalise_uri(given) == normal


@pytest.mark.parametrize(
    "text", ["", "train.csv", "data/x", "://x", "file:x", "http://e.com:port/", "http://e.com:99999/", "s3:", "s3://\0"]
)
def test_what_names_no_place_is_refused_with_its_field(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        normalise_uri(text, "input", "uri")

    assert caught.value.path == ("input", "uri")


def test_a_refusal_repeats_no_secret() -> None:
    with pytest.raises(InvalidInput) as caught:
        normalise_uri("https://user:hunter2@e.com:hunter2/x?sig=hunter2")

    assert "hunter2" not in caught.value.message


PIECES = st.sampled_from(
    ["s3a", "HTTP", "file", "abfss", "://", ":", "//", "/", "?", "#", "&", "=", "@", "%", "%41", "%2f", "%zz", "[", "]",
     "é", " ", "İ", "K", "a", "B", "80", "443", "sig", "token", "..", "localhost", "\\", "+", "\n"]
)  # fmt: skip


@given(
    st.one_of(st.text(), st.lists(PIECES).map("".join), st.lists(PIECES).map(lambda found: "s3://" + "".join(found)))
)
def test_normalising_twice_changes_nothing(text: str) -> None:
    try:
        once = normalise_uri(text)
    except InvalidInput:
        return

    assert normalise_uri(once) == once
    assert once.isascii()


@given(st.text(alphabet="abcXYZ019%-._~", min_size=6), st.sampled_from(["X-Amz-Signature", "sig", "Token", "password"]))
def test_no_secret_stays(secret: str, field: str) -> None:
    normal = normalise_uri(f"https://us-er:pass--{secret}@host/place?a=1&{field}=pass--{secret}&b=2")

    assert normal == "https://host/place?a=1&b=2"
