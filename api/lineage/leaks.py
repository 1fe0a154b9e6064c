"""Has a model seen its test data?"""

from __future__ import annotations

from typing import Annotated

import strawberry

from api.connections import AFTER, DEFAULT_PAGE, FIRST, Connection, check_first, connect
from api.info import Info
from api.lineage.answer_enums import Grade, LeakKind
from api.lineage.asking import Moment
from api.lineage.completeness import Completeness, Freshness, count_of
from api.lineage.gathering import gather
from api.lineage.paths import LineageStep, make_steps
from api.nodes.loaders import load_present
from api.nodes.types import Node
from domain.ids import NodeKey, WorkspaceID
from domain.lineage.leakage import Evidence, Finding, find_leakage
from domain.lineage.leakage import Leakage as Found
from domain.lineage.training_data import find_test_data, find_training_data
from store.edge_reads import fetch_digests, fetch_splits


@strawberry.type(description="How many versions of data were compared.")
class Checked:
    train: int = strawberry.field(
        description="Versions that the model was trained on, by its own runs and by those before."
    )
    test: int = strawberry.field(description="Versions that it was measured on.")


@strawberry.type(description="A pair of training data and test data that have something to do with each other.")
class LeakFinding:
    grade: Grade = strawberry.field(description="How sure it is.")
    kind: LeakKind = strawberry.field(description="What gave it away.")
    subset: str | None = strawberry.field(description="The part that was tested on, where one was named.")
    path: list[LineageStep] = strawberry.field(description="The way from the data to the model.")
    reason: str = strawberry.field(description="Why it has this grade, in one sentence.")
    train_key: strawberry.Private[NodeKey | None]
    test_key: strawberry.Private[NodeKey]

    @strawberry.field(description="What was trained on; null where the test data only chose.")
    async def train(self, info: Info) -> Node | None:
        return None if self.train_key is None else await load_present(info, self.train_key)

    @strawberry.field(description="What was tested on.")
    async def test(self, info: Info) -> Node:
        return await load_present(info, self.test_key)

    @classmethod
    def of(cls, finding: Finding, workspace: WorkspaceID) -> LeakFinding:
        return cls(
            grade=finding.grade,
            kind=finding.kind,
            subset=finding.test.subset,
            path=make_steps(finding.path, workspace),
            reason=finding.reason,
            train_key=None if finding.train is None else finding.train.version,
            test_key=finding.test.version,
        )


@strawberry.type(
    description="What training data and test data have to do with each other. Nothing compared is no answer."
)
class Leakage:
    checked: Checked = strawberry.field(description="How many were compared; 0 on a side says that nothing is known.")
    completeness: Completeness = strawberry.field(description="What was left out.")
    freshness: Freshness = strawberry.field(description="Where it was read.")
    found: strawberry.Private[Found]

    @strawberry.field(description="The pairs that have something to do with each other, the gravest first.")
    def findings(
        self,
        info: Info,
        first: Annotated[int, strawberry.argument(description=FIRST)] = DEFAULT_PAGE,
        after: Annotated[str | None, strawberry.argument(description=AFTER)] = None,
    ) -> Connection[LeakFinding]:
        check_first(first)
        numbered = list(enumerate(self.found.findings))
        begin = int(after) + 1 if after is not None and after.isdigit() else 0
        workspace = info.context.workspace
        return connect(
            numbered[begin : begin + first],
            make=lambda each: LeakFinding.of(each[1], workspace),
            cursor=lambda each: str(each[0]),
            has_next=begin + first < len(numbered),
            count=count_of(len(numbered)),
        )


async def find_leaks(info: Info, model: NodeKey, moment: Moment) -> Leakage:
    """Compare what a model was trained on with what it was tested on."""
    gathered = await gather(info, [model], as_of=moment.as_of)
    trace = gathered.trace
    compared = {use.version for use in (*find_training_data(trace, model), *find_test_data(trace, model))}
    async with info.context.read() as conn:
        digests = await fetch_digests(conn, info.context.workspace, compared)
        splits = await fetch_splits(conn, info.context.workspace, compared)
    found = find_leakage(Evidence(trace, digests, splits), model)
    return Leakage(
        checked=Checked(train=found.train, test=found.test),
        completeness=Completeness.of(*gathered.walks),
        freshness=Freshness.of(info, moment),
        found=found,
    )
