"""Runs as people call them: `gpt2#2`, the second run of an experiment, beside the ids that the service takes."""

from __future__ import annotations

from collections.abc import Sequence

from whence.failures import BadInput
from whence.service import Service

RUN = "the run: EXPERIMENT#NUMBER, as `whence runs` lists them, or its UUID or global id"

_DOCUMENT = """
query FindRun($where: Filter!) {
  present: runs(where: $where, first: 1) { nodes { uuid } }
  archived: runs(where: $where, first: 1, lifecycle: ARCHIVED) { nodes { uuid } }
}
"""


def find_run_id(service: Service, text: str) -> str:
    """Return an id of the run that a text names. Raises `BadInput` where the experiment has no run of that number."""
    experiment, mark, number = text.rpartition("#")
    if not mark or not number.isdecimal():
        return text  # an id, or the service says what it is not
    where = {"and": [{"experiment": {"eq": experiment}}, {"number": {"eq": number}}]}
    found = service.execute(_DOCUMENT, {"where": where})
    for node in (*found["present"]["nodes"], *found["archived"]["nodes"]):
        return str(node["uuid"])
    raise BadInput(f"there is no run {number} in an experiment {experiment!r}")


def find_run_ids(service: Service, texts: Sequence[str]) -> list[str]:
    """Return the ids of several runs, in their order. Raises `BadInput`."""
    return [find_run_id(service, text) for text in texts]
