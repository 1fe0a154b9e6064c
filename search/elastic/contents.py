"""What a generation holds, as whoever compares it with the record sees it: fences, digests and sums of checks."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any
from uuid import UUID

import msgspec
from elasticsearch import AsyncElasticsearch, NotFoundError

from domain.ids import NodeKey, NodeKind, WorkspaceID
from search.elastic.documents import Body
from search.elastic.failures import driver_errors
from search.elastic.generations import Names, Part, make_index
from search.elastic.queries import ALL, WHOLE, none_of, term

BUCKETS = 256
PAGE = 500
PAGE_BYTES = 50
"""Documents of a page whose contents are read whole: one may have megabytes."""

KEPT = "5m"
BESIDE = frozenset({"bucket", "content", "check", "node"})
"""Fields that say something of the document and are no part of it."""

MARK_MAPPING: dict[str, Any] = {"dynamic": "strict", "properties": {"nonce": {"type": "long", "index": False}}}

_encoder = msgspec.json.Encoder(order="sorted")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """One document as a generation has it. `gone`: what was purged, of which only the fence is kept."""

    workspace: WorkspaceID
    key: NodeKey
    fence: int
    content: int
    gone: bool


def digest_body(body: Mapping[str, Any]) -> int:
    """Return 63 bits that stand for all that a document says."""
    said = {name: value for name, value in body.items() if name not in BESIDE}
    return int.from_bytes(blake2b(_encoder.encode(said), digest_size=8).digest()) >> 1


def make_tombstone(workspace: WorkspaceID, key: NodeKey) -> Body:
    """Return what is kept of a thing that the record has no more."""
    return {"id": key.uuid.hex, "workspace": workspace.hex, "deleted": True, "gone": True}


async def fetch_sums(client: AsyncElasticsearch, names: Names, generation: int) -> dict[int, tuple[int, int]]:
    """Return how many documents each bucket has, and the sum of their checks; tombstones apart."""
    body: dict[str, Any] = {
        "size": 0,
        "query": none_of([term("gone", True)]),
        "aggs": {
            "of": {
                "terms": {"field": "bucket", "size": BUCKETS, "shard_size": BUCKETS},
                "aggs": {"sum": {"sum": {"field": "check"}}},
            }
        },
    }
    async with driver_errors():
        answer = await client.search(index=list_searched(names, generation), **WHOLE, **body)
    buckets = answer["aggregations"]["of"]["buckets"]
    return {int(one["key"]): (int(one["doc_count"]), int(one["sum"]["value"])) for one in buckets}


async def list_stored(
    client: AsyncElasticsearch, names: Names, generation: int, *, bucket: int | None, deep: bool
) -> AsyncIterator[list[Stored]]:
    """Give the documents of a bucket (None: of all) in pages, tombstones too; `deep`: with contents computed anew."""
    async with driver_errors():
        point = (await client.open_point_in_time(index=list_searched(names, generation), keep_alive=KEPT))["id"]
    after: list[Any] | None = None
    while True:
        body: dict[str, Any] = {
            "pit": {"id": point, "keep_alive": KEPT},
            "query": ALL if bucket is None else term("bucket", bucket),
            "size": PAGE_BYTES if deep else PAGE,
            "sort": ["_shard_doc"],
            "version": True,
            "_source": True if deep else ["workspace", "id", "node", "content", "gone"],
            "track_total_hits": False,
        }
        if after is not None:
            body["search_after"] = after
        async with driver_errors():
            answer = await client.search(**WHOLE, **body)
        hits = answer["hits"]["hits"]
        if not hits:
            break
        yield [_read(hit["_source"], hit["_version"], deep=deep) for hit in hits]
        after = hits[-1]["sort"]
    async with driver_errors():
        await client.close_point_in_time(id=point)


async def fetch_stored(client: AsyncElasticsearch, wanted: Sequence[tuple[str, str]], *, deep: bool) -> list[Stored]:
    """Return what there is of some documents, by index and id, refreshed or not."""
    found: list[Stored] = []
    size = PAGE_BYTES if deep else PAGE
    for start in range(0, len(wanted), size):
        docs = [{"_index": index, "_id": id_} for index, id_ in wanted[start : start + size]]
        async with driver_errors():
            answer = await client.mget(docs=docs)
        found += [_read(one["_source"], one["_version"], deep=deep) for one in answer["docs"] if one.get("found")]
    return found


async def prepare_mark(client: AsyncElasticsearch, names: Names) -> None:
    """Let there be a place for the mark, of one copy in one shard like all else here."""
    settings = {"number_of_shards": 1, "number_of_replicas": 0}
    await make_index(client, names.mark, mapping=MARK_MAPPING, settings=settings)


async def read_mark(client: AsyncElasticsearch, names: Names) -> tuple[int, int] | None:
    """Return the nonce that is kept, and its order."""
    try:
        async with driver_errors():
            found = await client.get(index=names.mark, id="mark")
    except NotFoundError:
        return None
    return int(found["_source"]["nonce"]), int(found["_version"])


async def write_mark(client: AsyncElasticsearch, names: Names, *, nonce: int, order: int) -> None:
    """Keep a nonce, unless one of greater order is kept."""
    async with driver_errors():
        await client.options(ignore_status=409).index(
            index=names.mark, id="mark", document={"nonce": nonce}, version=order, version_type="external"
        )


def list_searched(names: Names, generation: int) -> list[str]:
    """Return the indexes of documents."""
    return [names.index(part, generation) for part in (Part.THINGS, Part.NOTES)]


def _read(source: Mapping[str, Any], version: int, *, deep: bool) -> Stored:
    return Stored(
        workspace=WorkspaceID(UUID(source["workspace"])),
        key=NodeKey(NodeKind(source["node"]), UUID(source["id"])),
        fence=version,
        content=digest_body(source) if deep else int(source["content"]),
        gone=bool(source.get("gone")),
    )
