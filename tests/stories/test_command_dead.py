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
        f"{id_}  {letter['held_at']}  intake incident.reported of {stuck['id']}, number 1: "
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
    assert running.record(stuck["id"])["severity"] is None

    running.sql(MEND)
    done = running.dead("replay", "router", id_, "--json")
    assert (done.returncode, json.loads(done.stdout)) == (0, {"left": 0}), done.stderr
    running.hears(stuck["id"], "clock.met")
    record = running.record(stuck["id"])
    assert record["severity"] == "1"
    assert {c["name"]: c["state"] for c in record["clocks"]}["first_response"] == "met"
    assert running.dead("list", "router").stdout == "Nothing is set aside.\n"
