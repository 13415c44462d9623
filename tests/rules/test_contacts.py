"""Who a reporter is, whether it may report this way, and whether the work order is in its term."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from services.contract.contacts import contacts_of
from services.contract.entitlement import in_term, may_report
from services.contract.model import Contact, Contract, Location, Term
from services.report import Reporter

AIGERIM = Contact("aigerim", "Aigerim", ("reactive-contact",), "Aigerim@Steppe.example", "+77010000001")
BOLAT = Contact("bolat", "Bolat", ("cloud-administrator",), None, "+77010000002")
DESK = Contact("desk", "Desk", ("executive",), "desk@steppe.example", "+77010000002")
ORDER = Contract(
    number="WO-1",
    customer="Steppe Telecom",
    term=Term(date(2026, 1, 1), date(2026, 12, 31)),
    services=("base",),
    locations=(Location("almaty", "host", "KZ", "Asia/Almaty"),),
    contacts=(AIGERIM, BOLAT, DESK),
)


@pytest.mark.parametrize(
    ("email", "phone", "found"),
    [
        ("AIGERIM@steppe.EXAMPLE", None, (AIGERIM,)),
        (None, "+77010000001", (AIGERIM,)),
        ("aigerim@steppe.example", "+77010000001", (AIGERIM,)),
        ("aigerim@steppe.example", "+77010000002", (AIGERIM, BOLAT, DESK)),
        (None, "+77010000002", (BOLAT, DESK)),
        ("somebody@else.example", "+77019999999", ()),
        (None, None, ()),
    ],
)
def test_a_reporter_is_known_by_e_mail_without_case_or_by_phone(
    email: str | None, phone: str | None, found: tuple[Contact, ...]
) -> None:
    """CONTACTS"""
    assert contacts_of(ORDER, Reporter(name="x", email=email, phone=phone)) == found


def test_a_role_without_ways_reports_by_any_and_one_with_ways_only_by_those() -> None:
    """CONTACTS"""
    roles = {"reactive-contact": (), "cloud-administrator": ("azure-portal",)}
    assert may_report([AIGERIM], roles, lambda way: False)
    assert may_report([BOLAT], roles, lambda way: way == "azure-portal")
    assert not may_report([BOLAT], roles, lambda way: way == "services-hub")
    assert not may_report([DESK], roles, lambda way: True)
    assert not may_report([], roles, lambda way: True)


@pytest.mark.parametrize(
    ("at", "within"),
    [
        (datetime(2025, 12, 31, 18, 59, 59, tzinfo=UTC), False),
        (datetime(2025, 12, 31, 19, tzinfo=UTC), True),
        (datetime(2026, 12, 31, 18, 59, 59, tzinfo=UTC), True),
        (datetime(2026, 12, 31, 19, tzinfo=UTC), False),
    ],
)
def test_the_term_is_counted_in_days_of_the_host_location_and_its_last_one_belongs_to_it(
    at: datetime, within: bool
) -> None:
    """TERM"""
    assert in_term(ORDER, at) is within
