"""From the columns of an input to a request for points, and the nodes that they were measured on."""

from __future__ import annotations

from collections.abc import Sequence

from api.info import Info
from api.metrics.inputs import ColumnsInput, LogMetricsInput, MetricSeriesInput, read_columns
from api.mutating import RunWrite, below
from api.nodes.inputs import NodeRefInput
from domain.errors import DomainError, InvalidInput
from domain.ids import NodeKey
from domain.metrics import MetricContext
from domain.points import PointColumns, PointsRequest, SeriesInput
from domain.references import NodeRef
from store.counters import lock_run
from store.references import resolve_or_make

Found = dict[NodeRef, NodeKey]


async def read_points(info: Info, target: RunWrite, given: LogMetricsInput) -> PointsRequest:
    """Return the points of an input in either form. Raises `InvalidInput`, `NotFound`, `TooLarge`."""
    if given.series is not None:
        if given.keys is not None or given.key_index is not None or given.values is not None:
            raise InvalidInput("either `series` is given or the wide form, not both", path=["series"])
        return await read_series(info, target, given.series)
    if given.keys is None or given.key_index is None:
        missing = "series" if given.keys is None else "keyIndex"
        raise InvalidInput("there are no points: give `series`, or `keys` and `keyIndex`", path=[missing])
    columns = read_columns(given)
    shape = {"keys": given.keys, "key_index": given.key_index, **columns}
    if not given.is_measured:
        return make_request(info, target, PointColumns.from_wide(**shape))
    PointColumns.from_wide(**shape)  # whatever is wrong with it must show before a node is made
    found = await find_measured(info, target, [((), given)])
    return make_request(info, target, PointColumns.from_wide(**shape, context=read_context(info, given, found)))


async def read_series(info: Info, target: RunWrite, series: Sequence[MetricSeriesInput]) -> PointsRequest:
    """Return the points of a list of series. Raises `InvalidInput`, `NotFound`, `TooLarge`."""
    read = [_read_one(one, index) for index, one in enumerate(series)]
    columns = PointColumns.from_series(read)
    if any(one.is_measured for one in series):
        found = await find_measured(info, target, [(("series", str(n)), one) for n, one in enumerate(series)])
        contexts = [read_context(info, one, found) for one in series]
        columns = PointColumns.from_series(
            [
                SeriesInput(key=one.key, values=one.values, steps=one.steps, times=one.times, context=context)
                for one, context in zip(read, contexts, strict=True)
            ]
        )
    return make_request(info, target, columns)


def _read_one(given: MetricSeriesInput, index: int) -> SeriesInput:
    try:
        return SeriesInput(key=given.key, **read_columns(given))
    except DomainError as exc:
        raise exc.below("series", str(index)) from exc


def make_request(info: Info, target: RunWrite, columns: PointColumns) -> PointsRequest:
    """Return the request of a run's write."""
    delivery = target.delivery
    return PointsRequest(
        workspace=info.context.workspace,
        run=target.run,
        columns=columns,
        attempt=target.attempt,
        writer=delivery.writer,
        sequence=delivery.sequence,
        client_key=delivery.client_key,
        digest=delivery.digest,
    )


async def find_measured(info: Info, target: RunWrite, given: Sequence[tuple[tuple[str, ...], ColumnsInput]]) -> Found:
    """Return the nodes that points refer to, making those that nobody knows, if the run is there at all."""
    workspace = info.context.workspace
    refs: dict[NodeRef, tuple[str, ...]] = {}
    for path, one in given:
        for name, named in (("on", one.on), ("of", one.of)):
            if named is not None:
                refs.setdefault(named.to_domain(workspace, *path, name), (*path, name))
    found: Found = {}
    async with info.context.database.write() as tx:
        for ref, path in sorted(refs.items(), key=lambda each: repr(each[0])):  # all writers in one order
            found[ref] = (await below(path, resolve_or_make(tx, workspace, [ref])))[0]
        await lock_run(tx, workspace, target.run)
    return found


def read_context(info: Info, given: ColumnsInput, found: Found) -> MetricContext | None:
    """Return what points were measured on and of, if they say so."""
    if not given.is_measured:
        return None

    def key(ref: NodeRefInput | None) -> NodeKey | None:
        return None if ref is None else found[ref.to_domain(info.context.workspace)]

    return MetricContext(on=key(given.on), subset=given.subset, of=key(given.of))
