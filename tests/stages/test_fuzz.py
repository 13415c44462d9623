"""Sound bodies, bent at one to four places by a seeded hand, at every kind of route: nothing of them makes a 5xx.

What is refused is a problem whose pointers lead into what was sent; what is taken poisons no stage behind it.
"""

from __future__ import annotations

import copy
import json
import random
from typing import Any

import httpx2
import pytest

from tests.harness.router import person, rotation
from tests.harness.work_orders import incident, work_order
from tests.harness.world import World, world

SEEDS = (10, 11, 12)
ROUNDS = 45

JUNK: list[Any] = [
    None, True, False, 0, -1, 7, 2**31, 2**63, 10**30, 1e308, -0.0, 1e-300, float("nan"), float("inf"), "", " ", "x",
    "x" * 5000, "\x00", "a\x00b", "\ud800", "\u202e", "💣", "../..", "%00", "'; --", "{{7*7}}", [], {}, [[]], [None],
    [[[[[]]]]], {"": 1}, {"a/b~c": 1}, {"id": []}, "PT5M", "P1Y", "PT0S", "-PT1H", "9999-12-31", "0001-01-01", "2026-02-30",
    "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-14:00", "2026-03-29T01:30:00", "24:00", "25:61", "*", "[", "**/*",
    "a@b.c", "+1", "+351910000001", "Europe/Lisbon", "Factory", "posixrules", "KZ", "XX", "en", "zz-ZZ", "A", "1", "all", "one",
    [["09:00", "09:00"]], {"mon": [["00:00", "24:00"]]}, {"every": "PT0S", "starts_at": "2026-01-05T09:00"},
    {"every": "PT1S", "starts_at": "0001-01-01T00:00"}, ["x"] * 300,
]  # fmt: skip

ORDER = work_order(
    number="WO-2",
    services=["base", "rapid-response", "event-management", "mission-critical", "onsite", "designated-engineering"],
    events=[{"id": "e", "name": "e", "starts_at": "2026-06-01T08:00:00Z", "ends_at": "2026-06-02T08:00:00Z",
             "confirmed_at": "2026-04-06T08:00:00Z", "products": ["azure/*"], "solution": "shop", "form": "f"}],
    solutions=[{"id": "s", "products": ["azure/sql*"], "exhibit": {"first_response": {"1": "PT5M", "A": "PT10M"}}}],
    balances={"onsite_visits": 2, "dse_hours": 40, "rsm_hours": 10},
    flex={"allowance": 100, "allocations": [{"to": "proactive-credits", "amount": 20},
                                            {"to": "enhanced-services", "amount": 80}]},
    bookings=[{"id": "b", "service": "assessment", "location": "almaty", "requested_on": "2026-03-01",
               "starts_on": "2026-05-01", "price": 12000}],
    designated={"products": ["azure/*"], "location": "almaty"}, management_hours={"time_zone": "UTC"},
    office365_users=["a@b.example"], delivery_manager="dm",
)  # fmt: skip
REPORT = incident(
    requested_severity="1", kind="problem", solution="s", description="d", location="almaty", reference=None,
    form={"id": "f", "answers": {"q": ["a"]}}, vendor={"name": "v", "contact": "c", "reference": "r"},
    submitted_at="2026-02-04T08:59:00Z", prerelease=False,
)  # fmt: skip
ROTATION = rotation("engineer", "ana", "bo", name="fuzzed") | {
    "on_call": "one", "shift": {"every": "week", "starts_at": "2026-01-05T09:00"}, "queues": ["rapid-*"],
    "hours": {"mon": [["08:00", "20:00"]], "sun": [["00:00", "24:00"]]},
}  # fmt: skip
POLICY = {
    "name": "fuzzed", "applies_to": {"clocks": ["first_response"], "severities": ["1"]},
    "levels": [{"after": "PT0M", "role": "duty-manager"}, {"after": "PT15M", "role": "delivery-manager"}],
}  # fmt: skip

SOUND: dict[str, tuple[str, str, Any]] = {
    "work order": ("PUT", "/v1/contracts/WO-2", ORDER),
    "check": ("POST", "/v1/contracts:check", ORDER),
    "conversion": ("POST", "/v1/contracts/WO-1/credits:convert",
                   {"credits": 10, "from": "almaty", "to": "lisbon", "rate": 1.5}),
    "person": ("PUT", "/v1/people/ana", person("ana", "crisis-manager", "engineer")),
    "rotation": ("PUT", "/v1/rotations/fuzzed", ROTATION),
    "override": ("PUT", "/v1/overrides/o1", {"rotation": "engineer-bo", "person": "ana", "replaces": "bo",
                                             "from": "2026-02-04T09:00:00Z", "to": "2026-02-05T09:00:00Z"}),
    "policy": ("PUT", "/v1/policies/fuzzed", POLICY),
    "report": ("POST", "/v1/incidents", REPORT),
    "batch": ("POST", "/v1/incidents:batch", {"items": [REPORT, REPORT | {"impact": "minimal"}]}),
    "simulation": ("POST", "/v1/simulations", {"incident": REPORT, "at": "2026-02-04T09:00:00Z", "contract": ORDER}),
    "claim": ("POST", "/v1/queues/problem-resolution/claims", {"by": "ana", "languages": ["en"]}),
    "key": ("POST", "/v1/keys", {"name": "k", "scopes": ["view"], "contracts": ["WO-1"]}),
    "question": ("POST", "/v1/incidents/{id}/questions", {"by": "ana", "text": "t", "to": "case-owner"}),
    "severity": ("POST", "/v1/incidents/{id}/severity-changes", {"by": "ana", "impact": "minimal", "reason": "r"}),
    "correction": ("POST", "/v1/incidents/{id}/corrections",
                   {"by": "ana", "changes": {"contract": "WO-1", "location": "lisbon", "language": "pt"}, "reason": "r"}),
    "effort": ("POST", "/v1/incidents/{id}/effort", {"by": "ana", "minutes": 30}),
    "owner": ("POST", "/v1/incidents/{id}/owner", {"by": "ana", "person": "bo"}),
}  # fmt: skip


def bent(sound: Any, hand: random.Random) -> Any:
    """The body with one to four of its places replaced, left out, added to, or swapped for another of its values."""
    raw = copy.deepcopy(sound)
    for _ in range(hand.randint(1, 4)):
        ways = [way for way in _ways(raw) if way]
        if not ways:
            return raw
        *keys, last = hand.choice(ways)
        place = raw
        for key in keys:
            place = place[key]
        match hand.randrange(6):
            case 0:
                del place[last]
            case 1 if isinstance(place, dict):
                place["no_such_field"] = hand.choice(JUNK)
            case 1 | 2 if isinstance(place, list):
                place.append(copy.deepcopy(hand.choice(place)))
            case _:
                place[last] = copy.deepcopy(hand.choice(JUNK))
    return raw


def _ways(value: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [way, *(found for key, item in items for found in _ways(item, (*way, key)))]


def tells_where(answer: httpx2.Response, sent: Any) -> None:
    """A 4xx is a problem; where a field is bad, each pointer leads into what was sent, or to what is missing there."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    told = answer.json()
    assert told["status"] == answer.status_code
    assert told["title"]
    if answer.status_code != 422:
        return
    assert told["errors"], told
    for error in told["errors"]:
        assert error["message"], told
        place = sent
        *keys, _ = (key.replace("~1", "/").replace("~0", "~") for key in error["pointer"].split("/"))
        for key in keys[1:]:
            assert isinstance(place, list) or key in place, (error, sent)
            place = place[int(key)] if isinstance(place, list) else place[key]


@pytest.mark.parametrize("seed", SEEDS)
async def test_what_is_bent_is_a_problem_or_is_taken_and_nothing_breaks(database: str, seed: int) -> None:
    hand = random.Random(seed)
    async with world(database) as there:
        await there.signs()
        await there.employs("bo", "engineer")
        case = await there.reports(impact="moderate")
        taken = refused = 0
        for _ in range(ROUNDS):
            for kind, (method, path, sound) in SOUND.items():
                sent = bent(sound, hand)
                body = json.dumps(sent).encode()
                answer = await there.web.request(
                    method, path.format(id=case.id), content=body, headers={"Content-Type": "application/json"}
                )
                assert answer.status_code < 500, (kind, sent, answer.text)
                assert answer.headers["x-request-id"]
                if answer.status_code >= 400:
                    refused += 1
                    tells_where(answer, sent)
                else:
                    taken += 1
        assert taken > ROUNDS
        assert refused > ROUNDS
        await there.rests()
        await _everything_can_be_read(there)


async def _everything_can_be_read(there: World) -> None:
    """What was taken comes out again; and no phone is looked at here."""
    for path in (
        "/v1/incidents",
        "/v1/contracts",
        "/v1/people",
        "/v1/rotations",
        "/v1/roster",
        "/v1/queues",
        "/v1/clocks",
    ):
        answer = await there.web.get(path)
        assert answer.status_code == 200, (path, answer.text)
    for item in (await there.gets("/v1/incidents", limit="200"))["items"]:
        for more in ("", "/timeline", "/explanation"):
            answer = await there.web.get(f"/v1/incidents/{item['id']}{more}")
            assert answer.status_code in (200, 404), (item, more, answer.text)
    there.read |= {message["id"] for message in await there.mailbox()}
