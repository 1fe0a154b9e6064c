"""Where the interval of a time begins, in a time zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from domain.search.questions import Interval


def find_start(moment: datetime, interval: Interval, zone: ZoneInfo) -> datetime:
    """Return the moment at which the hour, day, week, month, quarter or year of a time begins there, in UTC.

    An hour that a clock shows twice is two hours; a midnight that it shows twice is the first one.
    """
    local = moment.astimezone(zone).replace(tzinfo=None)
    if interval is Interval.HOUR:
        return moment.astimezone(UTC) - timedelta(
            minutes=local.minute, seconds=local.second, microseconds=local.microsecond
        )
    local = local.replace(hour=0, minute=0, second=0, microsecond=0)
    match interval:
        case Interval.WEEK:
            local -= timedelta(days=local.weekday())
        case Interval.MONTH:
            local = local.replace(day=1)
        case Interval.QUARTER:
            local = local.replace(day=1, month=local.month - (local.month - 1) % 3)
        case Interval.YEAR:
            local = local.replace(day=1, month=1)
    return local.replace(tzinfo=zone, fold=0).astimezone(UTC)
