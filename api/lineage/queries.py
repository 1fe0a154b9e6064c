"""Queries about lineage: whence it came, what came of it, and how two nodes are connected."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import strawberry

from api.connections import AT_LEAST, FIRST, check_first
from api.info import Info
from api.lineage.answer_enums import LineageNodeKind, PathMode
from api.lineage.asking import (
    AS_OF,
    OF,
    AsOfInput,
    Moment,
    parse_position,
    read_moment,
    resolve_start,
    resolve_starts,
)
from api.lineage.enums import EdgeKind, Role
from api.lineage.impact import Impact, find_impact
from api.lineage.lineage import BUDGETS, Answered, Lineage, make_lineage, parse_resume, stamp_question
from api.lineage.paths import LineagePaths, find_paths
from api.lineage.pinning import Pages, at_position, pin
from api.lineage.walking import load_run_kinds, walk
from api.nodes.inputs import NodeRefInput
from api.reading import WithFallback
from domain.errors import InvalidInput, TooLarge
from domain.ids import NodeKey, NodeKind, RunID
from domain.lineage.collapsing import Collapse
from domain.lineage.kinds import WALKED
from domain.lineage.links import fold_links
from domain.lineage.questions import Direction, Question
from domain.lineage.roles import make_evaluation_id
from domain.lineage.timing import find_afterwards
from domain.lineage.traces import Trace
from domain.runs import RunKind
from projection.routing import Fallback

DEEPEST = 10_000
MOST_NODES = 50_000
MOST_WAIT_MS = 30_000

WAIT = f"How long to wait for a position that is not finished, in milliseconds; at most {MOST_WAIT_MS}."
INFERRED = "False leaves out what nobody said and Whence concluded."

AtLeast = Annotated[str | None, strawberry.argument(description=AT_LEAST)]
WaitMs = Annotated[int, strawberry.argument(description=WAIT)]
When = Annotated[AsOfInput | None, strawberry.argument(description=AS_OF)]


@strawberry.type
class LineageQueries:
    @strawberry.field(
        description="Whence something came, or what came of it: nodes by distance, and the links between."
    )
    async def lineage(
        self,
        info: Info,
        of: Annotated[list[NodeRefInput], strawberry.argument(description=OF)],
        direction: Annotated[Direction, strawberry.argument(description="Which way to walk.")] = Direction.UPSTREAM,
        max_depth: Annotated[
            int, strawberry.argument(description=f"How many links away at most, up to {DEEPEST:,}.")
        ] = 20,
        max_nodes: Annotated[
            int, strawberry.argument(description="How many nodes at most; the cut is between whole levels.")
        ] = MOST_NODES,
        as_of: When = None,
        roles: Annotated[
            list[Role] | None, strawberry.argument(description="Follow only these roles, and links without one.")
        ] = None,
        subset: Annotated[
            str | None, strawberry.argument(description="Follow only links of this part, and of the whole.")
        ] = None,
        edge_kinds: Annotated[
            list[EdgeKind] | None, strawberry.argument(description="Follow only these; left out, what carries data.")
        ] = None,
        node_kinds: Annotated[
            list[LineageNodeKind] | None, strawberry.argument(description="Enter only nodes of these kinds.")
        ] = None,
        stop_at: Annotated[
            list[LineageNodeKind] | None, strawberry.argument(description="Show these kinds and do not pass them.")
        ] = None,
        return_only: Annotated[
            list[LineageNodeKind] | None, strawberry.argument(description="Show only these kinds; all are passed.")
        ] = None,
        hub: Annotated[
            int | None,
            strawberry.argument(
                description="Show a node with that many links and do not pass it; the start always is."
            ),
        ] = None,
        inferred: Annotated[bool, strawberry.argument(description=INFERRED)] = True,  # noqa: FBT002
        follow_revisions: Annotated[  # noqa: FBT002
            bool, strawberry.argument(description="Also go from each version to the next one of its name.")
        ] = False,
        collapse: Annotated[
            Collapse | None, strawberry.argument(description="Fold nodes together, with true counts.")
        ] = None,
        resume: Annotated[
            str | None, strawberry.argument(description="The rest of an answer that a budget cut: its `resume`.")
        ] = None,
        at_least: AtLeast = None,
        wait_ms: WaitMs = 2000,
        fallback: WithFallback = Fallback.RECORD,
    ) -> Lineage:
        moment = await read_moment(info, as_of, at_least, check_wait(wait_ms), fallback)
        starts = await with_evaluations(info, await resolve_starts(info, of, "of", moment.as_of))
        question = Question(
            starts=starts,
            direction=direction,
            max_depth=check_range(max_depth, DEEPEST, "maxDepth"),
            kinds=WALKED if edge_kinds is None else frozenset(edge_kinds),
            roles=None if roles is None else frozenset(roles),
            subset=subset,
            node_kinds=read_kinds(node_kinds),
            stop_at=read_kinds(stop_at) or frozenset(),
            inferred=inferred,
            follow_revisions=follow_revisions,
            as_of=moment.as_of,
            hub=hub,
            most_nodes=check_range(max_nodes, MOST_NODES, "maxNodes"),
        )
        return await answer_lineage(info, question, moment, collapse, read_kinds(return_only), resume)

    @strawberry.field(
        description="What breaks if this is bad: everything downstream, what is live first, then by distance, each "
        "with what is to be done about it. No limit of depth; versions with the same bytes count as the same."
    )
    async def impact(
        self,
        info: Info,
        of: Annotated[list[NodeRefInput], strawberry.argument(description=OF)],
        as_of: When = None,
        inferred: Annotated[bool, strawberry.argument(description=INFERRED)] = True,  # noqa: FBT002
        follow_revisions: Annotated[  # noqa: FBT002
            bool, strawberry.argument(description="Also go from each version to the next one of its name.")
        ] = False,
        at_least: AtLeast = None,
        wait_ms: WaitMs = 2000,
        fallback: WithFallback = Fallback.RECORD,
    ) -> Impact:
        moment = await read_moment(info, as_of, at_least, check_wait(wait_ms), fallback)
        starts = await resolve_starts(info, of, "of", moment.as_of)
        return await find_impact(info, starts, moment, inferred=inferred, follow_revisions=follow_revisions)

    @strawberry.field(
        description="The shortest ways by which data flows from one node to another; none where it does not."
    )
    async def paths(
        self,
        info: Info,
        from_: Annotated[NodeRefInput, strawberry.argument(name="from", description="Where data flows from.")],
        to: Annotated[NodeRefInput, strawberry.argument(description="Where it flows to.")],
        mode: Annotated[PathMode, strawberry.argument(description="One of them, or all.")] = PathMode.ALL_SHORTEST,
        first: Annotated[int, strawberry.argument(description=FIRST)] = 10,
        as_of: When = None,
        inferred: Annotated[bool, strawberry.argument(description=INFERRED)] = True,  # noqa: FBT002
        at_least: AtLeast = None,
        wait_ms: WaitMs = 2000,
        fallback: WithFallback = Fallback.RECORD,
    ) -> LineagePaths:
        moment = await read_moment(info, as_of, at_least, check_wait(wait_ms), fallback)
        source = await resolve_start(info, from_, "from", moment.as_of)
        target = await resolve_start(info, to, "to", moment.as_of)
        most = 1 if mode is PathMode.SHORTEST else check_first(first)
        return await find_paths(info, source, target, moment, first=most, inferred=inferred)


async def answer_lineage(
    info: Info,
    question: Question,
    moment: Moment,
    collapse: Collapse | None,
    shown: frozenset[NodeKind] | None,
    resume: str | None,
) -> Lineage:
    """Walk, or walk again for the rest, and say what lies on the wrong side of the start's time."""
    beyond = None
    if resume is not None:
        cut = parse_resume(resume)
        if cut.stamp != stamp_question(question):
            raise InvalidInput(f"{resume[:80]!r} is the rest of another question", path=["resume"])
        beyond = cut.depth
        moment = at_position(moment, moment.as_of.known or parse_position(cut.position, "resume"))
        question = replace(question, most_nodes=cut.budget + question.most_nodes)

    async def read(moment: Moment) -> Answered:
        found = await walk(info, replace(question, as_of=moment.as_of))
        trace = Trace.of(fold_links(found.intervals))
        afterwards = find_afterwards(trace, question.starts, question.direction, found.depths)
        return Answered(found, beyond, frozenset(afterwards), collapse, shown)

    answered = await read(moment)
    if answered.walk.reasons & BUDGETS and (pinned := await pin(info, moment)) is not moment:
        moment, answered = pinned, await read(pinned)
    return make_lineage(info, answered, moment, Pages(info, moment, answered, read))


async def with_evaluations(info: Info, starts: list[NodeKey]) -> tuple[NodeKey, ...]:
    """Return the starts; of a run that evaluates both sides: on the other one there is nothing to begin from."""
    kinds = await load_run_kinds(info, starts)
    sides = [
        NodeKey(NodeKind.EVALUATION, make_evaluation_id(RunID(run.uuid)))
        for run, kind in kinds.items()
        if kind is RunKind.EVALUATE
    ]
    return tuple(dict.fromkeys((*starts, *sides)))


def read_kinds(kinds: list[LineageNodeKind] | None) -> frozenset[NodeKind] | None:
    """Return kinds of nodes as walks know them."""
    return None if kinds is None else frozenset(NodeKind(kind.value) for kind in kinds)


def check_wait(wait_ms: int) -> int:
    """Return how long to wait. Raises `InvalidInput`, `TooLarge`."""
    return check_range(wait_ms, MOST_WAIT_MS, "waitMs")


def check_range(value: int, most: int, name: str) -> int:
    """Return a number from 0 to a limit. Raises `InvalidInput`, `TooLarge`."""
    if value < 0:
        raise InvalidInput(f"{name} is {value}, it cannot be below 0", path=[name])
    if value > most:
        raise TooLarge(f"{name} is {value}, at most {most} is taken", path=[name])
    return value
