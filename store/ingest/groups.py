"""One group of requests in one transaction: who is refused, who is a repeat, who is written."""

from __future__ import annotations

from collections.abc import Sequence

from domain.errors import DomainError
from domain.points import Accepted
from store.counters import Counters, lock_counters, missing_run, save_counters
from store.metrics.preparing import Prepared
from store.metrics.staging import Staging
from store.received import Claim, Reception
from store.transactions import Owner, Transaction

Outcome = Accepted | DomainError


def owners_of(members: Sequence[Prepared]) -> list[Owner]:
    """Return the runs that a group writes to, each once."""
    return sorted({(one.request.workspace, one.request.run) for one in members})


async def write_group(tx: Transaction, members: Sequence[Prepared]) -> list[Outcome]:
    """Write the members' points and return, in their order, what each is answered.

    The transaction should have begun with `owners_of` them.
    Locks the counters of all their runs, by workspace and run; then reads what was received, so that of two requests
    with one sequence the second sees the first.
    """
    group = _Group(tx, members)
    await group.lock()
    await group.claim()
    await group.stage()
    return group.answer()


class _Group:
    def __init__(self, tx: Transaction, members: Sequence[Prepared]) -> None:
        self._tx = tx
        self._members = members
        self._counters: dict[Owner, Counters] = {}
        self._failures: dict[int, DomainError] = {}
        self._reception = Reception()

    async def lock(self) -> None:
        owners = owners_of(self._members)
        for workspace in dict.fromkeys(owner[0] for owner in owners):
            runs = [run for where, run in owners if where == workspace]
            found = await lock_counters(self._tx, workspace, runs)
            self._counters |= {(workspace, run): counters for run, counters in found.items()}
        missing = {owner: await missing_run(self._tx, *owner) for owner in owners if owner not in self._counters}
        for index, member in enumerate(self._members):
            failure = missing.get((member.request.workspace, member.request.run))
            if failure is not None:
                self._failures[index] = failure

    async def claim(self) -> None:
        claims = [claim for _, member in self._going() if (claim := _claim(member)) is not None]
        if claims:
            await self._reception.fetch(self._tx.driver, claims)

    async def stage(self) -> None:
        """Stage one member after the other: a repeat of an earlier member of this group is a repeat already."""
        going = self._going()
        if not going:
            return
        staging = await Staging.begin(self._tx, list(self._counters.values()), [member for _, member in going])
        for index, member in going:
            try:
                await self._stage_one(staging, member)
            except DomainError as exc:
                self._failures[index] = exc
        await self._reception.save(self._tx.driver)
        await staging.write()
        for counters in self._counters.values():
            await save_counters(self._tx, counters)

    async def _stage_one(self, staging: Staging, member: Prepared) -> None:
        claim = _claim(member)
        if claim is None:
            await staging.add(member)
        elif not self._reception.is_repeat(claim):
            self._reception.check(claim)
            await staging.add(member)
            self._reception.take(claim)

    def answer(self) -> list[Outcome]:
        tokens = {owner: max(one.token, self._tx.token) for owner, one in self._counters.items()}
        if len(self._failures) < len(self._members):
            self._tx.answer_token(self._members[0].request.workspace)
        return [
            self._failures.get(index)
            or Accepted(accepted=len(one), token=tokens[one.request.workspace, one.request.run])
            for index, one in enumerate(self._members)
        ]

    def _going(self) -> list[tuple[int, Prepared]]:
        return [(index, one) for index, one in enumerate(self._members) if index not in self._failures]


def _claim(member: Prepared) -> Claim | None:
    asked = member.request
    if asked.writer is None or asked.sequence is None:
        return None
    return Claim(asked.workspace, asked.run, asked.writer, asked.sequence, asked.digest)
