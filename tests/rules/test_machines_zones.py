"""A machine whose own zones are wrong, or of another year, decides nothing: replicas and replays read the same ones."""

import zoneinfo
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path

import pytest

from notifier.messages import Due, PageFacts, Reason, compose
from services.assign import is_awake
from services.calendar.local_time import zone
from services.roster import gaps, on_call, parse

#: A Monday.
AT = datetime(2026, 2, 2, 14, 0, tzinfo=UTC)
ROSTER = parse(
    {
        "people": [
            {"id": id_, "name": id_, "roles": ["engineer"], "languages": ["en"], "time_zone": "Europe/Lisbon"}
            for id_ in ("ana", "bo")
        ],
        "rotations": [
            {"name": "r", "role": "engineer", "time_zone": "Europe/Lisbon", "members": ["ana", "bo"], "on_call": "one",
             "shift": {"every": "day", "starts_at": "2026-02-01T08:00"}, "hours": {"mon": [["08:00", "20:00"]]}}
        ],
    }
)  # fmt: skip


@pytest.fixture(autouse=True)
def lisbon_is_tokyo(tmp_path: Path) -> Iterator[None]:
    (tmp_path / "Europe").mkdir()
    (tmp_path / "Europe" / "Lisbon").write_bytes((files("tzdata") / "zoneinfo" / "Asia" / "Tokyo").read_bytes())
    before = zoneinfo.TZPATH
    zoneinfo.reset_tzpath([tmp_path])
    _forget()
    yield
    zoneinfo.reset_tzpath(before)
    _forget()


def _forget() -> None:
    zoneinfo.ZoneInfo.clear_cache()
    zone.cache_clear()


def test_who_is_on_call_and_awake_is_asked_by_our_own() -> None:
    assert AT.astimezone(zoneinfo.ZoneInfo("Europe/Lisbon")).hour == 23
    assert is_awake(ROSTER.people[0], AT)
    assert [found.person.id for found in on_call(ROSTER, "engineer", AT)] == ["bo"]
    (before, after) = gaps(ROSTER, ["engineer"], AT - timedelta(hours=12), AT + timedelta(hours=12))
    assert (before.end, after.start) == (AT.replace(hour=8), AT.replace(hour=20))


def test_a_page_shows_the_time_by_our_own() -> None:
    due = Due(name="first_response", at=AT + timedelta(minutes=15))
    facts = PageFacts(reason=Reason.ENGINEER, number="INC-1", title="down", dues=(due,))
    assert "due 14:15" in compose(facts, "Europe/Lisbon", AT).subject
