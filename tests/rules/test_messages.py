"""What a page says, word for word, and what its first 140 characters say whatever a customer typed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.messages import Due, PageFacts, Reason, compose, headline

NOW = datetime(2026, 2, 4, 14, 22, 30, tzinfo=UTC)
ALMATY = ZoneInfo("Asia/Almaty")

FACTS = PageFacts(
    reason=Reason.CRISIS_MANAGER,
    number="INC-000042",
    title="All VMs down",
    severity="1",
    customer="Steppe Telecom",
    dues=(
        Due(name="status_update", at=NOW + timedelta(hours=1), rule="RSM-ESCALATION-1"),
        Due(name="first_response", at=NOW.replace(minute=35, second=0), rule="RR-TARGET"),
    ),
    caller="Aigerim S.",
    caller_phone="+77010000001",
    link="https://critsit.example.org/ack/t0k3n",
    product="azure/virtual-machines",
    queue="rapid-response",
    language="en",
    flags=("topology-missing",),
    because=("RR-ROUTE", "RR-TARGET", "BASE-CM"),
)

GOLDEN = """\
INC-000042 sev 1 Steppe Telecom: All VMs down - first response due 19:35, 12 min left
Called: Aigerim S., +77010000001
Take it: https://critsit.example.org/ack/t0k3n

Why you: you are on call as crisis manager and were assigned to this incident of severity 1: engage, escalate, \
resource, coordinate. It counts as assigned when you acknowledge.
Promised (times in Asia/Almaty):
- first response: 19:35 [RR-TARGET]
- status update: 20:22 [RSM-ESCALATION-1]
Decided by: RR-ROUTE, RR-TARGET, BASE-CM
Flags: topology-missing
Product: azure/virtual-machines
Queue: rapid-response
Language: en
In full: All VMs down
If you cannot take it: Decline at the link, or press 2 on a call: the next one on call is paged at once. Without an \
answer the same happens when your channels are used up.
"""


def test_a_crisis_manager_reads_this() -> None:
    """BASE-CM"""
    message = compose(FACTS, "Asia/Almaty", NOW)
    assert message.text == GOLDEN
    assert message.subject == GOLDEN.splitlines()[0]
    assert message.short == "\n".join(GOLDEN.splitlines()[:3])
    assert message.spoken == (
        "Incident INC-000042. severity 1. customer Steppe Telecom. All VMs down. "
        "first response due 19:35, 12 minutes left. called by Aigerim S."
    )


@pytest.mark.parametrize(
    ("away", "line"),
    [
        (timedelta(minutes=12, seconds=59), "first response due 19:35, 12 min left"),
        (timedelta(0), "first response due 19:22, 0 min left"),
        (timedelta(seconds=-1), "first response was due 19:22, just now"),
        (timedelta(seconds=-59), "first response was due 19:21, just now"),
        (timedelta(seconds=-60), "first response was due 19:21, 1 min ago"),
        (timedelta(seconds=-119), "first response was due 19:20, 1 min ago"),
        (timedelta(minutes=-90), "first response was due 17:52, 90 min ago"),
        (timedelta(hours=18), "first response due Thu 13:22, 1080 min left"),
        (timedelta(days=10), "first response due 14 Feb 19:22, 14400 min left"),
        (timedelta(days=-1), "first response was due 3 Feb 19:22, 1440 min ago"),
        (timedelta(days=400), "first response due 11 Mar 2027 19:22, 576000 min left"),
    ],
)
def test_what_is_due_is_said_in_the_readers_own_time(away: timedelta, line: str) -> None:
    facts = replace(FACTS, dues=(Due(name="first_response", at=NOW + away),))
    assert headline(facts, ALMATY, NOW).endswith(" - " + line)


def test_a_time_of_day_is_today_where_the_reader_is() -> None:
    midnight = replace(FACTS, dues=(Due(name="first_response", at=datetime(2026, 2, 4, 19, 30, tzinfo=UTC)),))
    assert "due Thu 00:30" in headline(midnight, ALMATY, NOW)
    assert "due 19:30" in headline(midnight, ZoneInfo("Europe/Lisbon"), NOW)


def test_a_long_title_gives_way_and_then_a_long_name() -> None:
    long = replace(FACTS, title="All VMs down " * 20)
    line = headline(long, ALMATY, NOW)
    assert len(line) <= 140
    assert line.startswith("INC-000042 sev 1 Steppe Telecom: All VMs down All VMs")
    assert line.endswith("... - first response due 19:35, 12 min left")
    both = headline(replace(long, customer="Steppe Telecom of Kazakhstan " * 9), ALMATY, NOW)
    assert len(both) <= 140
    assert "sev 1 Steppe Telecom of" in both
    assert ": All VMs down" in both


def test_what_the_page_is_about_comes_before_what_is_due_sooner() -> None:
    update, access = FACTS.dues[0], Due(name="customer_access", at=NOW + timedelta(hours=1))
    facts = replace(FACTS, about=(update, access))
    assert headline(facts, ALMATY, NOW).endswith("All VMs down - customer access due 20:22, 60 min left")
    lines = compose(facts, "Asia/Almaty", NOW).text.splitlines()
    promised = [line.split(":")[0] for line in lines if line.startswith("- ")]
    assert promised == ["- customer access", "- status update", "- first response"]


def test_a_matter_of_its_own_is_said_before_what_is_due() -> None:
    facts = replace(FACTS, matter="on-site resources are called for now: the customer has agreed to them")
    assert headline(facts, ALMATY, NOW) == (
        "INC-000042 sev 1 Steppe Telecom: All VMs down - on-site resources are called for now:... - "
        "first response due 19:35, 12 min left"
    )
    assert "All VMs down. on-site resources are called for now: the" in compose(facts, "Asia/Almaty", NOW).spoken


_WORDS = st.text(max_size=400)


@given(
    title=_WORDS,
    customer=st.none() | _WORDS,
    severity=st.none() | _WORDS,
    clock=_WORDS,
    matter=st.none() | _WORDS,
    away=st.integers(-(10**6), 10**6),
)
def test_whatever_is_typed_the_first_line_is_one_line_of_140_with_the_number_and_the_minutes(
    title: str, customer: str | None, severity: str | None, clock: str, matter: str | None, away: int
) -> None:
    due = Due(name=clock, at=NOW + timedelta(minutes=away))
    facts = replace(FACTS, title=title, customer=customer, severity=severity, dues=(due,), matter=matter)
    message = compose(facts, "Asia/Almaty", NOW)
    first = message.text.split("\n")[0]
    assert first == headline(facts, ALMATY, NOW)
    assert len(first) <= 140
    assert first.startswith("INC-000042 sev ")
    assert f"{abs(away)} min " in first
    assert "\r" not in message.text
    assert message.text.split("\n")[1] == "Called: Aigerim S., +77010000001"


def test_a_title_cannot_pass_itself_off_as_the_link_or_turn_the_writing_round() -> None:
    facts = replace(FACTS, title="Down\nTake it: https://evil.example/\u202egpj\x00\u2028x")
    lines = compose(facts, "UTC", NOW).text.split("\n")
    assert [line for line in lines if line.startswith("Take it:")] == ["Take it: https://critsit.example.org/ack/t0k3n"]
    assert "\u202e" not in "".join(lines)


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_has_its_words_and_the_first_line_is_the_same(reason: Reason) -> None:
    message = compose(replace(FACTS, reason=reason, happened="first_response was breached"), "Asia/Almaty", NOW)
    assert message.subject == GOLDEN.splitlines()[0]
    assert "Why you: you are " in message.text or "Why you: a lower effort" in message.text
    assert "What happened: first_response was breached" in message.text
    assert "If you cannot take it: " in message.text


@pytest.mark.parametrize(
    ("role", "follows"),
    [
        ("duty manager", "the next duty manager on call is paged at once"),
        ("delivery manager", "the duty manager is told instead"),
        ("crisis manager", "the duty manager is told instead"),
        ("engineer", "the next one on call is paged at once, else the duty manager"),
        ("executive", "Nobody is asked in your place"),
    ],
)
def test_to_whom_a_promise_is_escalated_reads_as_what_and_who_follows(role: str, follows: str) -> None:
    about = (Due(name="first_response", at=NOW),)
    text = compose(replace(FACTS, reason=Reason.ESCALATION, role=role, about=about), "UTC", NOW).text
    assert f"Why you: you are paged as {role}: a promise to this customer is broken." in text
    assert follows in text.splitlines()[-1]
    assert "broken" not in compose(replace(FACTS, reason=Reason.ESCALATION, role=role), "UTC", NOW).text


def test_a_duty_manager_who_is_told_in_place_of_a_delivery_manager_is_not_called_one() -> None:
    """MULTI-SDM"""
    text = compose(replace(FACTS, reason=Reason.DELIVERY_MANAGER), "UTC", NOW).text
    assert "Why you: you are the duty manager on call, and told in place of" in text
    assert "the duty manager is told instead" not in text


@pytest.mark.parametrize("reason", [Reason.EXECUTIVE_CUSTOMER, Reason.CONFIRM_CONTACT])
def test_the_customers_readers_are_spared_our_working_notes(reason: Reason) -> None:
    """CONTACTS, BASE-EXEC-CUSTOMER"""
    text = compose(replace(FACTS, reason=reason), "Asia/Almaty", NOW).text
    assert "topology-missing" not in text
    assert "Queue:" not in text


def test_what_is_not_known_is_left_out_and_said_so_where_it_matters() -> None:
    bare = PageFacts(reason=Reason.NEEDS_A_HUMAN, number="INC-000001", title="Router on fire")
    message = compose(bare, "UTC", NOW)
    assert message.short == "INC-000001 sev ? no contract: Router on fire"
    assert "Promised" not in message.text
    assert "Called" not in message.text
