"""Where hours and days begin, by hand: on the night of 26 October 2025 clocks in Berlin showed two o'clock twice."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from domain.search.intervals import find_start
from domain.search.questions import Interval


@pytest.mark.parametrize(
    ("moment", "interval", "zone", "start"),
    [
        ("2025-10-26T00:59:59.999999", Interval.HOUR, "Europe/Berlin", "2025-10-26T00:00"),
        ("2025-10-26T01:30", Interval.HOUR, "Europe/Berlin", "2025-10-26T01:00"),
        ("2025-10-26T02:30", Interval.HOUR, "Europe/Berlin", "2025-10-26T02:00"),
        ("2025-03-30T01:10", Interval.HOUR, "Europe/Berlin", "2025-03-30T01:00"),
        ("2025-10-26T00:45", Interval.HOUR, "Asia/Kolkata", "2025-10-26T00:30"),
        ("2025-10-26T22:59", Interval.DAY, "Europe/Berlin", "2025-10-25T22:00"),
        ("2025-10-26T23:00", Interval.DAY, "Europe/Berlin", "2025-10-26T23:00"),
        ("2025-10-26T22:59", Interval.WEEK, "Europe/Berlin", "2025-10-19T22:00"),
        ("2025-10-26T22:59", Interval.QUARTER, "Europe/Berlin", "2025-09-30T22:00"),
        ("2025-10-26T22:59", Interval.YEAR, "UTC", "2025-01-01T00:00"),
    ],
)
def test_the_start_of_an_interval(moment: str, interval: Interval, zone: str, start: str) -> None:
    found = find_start(datetime.fromisoformat(moment).replace(tzinfo=UTC), interval, ZoneInfo(zone))

    assert found == datetime.fromisoformat(start).replace(tzinfo=UTC)
