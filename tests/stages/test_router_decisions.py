"""Decisions at the router: made once a change, under the terms an incident was opened under, in few statements.

A customer's promise doesn't move because a contract or a catalogue is stored anew.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from backbone.log.event import Event
from events.incidents import DowngradeDecided, ImpactChanged, IncidentClosed, IncidentCorrected, SeverityAssessed
from services.report import REPORT
from tests.harness.router import Office, office
from tests.harness.statements import statements
from tests.harness.work_orders import incident, work_order

INC = "inc-1"


async def _routed(router: Office) -> list[dict[str, Any]]:
    return await router.said_of("incident.routed")


def _due(routed: dict[str, Any], name: str = "first_response") -> datetime:
    found = next(clock["due_at"] for clock in routed["decision"]["clocks"] if clock["name"] == name)
    return datetime.fromisoformat(found).astimezone(UTC)


async def test_a_report_is_decided_once_whatever_comes_twice(database: str) -> None:
    async with office(database) as router:
        await router.stores(work_order())
        reported = router.reported(INC)
        await router.hears([reported])
        await router.hears([reported, reported])
        assert len(await _routed(router)) == 1
        assert await router.one("select count(*) from decision") == 1


async def test_two_replicas_decide_one_report_once(database: str) -> None:
    async with office(database) as router, office(database, router.time) as other:
        await router.stores(work_order())
        reported = router.reported(INC)
        await router.hears([reported])
        await other.hears([reported])
        assert await router.one("select count(*) from decision") == 1


async def test_a_change_is_decided_under_the_contract_the_incident_was_opened_under(database: str) -> None:
    """MISSION: an exhibit that is changed later holds for what comes later."""
    solution = {"id": "core", "products": ["azure/*"], "exhibit": {"first_response": {"1": "PT5M", "A": "PT10M"}}}
    order = work_order(services=["base", "mission-critical"], solutions=[solution])
    async with office(database) as router:
        await router.stores(order)
        await router.reports(INC, impact="critical_degraded")
        slower = solution | {"exhibit": {"first_response": {"1": "PT50M", "A": "PT55M"}}}
        await router.stores(order | {"solutions": [slower]})
        await router.tells(INC, ImpactChanged("cust", "critical_down", "worse"))
        first, second = await _routed(router)
        now = router.time.now()
        assert ((_due(first) - now).seconds, (_due(second) - now).seconds) == (600, 300)
        assert [one["inputs"]["contract"]["version"] for one in (first, second)] == [1, 1]
        await router.reports("inc-2")
        (third,) = await _routed(router)
        assert ((_due(third) - now).seconds, third["inputs"]["contract"]["version"]) == (3000, 2)


async def test_a_correction_of_the_contract_takes_it_as_it_is_then_and_keeps_it(database: str) -> None:
    """TERM, CONTACTS: an entitlement review ends with the contract that a person sets."""
    async with office(database) as router:
        await router.reports(INC, contract=None)
        await router.stores(work_order())
        await router.stores(work_order(services=["base", "rapid-response"]))
        fixed = REPORT.validate_python(incident())
        await router.tells(INC, IncidentCorrected("eng", {"contract": "WO-1"}, fixed, "found it"))
        await router.stores(work_order())
        await router.tells(INC, SeverityAssessed("eng", "A", "not all is down"))
        first, second, third = await _routed(router)
        assert (first["decision"]["queue"], first["inputs"]["contract"]) == ("entitlement-review", None)
        assert (second["decision"]["service"], second["inputs"]["contract"]["version"]) == ("rapid-response", 2)
        assert (third["decision"]["service"], third["inputs"]["contract"]["version"]) == ("rapid-response", 2)


async def test_a_contract_that_comes_after_the_report_holds_once_somebody_confirms_it(database: str) -> None:
    async with office(database) as router:
        await router.reports(INC)
        await router.stores(work_order())
        await router.tells(INC, SeverityAssessed("eng", "B", "it is slow"))
        await router.tells(
            INC, IncidentCorrected("eng", {"contract": "WO-1"}, REPORT.validate_python(incident()), "so")
        )
        assert [one["decision"]["queue"] for one in await _routed(router)] == [
            "entitlement-review", "entitlement-review", "problem-resolution",
        ]  # fmt: skip


async def test_a_change_is_decided_under_the_catalogue_the_incident_was_opened_under(
    database: str, tmp_path: Path
) -> None:
    shipped = Path(__file__).parents[2] / "services/catalogue/enterprise"
    for file in shipped.glob("*.yaml"):
        text = file.read_text(encoding="utf-8")
        (tmp_path / file.name).write_text(text.replace("PT15M", "PT17M"), encoding="utf-8")
    async with office(database) as router:
        await router.stores(work_order())
        await router.reports(INC, impact="moderate")
        before = router.event(INC, ImpactChanged("cust", "critical_down", "worse"))
        now = router.time.now()
        (first,) = await _routed(router)
        async with office(database, router.time, catalogue=tmp_path) as changed:
            await changed.said()
            await changed.hears([before])
            (second,) = await _routed(changed)
            assert second["inputs"]["catalogue"] == first["inputs"]["catalogue"]
            assert (_due(second) - now).seconds == 15 * 60
            await changed.hears([router.reported("inc-2")])
            (third,) = await _routed(changed)
            assert third["inputs"]["catalogue"] != first["inputs"]["catalogue"]
            assert (_due(third) - now).seconds == 17 * 60


async def test_a_raised_severity_counts_from_the_change_and_a_lowered_one_from_the_submission(database: str) -> None:
    """SEV-CHANGE."""
    async with office(database) as router:
        await router.stores(work_order())
        submitted = router.time.now()
        await router.reports(INC, impact="moderate")
        router.time.passes(minutes=30)
        raised = router.time.now()
        await router.tells(INC, ImpactChanged("cust", "critical_down", "worse"))
        router.time.passes(minutes=30)
        await router.tells(INC, ImpactChanged("cust", "critical_degraded", "better"))
        _, second, third = await _routed(router)
        assert (_due(second) - raised).seconds == 900
        assert (_due(third) - submitted).seconds == 3600


async def test_a_person_of_the_provider_sets_the_severity_until_the_customer_states_another_impact(
    database: str,
) -> None:
    """SEV-ASSIGN, SEV-CHANGE."""
    async with office(database) as router:
        await router.stores(work_order())
        await router.reports(INC)
        await router.tells(
            INC, SeverityAssessed("eng", "B", "one of many"), ImpactChanged("cust", "critical_degraded", "half of them")
        )
        assert [one["decision"]["severity"] for one in await _routed(router)] == ["1", "B", "A"]


async def test_an_accepted_downgrade_lowers_the_severity_and_a_rejected_one_changes_nothing(database: str) -> None:
    """SEV-DOWNGRADE."""
    async with office(database) as router:
        await router.stores(work_order())
        await router.reports(INC)
        await router.tells(
            INC,
            DowngradeDecided("eng", "reject", "they did answer", "severity", "B"),
            DowngradeDecided("eng", "accept", "nobody answers", "severity", "B"),
        )
        assert [one["decision"]["severity"] for one in await _routed(router)] == ["1", "B"]


async def test_in_rapid_response_the_effort_is_reduced_and_the_severity_stays(database: str) -> None:
    """SEV-DOWNGRADE, RR-TARGET."""
    async with office(database) as router:
        await router.stores(work_order(services=["base", "rapid-response"]))
        await router.reports(INC)
        await router.tells(INC, DowngradeDecided("eng", "accept", "nobody answers", "coverage", "business-hours"))
        found = [(one["decision"]["severity"], one["decision"]["coverage"]) for one in await _routed(router)]
        assert found == [("1", "24x7"), ("1", "business-hours")]


async def test_what_is_closed_is_decided_no_more(database: str) -> None:
    async with office(database) as router:
        await router.stores(work_order())
        await router.reports(INC)
        await router.tells(INC, IncidentClosed("eng", "done"), ImpactChanged("cust", "moderate", "still slow"))
        assert len(await _routed(router)) == 1


@pytest.mark.parametrize("many", [1, 100])
async def test_a_batch_takes_as_many_statements_as_one_report(database: str, many: int) -> None:
    async with office(database) as router:
        await router.stores(work_order())
        await router.reports("warm")
        batch = [router.reported(f"inc-{n}", impact="moderate") for n in range(many)]
        assert await _statements(router, batch) <= 9


async def test_a_batch_of_changes_takes_few_statements_too(database: str) -> None:
    async with office(database) as router:
        await router.stores(work_order())
        await router.hears([router.reported(f"inc-{n}", impact="moderate") for n in range(50)])
        changes = [router.event(f"inc-{n}", ImpactChanged("cust", "critical_down", "worse")) for n in range(50)]
        assert await _statements(router, changes) <= 9


async def _statements(router: Office, events: list[Event]) -> int:
    async with statements(router.ground.engine) as sent:
        await router.hears(events)
    assert sent
    return len(sent)


async def test_an_event_is_looked_at_by_the_severitys_change_and_never_by_a_corrections(database: str) -> None:
    """AEM-PREPOST, SEV-CHANGE: what is corrected a day after the event keeps the event's terms."""
    event = {
        "id": "launch", "starts_at": "2026-02-04T00:00:00Z", "ends_at": "2026-02-05T00:00:00Z", "form": "launch",
        "confirmed_at": "2025-11-01T00:00:00Z", "products": ["azure/*"],
    }  # fmt: skip
    async with office(database) as router:
        await router.stores(work_order(services=["base", "event-management"], events=[event]))
        await router.reports(INC, form={"id": "launch"}, title="It is brokne")
        router.time.passes(hours=36)
        fixed = REPORT.validate_python(incident(form={"id": "launch"}))
        await router.tells(INC, IncidentCorrected("eng", {"title": "It is broken"}, fixed, "a slip"))
        await router.tells(INC, ImpactChanged("cust", "critical_down", "still down"))
        first, corrected, changed = await _routed(router)
        assert [one["decision"]["severity"] for one in (first, corrected, changed)] == ["1", "1", "B"]
        assert corrected["inputs"]["window_at"] == first["inputs"]["submitted_at"]
        assert changed["inputs"]["window_at"] is None


async def test_of_a_correction_to_another_contract_that_customer_s_administrator_is_told_anew(database: str) -> None:
    """CONTACTS, ADMIN: who reports is confirmed by the customer whose incident it is."""
    stranger = {"name": "Somebody", "email": "some@body.example"}
    contacts = [{"id": "ivan", "name": "Ivan", "roles": ["administrator"], "email": "ivan@other.example"}]
    async with office(database) as router:
        await router.stores(work_order())
        await router.stores(work_order(number="WO-2", customer="Other", contacts=contacts))
        await router.reports(INC, impact="minimal", reporter=stranger)
        theirs = REPORT.validate_python(incident(impact="minimal", reporter=stranger, contract="WO-2"))
        for _ in range(2):
            await router.tells(INC, IncidentCorrected("eng", {"contract": "WO-2"}, theirs, "it is theirs"))
        assert [told["people"] for told in await router.said_of("people.assigned")] == [["dana"], ["ivan"]]
