"""Bytes go up in pieces, are checked, lie there once, and come down whole or in part."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

RUN = "0198f3a0-0000-7000-8000-000000000001"
DATA = os.urandom(3_000_000)


def digest_of(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def send(client: httpx.Client, data: bytes, *, at: int = 0, of: int | None = None, digest: str = "") -> httpx.Response:
    headers = {"Upload-Offset": str(at), "Upload-Length": str(len(data) if of is None else of)}
    return client.patch(f"/artifacts/{digest or digest_of(data)}", content=data, headers=headers)


def do(client: httpx.Client, document: str, **variables: Any) -> dict[str, Any]:
    answer = client.post("/graphql", json={"query": document, "variables": variables}).json()
    assert "errors" not in answer, answer
    data: dict[str, Any] = answer["data"]
    return data


def log_file(client: httpx.Client, **file: Any) -> str | None:
    created = "mutation C($i: CreateRunInput!) { createRun(input: $i) { __typename } }"
    do(client, created, i={"experiment": "e", "id": RUN})
    logged = """mutation L($i: LogArtifactInput!) { logArtifact(input: $i) {
        ... on LogArtifactPayload { artifact { downloadPath } } ... on Problem { message } } }"""
    path: str | None = do(client, logged, i={"run": RUN, **file})["logArtifact"]["artifact"]["downloadPath"]
    return path


def test_a_file_that_comes_in_pieces_is_there_when_it_is_whole_and_only_then(client: httpx.Client) -> None:
    digest = digest_of(DATA)
    first = send(client, DATA[:1_000_000], of=len(DATA), digest=digest)
    missing = client.head(f"/artifacts/{digest}")
    wrong = send(client, DATA[2_000_000:], at=2_000_000, of=len(DATA), digest=digest)
    second = send(client, DATA[1_000_000:], at=1_000_000, of=len(DATA), digest=digest)

    assert (first.status_code, first.headers["Upload-Offset"]) == (204, "1000000")
    assert (missing.status_code, missing.headers["Upload-Offset"]) == (404, "1000000")
    assert wrong.status_code == 409
    assert second.status_code == 201
    assert client.get(f"/artifacts/{digest}").content == DATA
    assert client.head(f"/artifacts/{digest}").headers["Content-Length"] == str(len(DATA))
    assert send(client, b"", of=len(DATA), digest=digest).status_code == 201, "nobody sends it twice"


def test_what_arrived_before_a_connection_broke_stays(client: httpx.Client) -> None:
    digest = digest_of(DATA)

    def broken() -> Iterator[bytes]:
        yield DATA[:1_500_000]
        raise ConnectionError

    with pytest.raises(ConnectionError):
        client.patch(
            f"/artifacts/{digest}", content=broken(), headers={"Upload-Offset": "0", "Upload-Length": str(len(DATA))}
        )
    at = 0
    for _ in range(50):  # the service may not have seen yet that the connection is gone
        at = int(client.head(f"/artifacts/{digest}").headers["Upload-Offset"])
        if at == 1_500_000:
            break

    assert at == 1_500_000
    assert send(client, DATA[at:], at=at, of=len(DATA), digest=digest).status_code == 201


def test_other_bytes_than_those_of_the_digest_are_refused_and_leave_nothing(client: httpx.Client) -> None:
    digest = digest_of(DATA)
    refused = send(client, b"x" * 10, digest=digest)

    assert refused.status_code == 400
    assert "these bytes have the digest" in refused.json()["errors"][0]["message"]
    assert client.head(f"/artifacts/{digest}").headers["Upload-Offset"] == "0"
    assert send(client, b"", digest=digest_of(b"")).status_code == 201
    assert client.get(f"/artifacts/{digest_of(b'')}").content == b""


@pytest.mark.parametrize("address", ["folder"], indirect=True)
@pytest.mark.parametrize("digest", ["md5:d41d8cd98f00b204e9800998ecf8427e", "sha256:xyz", "..%2F..%2Fetc%2Fpasswd"])
def test_an_address_that_is_no_digest_is_refused(client: httpx.Client, digest: str) -> None:
    assert client.get(f"/artifacts/{digest}").status_code in {400, 404}
    assert send(client, b"x", digest=digest).status_code in {400, 404, 405}


@pytest.mark.parametrize("address", ["folder"], indirect=True)
@pytest.mark.parametrize(
    ("asked", "status", "expected"),
    [
        ("bytes=0-9", 206, slice(0, 10)),
        ("bytes=2999990-", 206, slice(2_999_990, None)),
        ("bytes=-5", 206, slice(-5, None)),
        ("bytes=5-99999999", 206, slice(5, None)),
        ("bytes=3000000-", 416, slice(0, 0)),
        ("bytes=-0", 416, slice(0, 0)),
        ("bytes=1-2,4-5", 200, slice(None)),
        ("pages=1-2", 200, slice(None)),
    ],
)
def test_a_range_is_answered_with_that_range(client: httpx.Client, asked: str, status: int, expected: slice) -> None:
    send(client, DATA)
    answer = client.get(f"/artifacts/{digest_of(DATA)}", headers={"Range": asked})

    assert (answer.status_code, answer.content) == (status, DATA[expected])


def test_a_file_of_a_run_is_found_by_its_path_also_within_a_folder(client: httpx.Client) -> None:
    inner = b"<script>alert(1)</script>"
    manifest = (
        f'{{"files":[{{"digest":"{digest_of(inner)}","path":"deep/page.html","size":25}}],'
        '"format":"whence-manifest/1"}'
    ).encode()
    send(client, inner)
    send(client, manifest)
    media_type = "application/vnd.whence.manifest+json"
    path = log_file(client, path="report", digest=digest_of(manifest), mediaType=media_type)
    logged = """mutation L($i: LogArtifactInput!) { logArtifact(input: $i) { __typename } }"""
    page = {"run": RUN, "path": "a b/graphql", "digest": digest_of(inner), "mediaType": "text/html"}
    do(client, logged, i=page)

    found = client.get(f"/runs/{RUN}/files/report/deep/page.html")
    direct = client.get(f"/runs/{RUN}/files/a%20b/graphql", headers={"Accept": "text/html"})
    assert found.content == direct.content == inner
    assert path == f"/w/default/artifacts/{digest_of(manifest)}"
    for answer in (found, direct):
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
        assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert client.get(f"/runs/{RUN}/files/report/../../secret").status_code == 404
    assert client.get(f"/runs/{RUN}/files/report/absent").status_code == 404


@pytest.mark.parametrize("address", ["folder"], indirect=True)
def test_a_manifest_that_names_what_is_no_digest_leads_nowhere(client: httpx.Client) -> None:
    manifest = b'{"files":[{"digest":"sha256:../../../../etc/passwd","path":"x","size":1}]}'
    send(client, manifest)
    log_file(client, path="d", digest=digest_of(manifest), mediaType="application/vnd.whence.manifest+json")

    assert client.get(f"/runs/{RUN}/files/d/x").status_code == 400


def test_a_sweep_takes_what_nobody_names_and_nothing_else(client: httpx.Client) -> None:
    kept, inner, garbage = b"kept", b"in a folder", b"garbage"
    manifest = f'{{"files":[{{"digest":"{digest_of(inner)}","path":"f","size":11}}]}}'.encode()
    for data in (kept, inner, garbage, manifest):
        send(client, data)
    log_file(client, path="kept", digest=digest_of(kept))
    logged = """mutation L($i: LogArtifactInput!) { logArtifact(input: $i) { __typename } }"""
    media_type = "application/vnd.whence.manifest+json"
    do(client, logged, i={"run": RUN, "path": "d", "digest": digest_of(manifest), "mediaType": media_type})
    swept = """mutation S($i: SweepArtifactsInput!) { sweepArtifacts(input: $i) {
        ... on SweepArtifactsPayload { files bytes seen complete examples } ... on Problem { message } } }"""

    young = do(client, swept, i={"dryRun": False})["sweepArtifacts"]
    counted = do(client, swept, i={"olderThanHours": 0})["sweepArtifacts"]
    assert (young["files"], counted["files"], counted["bytes"]) == (0, 1, len(garbage))
    assert client.get(f"/artifacts/{digest_of(garbage)}").status_code == 200, "a dry run deletes nothing"

    deleted = do(client, swept, i={"olderThanHours": 0, "dryRun": False})["sweepArtifacts"]
    assert deleted == {
        "files": 1,
        "bytes": len(garbage),
        "seen": 4,
        "complete": True,
        "examples": [digest_of(garbage)],
    }
    assert client.get(f"/artifacts/{digest_of(garbage)}").status_code == 404
    for data in (kept, inner, manifest):
        assert client.get(f"/artifacts/{digest_of(data)}").content == data


@pytest.mark.parametrize("address", ["folder"], indirect=True)
@pytest.mark.parametrize(
    "headers", [{}, {"Upload-Offset": "0"}, {"Upload-Offset": "-1", "Upload-Length": "5"}, {"Upload-Length": "x"}]
)
def test_an_upload_says_where_it_stands_and_how_long_it_is(client: httpx.Client, headers: dict[str, str]) -> None:
    assert client.patch(f"/artifacts/{digest_of(b'x')}", content=b"x", headers=headers).status_code == 400
