"""`critsit dead` against a running critsit: what it could not handle is found, understood, mended or passed over.

Nothing is set aside in silence, and nothing behind it is lost.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import asyncpg
import httpx2
import pytest

from backbone.postgres.cluster import Cluster
from tests.harness.up import Up, critsit

pytestmark = [pytest.mark.timeout(110), pytest.mark.slow]
REPORT = {"contract": "WO-1001", "impact": "critical_down", "reporter": {"name": "Aigerim S."}}

#: The router can't put an incident of that product on its desk: a fault that somebody can mend.
BREAK = """
create function router.breaks() returns trigger language plpgsql as $$ begin
    if new.doc::text like '%azure/poison%' then raise exception 'this page of the disk is gone'; end if;
    return new;
end $$;
create trigger breaks before insert on router.desk for each row execute function router.breaks();
"""
#: A decision that the router says and that nobody can read.
UNREADABLE = """
with router as (update router.subject set said = said + 1 where subject = '{id}' returning said)
insert into router.outbox (event_id, subject, sequence, urgent, type, payload, headers, after, occurred_at)
select gen_random_uuid(), '{id}', said, true, 'incident.routed', '{{"decision": "none"}}', '{{}}', '{{}}', now() from router
"""
MEND = "drop trigger breaks on router.desk; drop function router.breaks();"


@dataclass(frozen=True, slots=True)
class Running:
    """A critsit with the examples, its client with the admin key, and the way into its database."""

    up: Up
    client: httpx2.Client
    data: Path

    def dead(self, *words: str, key: str = "") -> CompletedProcess[str]:
        """Run `critsit dead`."""
        return critsit("dead", *words, url=self.up.told["url"], CRITSIT_KEY=key or self.up.told["key"])

    def sql(self, statements: str) -> None:
        """Run statements in its database, beside it."""

        async def run() -> None:
            connection = await asyncpg.connect(Cluster(self.data / "postgres").url)
            try:
                await connection.execute(statements)
            finally:
                await connection.close()

        asyncio.run(run())

    def reports(self, title: str, **headers: str) -> dict[str, Any]:
        """Report a crisis of a product that is called as its title is."""
        body = REPORT | {"title": title, "product": f"azure/{title.lower()}"}
        made = self.client.post("/v1/incidents", json=body, headers=headers)
        assert made.status_code == 201, made.text
        record: dict[str, Any] = made.json()
        return record

    def record(self, id_: str) -> dict[str, Any]:
        """An incident as it is now."""
        record: dict[str, Any] = self.client.get(f"/v1/incidents/{id_}").json()
        return record

    def sets_aside(self, stage: str, id_: str) -> str:
        """Wait until a stage has set an unreadable decision on an incident aside; answers the letter's id."""
        end = time.monotonic() + 20
        while time.monotonic() < end:
            for letter in self.client.get(f"/v1/{stage}/dead-letters").json()["items"]:
                if (letter["subject"], letter["type"]) == (id_, "incident.routed"):
                    return str(letter["id"])
            time.sleep(0.02)
        raise AssertionError(f"{stage} has set nothing aside")

    def hears(self, id_: str, type_: str, after: str = "0", **wanted: str) -> dict[str, Any]:
        """Wait for a fact about an incident, with these values."""
        query, end = {"incident": id_, "type": type_}, time.monotonic() + 20
        with self.client.stream("GET", "/v1/stream", params=query, headers={"Last-Event-ID": after}) as answer:
            for line in answer.iter_lines():
                assert time.monotonic() < end, f"{type_} never came"
                if line.startswith("data:"):
                    fact: dict[str, Any] = json.loads(line[5:])
                    if wanted.items() <= fact["data"].items():
                        return fact
        raise AssertionError(f"the stream ended before {type_}")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    data = tmp_path_factory.mktemp("dead") / "data"
    up = Up(data, "--port", "0", "--demo")
    told = up.ready()
    with httpx2.Client(base_url=told["url"], headers={"Authorization": f"Bearer {told['key']}"}, timeout=20) as client:
        try:
            yield Running(up, client, data)
        finally:
            assert up.ends()[0] == 0


def test_what_a_stage_could_not_handle_is_listed_shown_and_heard_again_once_the_cause_is_gone(running: Running) -> None:
    running.sql(BREAK)
    stuck = running.reports("Poison")
    fine = running.reports("Fine", Prefer="wait=5")
    assert fine["severity"] == "1"
    running.hears(stuck["id"], "incident.stuck", stage="router")
    assert running.record(stuck["id"])["flags"] == ["needs-human"]

    told = json.loads(running.dead("list", "router", "--json").stdout)
    letter, *behind = told["items"]
    assert (letter["subject"], letter["type"], letter["sequence"]) == (stuck["id"], "incident.reported", 1)
    assert "this page of the disk is gone" in letter["error"]
    assert {one["error"] for one in behind} <= {"held: an earlier event of its subject is"}
    id_ = str(letter["id"])
    listed = running.dead("list", "router")
    assert (listed.returncode, listed.stderr) == (0, "")
    assert listed.stdout.startswith(
        f"router {id_}  {letter['held_at']}  intake incident.reported of {stuck['id']}, number 1: "
    )
    shown = running.dead("show", "router", id_)
    assert shown.returncode == 0
    assert "this page of the disk is gone" in shown.stdout
    assert '"title": "Poison"' in shown.stdout
    assert json.loads(running.dead("show", "router", id_, "--json").stdout) == letter
    running.hears(stuck["id"], "page.delivered")
    (page,) = running.client.get("/v1/mailbox", params={"incident": stuck["id"]}).json()["items"]
    assert "router could not handle incident.reported" in page["text"]
    assert page["to"].startswith("dut-")

    answered = {"by": "Ana", "message": "We are looking"}
    assert running.client.post(f"/v1/incidents/{stuck['id']}/responses", json=answered).status_code == 200
    running.hears(stuck["id"], "incident.responded")
    vain = running.dead("replay", "router", id_)
    assert vain.returncode == 1
    assert "could still not be handled at router" in vain.stdout
    assert running.record(stuck["id"])["severity"] is None

    running.sql(MEND)
    done = running.dead("replay", "router", id_, "--json")
    assert (done.returncode, json.loads(done.stdout)) == (0, {"left": 0}), done.stderr
    running.hears(stuck["id"], "clock.met")
    running.hears(stuck["id"], "incident.mended", stage="router")
    record = running.record(stuck["id"])
    assert record["severity"] == "1"
    assert "needs-human" not in record["flags"]
    assert {c["name"]: c["state"] for c in record["clocks"]}["first_response"] == "met"
    assert running.dead("list", "router").stdout == "Nothing is set aside.\n"
    again = running.dead("replay", "router", id_)
    assert (again.returncode, again.stdout) == (1, "")
    assert again.stderr == f"There is no dead letter {id_}.\n"


def test_what_nobody_can_read_is_passed_over_at_each_stage_with_who_and_why_and_what_follows_is_heard(
    running: Running,
) -> None:
    incident = running.reports("Garbage", Prefer="wait=5")["id"]
    running.sql(UNREADABLE.format(id=incident))
    firsts = {stage: running.sets_aside(stage, incident) for stage in ("intake", "escalation", "notifier")}
    assert "needs-human" in running.record(incident)["flags"]
    answered = {"by": "Ana", "message": "We are looking"}
    assert running.client.post(f"/v1/incidents/{incident}/responses", json=answered).status_code == 200
    letters = json.loads(running.dead("list", "--json").stdout)["items"]
    assert {(one["stage"], str(one["id"])) for one in letters if one["type"] == "incident.routed"} == set(
        firsts.items()
    )

    silent = running.dead("discard", "intake", firsts["intake"])
    assert (silent.returncode, silent.stdout) == (2, "")
    assert "--reason" in silent.stderr
    for stage, id_ in firsts.items():
        done = running.dead("discard", stage, id_, "--reason", "nobody can read it", "--by", "dut-eva", "--json")
        assert (done.returncode, json.loads(done.stdout)) == (0, {"left": 0}), (stage, done.stderr)
        told = running.hears(incident, "event.discarded", stage=stage)
        assert (told["by"], told["data"]["reason"]) == ("dut-eva", "nobody can read it")
        assert told["summary"] == f"dut-eva had {stage} pass over incident.routed for good. nobody can read it"
    assert running.dead("list").stdout == "Nothing is set aside.\n"
    running.hears(incident, "clock.met")
    assert {c["name"]: c["state"] for c in running.record(incident)["clocks"]}["first_response"] == "met"


def test_over_http_they_are_the_managers_and_whoever_passes_over_one_is_known_by_the_key(running: Running) -> None:
    def may(*scopes: str, **more: list[str]) -> dict[str, str]:
        body = {"name": "the key", "scopes": scopes} | more
        made = running.client.post("/v1/keys", json=body)
        return {"Authorization": f"Bearer {made.json()['key']}"}

    incident = running.reports("Rubbish", Prefer="wait=5")["id"]
    running.sql(UNREADABLE.format(id=incident))
    path = "/v1/escalation/dead-letters"
    letter = running.sets_aside("escalation", incident)
    looks, bound, manages = may("view", "work", "report"), may("manage", contracts=["WO-1001"]), may("manage")
    for headers, status in ((looks, 403), (bound, 404), ({"Authorization": ""}, 401)):
        assert running.client.get(path, headers=headers).status_code == status
        for what in ("replay", "discard"):
            assert running.client.post(f"{path}/{letter}/{what}", headers=headers).status_code == status
    for body, pointer in (({"reason": 7}, "/reason"), ({"why": "x"}, "/why"), ({"by": "a\u0000b"}, "/by")):
        refused = running.client.post(f"{path}/{letter}/discard", json=body, headers=manages)
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, pointer)
    assert str(running.client.get(path, headers=manages).json()["items"][0]["id"]) == letter
    assert running.client.post(f"{path}/{letter}/discard", headers=manages).json() == {"left": 0}
    for stage in ("intake", "notifier"):
        letter = running.sets_aside(stage, incident)
        done = running.client.post(f"/v1/{stage}/dead-letters/{letter}/discard", headers=manages, json={"by": "Eva"})
        assert done.json() == {"left": 0}
    for stage, by in (("escalation", "the key"), ("notifier", "Eva"), ("intake", "Eva")):
        told = running.hears(incident, "event.discarded", stage=stage)
        assert (told["by"], told["data"]["reason"]) == (by, "")


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("show", "router", "4711"), 1, "There is no dead letter 4711 at router."),
        (("replay", "router", "4711"), 1, "There is no dead letter 4711."),
        (("discard", "notifier", "4711", "--reason", "x"), 1, "There is no dead letter 4711."),
        (("list", "kitchen"), 2, "There is no stage kitchen: intake, router, escalation, notifier."),
        (("replay", "kitchen", "1"), 2, "There is no stage kitchen: intake, router, escalation, notifier."),
    ],
)
def test_a_letter_or_a_stage_that_there_is_none_of_is_a_sentence(
    running: Running, words: tuple[str, ...], code: int, sentence: str
) -> None:
    done = running.dead(*words)
    assert (done.returncode, done.stdout, done.stderr) == (code, "", f"{sentence}\n")
    told = running.dead(*words, "--json")
    assert (told.returncode, told.stdout) == (code, "")
    assert json.loads(told.stderr)["error"] == sentence


def test_a_key_that_is_unknown_or_may_not_is_told_so(running: Running) -> None:
    unknown = running.dead("list", key="crk_nobody")
    assert (unknown.returncode, unknown.stdout, unknown.stderr) == (2, "", "This key is not known here.\n")
    made = running.client.post("/v1/keys", json={"name": "looks", "scopes": ["view"]}).json()
    may_not = running.dead("replay", "router", "1", key=made["key"])
    assert (may_not.returncode, may_not.stdout) == (2, "")
    assert "lacks the scope" in may_not.stderr
