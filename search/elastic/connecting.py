"""Connections to Elasticsearch: by address, with limits of our own and no retries, which are the caller's."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urlsplit

from elasticsearch import AsyncElasticsearch

from search.elastic.failures import driver_errors
from search.elastic.settings import ElasticsearchSettings

CONNECTIONS = 50
PROBE_S = 2.0

SearchClient = AsyncElasticsearch
"""The driver, for whoever only hands it on."""


def connect(settings: ElasticsearchSettings) -> SearchClient:
    """Return a client of the server that the settings name; no talk yet. The caller closes it."""
    if settings.url is None:
        raise ValueError("the settings name no Elasticsearch")
    nodes = [urlsplit(one.strip()) for one in settings.url.get_secret_value().split(",")]
    options: dict[str, Any] = {}
    named = next((node for node in nodes if node.username), None)
    if settings.api_key is not None:
        options["api_key"] = settings.api_key.get_secret_value()
    elif named is not None:
        options["basic_auth"] = (unquote(named.username or ""), unquote(named.password or ""))
    if settings.ca_file is not None:
        options["ca_certs"] = str(settings.ca_file)
    return AsyncElasticsearch(
        [_write_address(node.scheme, node.hostname or "", node.port, node.path) for node in nodes],
        request_timeout=settings.request_seconds,
        connections_per_node=CONNECTIONS,
        max_retries=0,
        retry_on_timeout=False,
        **options,
    )


async def probe(client: SearchClient) -> object:
    """Return what the server says of itself. Raises `Unavailable` unless it does so soon."""
    async with driver_errors():
        return await client.options(request_timeout=PROBE_S).info()


def _write_address(scheme: str, host: str, port: int | None, path: str) -> str:
    """Return an address with its port, which the driver wants in any case."""
    named = f"[{host}]" if ":" in host else host
    return f"{scheme}://{named}:{port or (443 if scheme == 'https' else 9200)}{path}"
