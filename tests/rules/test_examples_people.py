"""The roster that comes with the project leaves no hour without somebody to page."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import get_args

import pytest

from services.roster import Role, check, gaps, parse
from services.yaml_text import read_yaml

EXAMPLES = Path(__file__).parents[2] / "examples"
PEOPLE = sorted((EXAMPLES / "people").glob("*.yaml"))
QUEUES = ("rapid-response", "event-management", "problem-resolution", "problem-resolution/kk", "entitlement-review")


@pytest.mark.parametrize("path", PEOPLE, ids=lambda path: path.name)
def test_an_example_roster_has_nothing_wrong_with_it(path: Path) -> None:
    assert check(read_yaml(path.read_text())) == []


@pytest.mark.parametrize("path", PEOPLE, ids=lambda path: path.name)
def test_somebody_of_every_role_is_on_call_at_every_hour_of_two_years(path: Path) -> None:
    roster = parse(read_yaml(path.read_text()))
    start = datetime(2026, 2, 1, tzinfo=UTC)
    assert gaps(roster, get_args(Role), start, start + timedelta(days=730), QUEUES) == ()


def test_a_delivery_manager_named_by_an_example_contract_is_one_of_the_people() -> None:
    people = {person.id for path in PEOPLE for person in parse(read_yaml(path.read_text())).people}
    paths = list((EXAMPLES / "contracts").glob("*.yaml"))
    assert paths
    for path in paths:
        contract = read_yaml(path.read_text())
        assert isinstance(contract, dict)
        assert contract["delivery_manager"] in people
