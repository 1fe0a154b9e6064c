"""Write points inside any transaction: what `logBatch` and its like call."""

from __future__ import annotations

from store.counters import Counters
from store.metrics.preparing import Prepared, prepare_points
from store.metrics.staging import Staging
from store.transactions import Transaction

__all__ = ["Prepared", "prepare_points", "write_points"]


async def write_points(tx: Transaction, counters: Counters, prepared: Prepared) -> int:
    """Write a request's points and return how many; the run's counters are locked, and saved by the caller.

    Whether the request was taken before is the caller's to ask (store/received.py). Raises `InvalidInput`,
    `TooLarge`; then nothing was written. Raises the run's revision.
    """
    staging = await Staging.begin(tx, [counters], [prepared])
    await staging.add(prepared)
    await staging.write()
    return len(prepared)
