"""What is sent for a line about lineage: the input of one mutation, known again by the bytes of the line."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from whence.importing.lineage_lines import (
    AliasLine,
    DeployLine,
    DescribeLine,
    EdgesLine,
    GenerateLine,
    LineageLines,
    RegisterLine,
    SourceLine,
    UndeployLine,
    UseLine,
)

Input = dict[str, Any]

_PROBLEM = "... on Problem { code message path retriable }"


def make_lineage_request(line: LineageLines, raw: bytes) -> tuple[str, Input]:
    """Return the mutation that a line is, and its input.

    The client key comes from the bytes of the line, so that it is done once however often it is imported.
    """
    name, made = _make_input(line)
    return name, made | {"clientKey": f"import {hashlib.sha256(raw.strip()).hexdigest()}"}


def write_document(name: str) -> str:
    """Return the document of a mutation by its name; of its payload only the token is asked for."""
    type_ = name[:1].upper() + name[1:]
    return (
        f"mutation Import{type_}($input: {type_}Input!) {{ {name}(input: $input) "
        f"{{ ... on {type_}Payload {{ token }} {_PROBLEM} }} }}"
    )


def _make_input(line: LineageLines) -> tuple[str, Input]:
    said = {name: value for name, value in msgspec.to_builtins(line).items() if name != "kind" and value is not None}
    match line:
        case UseLine():
            return "recordLineage", {"edges": [_use(said)]}
        case GenerateLine():
            return "recordLineage", {"edges": [_generate(said)]}
        case EdgesLine():
            return "recordLineage", said
        case DescribeLine():
            return "describeNode", said
        case SourceLine():
            return "declareSource", said
        case RegisterLine():
            return "registerModel", said
        case AliasLine():
            return "setAlias", said | {"version": line.version}
        case DeployLine():
            return "deploy", said
        case UndeployLine():
            return "undeploy", said


def _use(said: Input) -> Input:
    node, run = said.pop("node"), said.pop("run")
    return {"kind": "USED", "source": node, "target": {"run": run}, **said}


def _generate(said: Input) -> Input:
    node, run = said.pop("node"), said.pop("run")
    return {"kind": "GENERATED", "source": {"run": run}, "target": node, **said}
