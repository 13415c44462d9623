"""Corrected to another customer's contract: whoever has it now reads what is theirs, and nothing of whose it was."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from tests.harness.world import Case, World, world

#: Names, words and numbers that were only ever said under Steppe's contract.
THEIRS = ("WO-1", "Steppe", "Erlan", "ceo", "steppe-secret")
VOLGA = [
    {"id": "vera", "name": "Vera", "roles": ["reactive-contact"], "email": "vera@volga.example"},
    {"id": "boris", "name": "Boris", "roles": ["executive"], "email": "boris@volga.example"},
]  # fmt: skip
REPORTER = {"name": "Vera", "email": "vera@volga.example"}


@dataclass
class Moved:
    """An incident of Steppe's until it turned out to be Volga's; keys of each, and of both."""

    there: World
    case: Case
    steppe: Mapping[str, str]
    volga: Mapping[str, str]
    both: Mapping[str, str]

    async def reads(self, key: Mapping[str, str] | None, path: str) -> str:
        """What a key reads there."""
        answer = await self.there.web.get(path.format(id=self.case.id), headers=key)
        return f"{answer.status_code} {answer.text}"


def _theirs(answer: str) -> list[str]:
    return [word for word in THEIRS if word in answer]


async def _key(there: World, *contracts: str) -> dict[str, str]:
    body = {"name": "portal", "scopes": ["view", "work"], "contracts": list(contracts)}
    made = await there.web.post("/v1/keys", json=body)
    await there.rests()
    return {"Authorization": f"Bearer {made.json()['key']}"}


@asynccontextmanager
async def moved(database: str) -> AsyncIterator[Moved]:
    """Everything happens to it under Steppe's contract; then it is corrected."""
    async with world(database) as there:
        await there.signs(services=["base", "rapid-response"])
        await there.signs(number="WO-2", customer="Volga", contacts=VOLGA)
        for id_, role in (("ana", "crisis-manager"), ("eng", "engineer"), ("dan", "duty-manager")):
            await there.employs(id_, role)
        case = await there.reports(reporter=REPORTER)
        keys = [await _key(there, *numbers) for numbers in (("WO-1",), ("WO-2",), ("WO-1", "WO-2"))]
        await case.happens("responses", by="eng", message="steppe-secret: we look")
        await case.happens("executive-notifications", by="ana", side="customer", reason="steppe-secret: tell Erlan")
        await case.happens("questions", by="eng", text="steppe-secret: may we?", to="resources")
        await there.passes(minutes=61)
        await case.happens("customer-replies", by="Erlan", text="steppe-secret: yes")
        await case.happens("corrections", by="eng", changes={"contract": "WO-2"}, reason="steppe-secret: not Steppe's")
        await case.happens("updates", by="eng", status="we go on")
        yield Moved(there, case, *keys)
        there.read |= {message["id"] for message in await there.mailbox()}


PATHS = (
    "/v1/incidents/{id}", "/v1/incidents", "/v1/incidents/{id}/timeline?limit=200", "/v1/incidents/{id}/explanation",
    "/v1/attainment", "/v1/clocks?incident={id}&limit=200", "/v1/escalations?incident={id}", "/v1/proposals?incident={id}",
    "/v1/pages?incident={id}", "/v1/queues/problem-resolution/incidents",
)  # fmt: skip


async def test_who_has_it_now_reads_nothing_of_whose_it_was(database: str) -> None:
    async with moved(database) as it:
        told = {path: await it.reads(it.volga, path) for path in PATHS}
        assert {path: answer[:3] for path, answer in told.items() if not answer.startswith("200")} == {}
        assert {path: _theirs(answer) for path, answer in told.items() if _theirs(answer)} == {}


async def test_a_key_without_contracts_and_one_of_both_read_all_of_it(database: str) -> None:
    async with moved(database) as it:
        for path in ("/v1/incidents/{id}/timeline?limit=200", "/v1/pages?incident={id}", "/v1/proposals?incident={id}"):
            for key in (None, it.both):
                assert _theirs(await it.reads(key, path)), path
        facts = json.loads((await it.reads(it.both, PATHS[2]))[4:])["items"]
        assert facts[0]["type"] == "incident.reported"
        (corrected,) = [fact for fact in facts if fact["type"] == "incident.corrected"]
        assert corrected["summary"] == "eng corrected what was reported. steppe-secret: not Steppe's"


async def test_who_has_it_now_reads_what_was_said_since(database: str) -> None:
    async with moved(database) as it:
        shown = json.loads((await it.reads(it.volga, "/v1/incidents/{id}"))[4:])
        assert (shown["contract"], shown["customer"], shown["service"]) == ("WO-2", "Volga", "base")
        assert {clock["name"] for clock in shown["clocks"]} >= {"status_update", "crisis_manager"}
        facts = json.loads((await it.reads(it.volga, "/v1/incidents/{id}/timeline?limit=200"))[4:])["items"]
        assert facts[0]["type"] == "incident.corrected"
        assert facts[0]["summary"] == "eng corrected what was reported."
        assert {"incident.routed", "clock.kept", "clock.started", "incident.updated"} <= {
            fact["type"] for fact in facts
        }
        told = json.loads((await it.reads(it.volga, "/v1/incidents/{id}/explanation"))[4:])
        assert [one["inputs"]["contract"]["number"] for one in told["decisions"]] == ["WO-2"]
        listed = json.loads((await it.reads(it.volga, "/v1/clocks?incident={id}&limit=200"))[4:])["items"]
        assert {clock["name"] for clock in listed} == {clock["name"] for clock in shown["clocks"]}


async def test_whose_it_was_reads_nothing_of_it_any_more(database: str) -> None:
    async with moved(database) as it:
        for path in PATHS:
            answer = await it.reads(it.steppe, path)
            assert answer.startswith("404") or it.case.id not in answer, path
            assert "Volga" not in answer, path
            assert "WO-2" not in answer, path


async def test_a_replay_and_an_action_show_who_has_it_now_what_is_theirs(database: str) -> None:
    async with moved(database) as it:
        await it.there.signs(number="WO-1", services=["base"])
        for action, body in (("replay", {"by": "x"}), ("updates", {"by": "x", "status": "more"})):
            answer = await it.there.web.post(f"/v1/incidents/{it.case.id}/{action}", json=body, headers=it.volga)
            assert answer.status_code == 200
            assert _theirs(answer.text) == []
