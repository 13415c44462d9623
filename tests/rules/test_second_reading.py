"""The decision against a second reading of the contract, for contracts and incidents that nobody thought of."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.durations import parse_duration
from services.simulate import simulate
from tests.harness.second_reading import Reading
from tests.harness.work_orders import CONTACTS, ENTERPRISE, LOCATIONS, work_order

NOW = datetime(2026, 6, 10, 10, tzinfo=UTC)
PRODUCTS = [
    "azure/virtual-machines", "azure/sql-database", "azure/storsimple", "azure/communication-services", "azure/billing",
    "azure/media-services", "azure/stack", "github/ae", "github/enterprise", "office365/exchange-online", "sql-server",
    "windows-server", "system-center/configuration-manager", "system-center/operations-manager", "dynamics/ax", "oracle/db",
]  # fmt: skip
BOUGHT = [
    "rapid-response", "event-management", "mission-critical", "office365-engineering", "developer", "cybersecurity",
    "github", "hotfix", "advisory", "onsite",
]  # fmt: skip
REPORTERS = [
    {"name": "Aigerim", "email": "AIGERIM@steppe.example"}, {"name": "Bolat", "email": "bolat@steppe.example"},
    {"name": "Dana", "email": "dana@steppe.example"}, {"name": "Erlan", "email": "erlan@steppe.example"},
    {"name": "Aigerim", "phone": "+77010000001"}, {"name": "Nobody"},
]  # fmt: skip


def _contract(any_: random.Random) -> dict[str, Any]:
    events, solutions = [], []
    for number in range(any_.randint(0, 3)):
        start = NOW + timedelta(days=any_.randint(-12, 18), hours=any_.randint(-3, 3))
        event = {
            "id": f"e{any_.randint(0, 9)}-{number}", "name": "An event", "starts_at": start.isoformat(),
            "ends_at": (start + timedelta(days=any_.randint(1, 4))).isoformat(),
            "confirmed_at": any_.choice([*[(start - timedelta(days=80)).isoformat()] * 5, None]),
            "form": any_.choice(["f1", "f2"]),
            "products": any_.choice([["azure/*"], ["azure/sql*"], ["azure/virtual-machines", "sql-server"]]),
        }  # fmt: skip
        more = {"solution": "shop", "details_on_file": any_.random() < 0.5}
        events.append(event | {name: value for name, value in more.items() if any_.random() < 0.4})
    for name in ("core", "pay")[: any_.randint(0, 2)]:
        exhibit = {
            clock: {
                any_.choice(["1", "A", "B"] if clock == "first_response" else ["1", "A"]): f"PT{any_.randint(3, 90)}M"
            }
            for clock in ("first_response", "crisis_manager", "status_update")
            if any_.random() < 0.5
        }
        products = any_.choice([["azure/sql*"], ["sql-server"], ["azure/*"]])
        solutions.append({"id": name, "products": products, "exhibit": exhibit})
    users = {"office365_users": any_.choice([None, ["Aigerim@Steppe.example"], ["z@x.example"]])}
    return work_order(
        services=["base", *any_.sample(BOUGHT, any_.randint(0, 8))], events=events, solutions=solutions,
        term={"from": "2026-01-01", "to": any_.choice(["2026-12-31", "2026-06-10", "2026-06-09"])},
        topology_on_file=any_.random() < 0.5, allows_prerelease=any_.choice([[], ["azure/*"]]),
        locations=LOCATIONS, contacts=CONTACTS, **(users if any_.random() < 0.6 else {}),
    )  # fmt: skip


def _incident(any_: random.Random) -> dict[str, Any]:
    channel = any_.choice(["portal", "portal", "portal", "phone", "monitoring", "api"])
    found = {
        "channel": channel, "impact": any_.choice(["critical_down", "critical_degraded", "moderate", "minimal"]),
        "title": "It is broken", "kind": any_.choice(["problem"] * 4 + ["advisory", "security", "hotfix", "development"]),
        "product": any_.choice(PRODUCTS), "reporter": any_.choice(REPORTERS),
    }  # fmt: skip
    if channel == "portal":
        found["portal"] = any_.choice(["azure-portal"] * 3 + ["services-hub", "office365-admin", "github"])
    sometimes: list[tuple[float, str, list[Any]]] = [
        (0.4, "language", ["en", "kk", "ru-RU", "pt", "en-GB", "de"]),
        (0.3, "location", ["almaty", "lisbon", "riyadh", "nowhere"]), (0.25, "solution", ["core", "shop", "pay", "none"]),
        (0.4, "form", [{"id": form, "answers": {}} for form in ("f1", "f2", "x")]),
        (0.3, "requested_severity", ["1", "A", "B", "C"]), (0.1, "prerelease", [True]),
    ]  # fmt: skip
    return found | {name: any_.choice(values) for odds, name, values in sometimes if any_.random() < odds}


@pytest.mark.parametrize("seed", range(8))
def test_both_readings_agree(seed: int) -> None:
    """AEM-WINDOW, RR-ROUTE, RR-EXCLUDES, MISSION, O365, CYBER, GITHUB, DEV, ADV, HOTFIX, LANG, TERM, CONTACTS"""
    any_ = random.Random(seed)
    for _ in range(250):
        contract = _contract(any_) if any_.random() < 0.95 else None
        incident = _incident(any_)
        at = NOW + timedelta(minutes=any_.randint(-4000, 4000))
        body = {"incident": incident, "contract": contract, "at": at.isoformat()}
        answer = simulate(body, ENTERPRISE, lambda _: None, now=at)
        found = {
            **{name: answer[name] for name in ("severity", "service", "queue", "language", "coverage")},
            **{name: set(answer[name]) for name in ("escalates_to", "executives", "flags")},
            "clocks": {clock["name"]: parse_duration(clock["target"]) for clock in answer["clocks"]},
        }
        assert found == Reading(incident, contract, at).read(), body
