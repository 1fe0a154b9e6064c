"""`python -m api.print_settings` writes docs/reference/settings.md from the settings themselves."""

from __future__ import annotations

import sys
from typing import Any

from pydantic import ByteSize, SecretStr
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

from api.settings import COMPONENTS, variable_name

HEAD = """\
# Settings

Written by `python -m api.print_settings`; change the descriptions in the `settings.py` of the component.

A setting comes from the command line (`whence serve --data --host --port`), else from the environment, else from
`whence.toml` in the folder where the service is started (`--config FILE` names another), else it has its default. An
empty variable counts as absent. A value that cannot be taken, and a name in the file that is no setting, stop the start
with one line each and the exit code 2.

```toml
# whence.toml
port = 8901
log_format = "json"

[database]
url = "postgresql://whence:secret@db.example/whence"
```

Sizes are bytes, or have a unit: `16MiB`. Lists are separated by commas in the environment, and lists in the file. The
command-line client has its own three: `WHENCE_URL`, `WHENCE_TOKEN`, `WHENCE_WORKSPACE`.
"""
TITLES = {
    "": "The service",
    "artifacts": "Bytes of artifacts",
    "database": "The record",
    "ingest": "Ingest of metric points",
    "neo4j": "The lineage graph",
    "elasticsearch": "The search index",
    "projection": "Projections",
}


def describe_settings() -> str:
    """Return the page."""
    return "\n".join([HEAD, *(_describe_component(section, kind) for section, kind in COMPONENTS.items())])


def _describe_component(section: str, component: type[BaseSettings]) -> str:
    place = f"Section `[{section}]` of the file." if section else "At the top of the file."
    rows = [_describe_field(section, name, field) for name, field in component.model_fields.items()]
    head = ["| Variable | In the file | Default | |", "| --- | --- | --- | --- |"]
    return "\n".join([f"## {TITLES[section]}", "", place, "", *head, *rows, ""])


def _describe_field(section: str, name: str, field: FieldInfo) -> str:
    return f"| `{variable_name(section, name)}` | `{name}` | {_describe_default(field.default)} | {field.description} |"


def _describe_default(value: Any) -> str:
    if value is None or value == () or isinstance(value, SecretStr):
        return ""
    if isinstance(value, ByteSize):
        return f"`{value.human_readable(separator=' ')}`"
    return f"`{value}`"


if __name__ == "__main__":
    sys.stdout.write(describe_settings())
