"""The run in a mutation's answer: loaded only where more than its id is asked for, which the mutation knows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from graphql import FieldNode, FragmentDefinitionNode, FragmentSpreadNode, SelectionSetNode

from api.info import Info
from api.nodes.types import make_id
from api.runs.loaders import load_run
from api.runs.types import Run
from domain.ids import NodeKind, RunID, WorkspaceID
from store.once import Answer

KNOWN = frozenset({"id", "uuid", "__typename"})


async def answer_run(info: Info, run: RunID, answer: Answer) -> Run:
    """Return the run that was just written. Raises `Gone` for a repeat about a run that was purged since."""
    if answer.repeated or not asks_ids_only(info):
        return await load_run(info, run)
    return known_run(run, info.context.workspace)


def known_run(run: RunID, workspace: WorkspaceID) -> Run:
    """Return a run of which only the id is known, for answers that ask for nothing else."""
    known = object.__new__(Run)
    known.id = make_id(NodeKind.RUN, workspace, run)
    known.uuid = run
    return known


def asks_ids_only(info: Info) -> bool:
    """Say whether nothing but ids is asked for of the field `run` of the payload, whatever type or directive says."""
    raw = info._raw_info
    payload = _iterate_fields((node.selection_set for node in raw.field_nodes), raw.fragments)
    below = [field.selection_set for field in payload if field.name.value == "run"]
    return all(field.name.value in KNOWN for field in _iterate_fields(below, raw.fragments))


def _iterate_fields(
    selections: Iterable[SelectionSetNode | None], fragments: Mapping[str, FragmentDefinitionNode]
) -> Iterator[FieldNode]:
    """Give the fields of selections, those in fragments too."""
    for selection_set in selections:
        for node in selection_set.selections if selection_set else ():
            if isinstance(node, FieldNode):
                yield node
            elif isinstance(node, FragmentSpreadNode):
                yield from _iterate_fields([fragments[node.name.value].selection_set], fragments)
            else:
                yield from _iterate_fields([node.selection_set], fragments)  # type: ignore[attr-defined]
