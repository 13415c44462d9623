"""`critsit demo`: reports an incident of every kind to a running critsit, and tells what became of each, and why.

It stores one contract of its own, DEMO-1, whose event is under way; everything else is as any portal would do it. Where
CRITSIT_URL or a key is not set, it finds them by the settings that `critsit up` has here.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from textwrap import fill
from typing import Any
from urllib.parse import quote

import typer

from .answers import Contract, Record
from .client import Client, key
from .ending import NO, end
from .incidents import Explanation
from .options import Json, print_json
from .running import settings_of

#: Seconds that loading the examples may take.
PATIENCE = 20.0
_REPORTER = {"name": "Aigerim S.", "email": "aigerim@steppe.example", "phone": "+77010000001"}
_PORTAL = {"channel": "portal", "portal": "azure-portal"}
_BASE: Mapping[str, Any] = {"contract": "WO-1001", "reporter": _REPORTER, "kind": "problem", "language": "en"}

#: What is reported: a name, and the report's fields over the common ones.
KINDS: tuple[tuple[str, Mapping[str, Any]], ...] = (
    (
        "Rapid Response, severity 1",
        _PORTAL | {"impact": "critical_down", "product": "azure/virtual-machines", "title": "All VMs down"},
    ),
    (
        "by phone, severity A",
        {"channel": "phone", "impact": "critical_degraded", "product": "sql-server", "title": "Billing is slow"},
    ),
    ("portal, severity B", _PORTAL | {"impact": "moderate", "product": "windows-server", "title": "Backups fail"}),
    (
        "portal, severity C, in Kazakh",
        _PORTAL | {"impact": "minimal", "product": "sql-server", "title": "A question", "language": "kk"},
    ),
    (
        "monitoring",
        {
            "channel": "monitoring",
            "impact": "critical_degraded",
            "product": "azure/app-service",
            "title": "Error rate 40 %",
        },
    ),
    (
        "an event under way",
        _PORTAL
        | {
            "contract": "DEMO-1",
            "impact": "critical_down",
            "product": "azure/app-service",
            "title": "Checkout fails",
            "form": {"id": "demo", "answers": {}},
        },
    ),
    (
        "no contract",
        {
            "channel": "phone",
            "contract": None,
            "impact": "critical_down",
            "product": "exchange-server",
            "title": "Mail is down",
        },
    ),
)


def demo(json: Json = False) -> None:
    """Report incidents of every kind, and print what became of each: queue, crisis manager, deadlines, pages, and why."""
    settings = settings_of(None)
    base = None if os.environ.get("CRITSIT_URL") else settings.address(settings.port or 8080)
    bearer = key() or (settings.key_file.read_text().strip() if settings.key_file.exists() else None)
    with Client(base, bearer) as client:
        _wait_for_examples(client)
        client.put("/v1/contracts/DEMO-1", _contract(datetime.now(UTC)), Contract)
        found = []
        for name, fields in KINDS:
            taken = client.post("/v1/incidents", Record, {**_BASE, **fields}, Prefer="wait=3")
            found.append((name, taken["id"]))
        records = [(name, _settled(client, id_)) for name, id_ in found]
        why = {record["id"]: client.get(_path(record["id"]) + "/explanation", Explanation) for _, record in records}
    if json:
        print_json([{"kind": name, **record} for name, record in records])
        return
    for name, record in records:
        typer.echo(_told(name, record))
        for decision in why[record["id"]]["decisions"][:1]:
            why_so = ". ".join(decision["text"].split(". ", 2)[:2])
            typer.echo(fill(f"{why_so}.", 100, initial_indent="  why: ", subsequent_indent="       "))
        typer.echo()


def _wait_for_examples(client: Client) -> None:
    """Until what is loaded after the start is there: reported before that, everything would be in nobody's contract."""
    latest = time.monotonic() + PATIENCE
    while all(one["number"] != _BASE["contract"] for one in client.items("/v1/contracts", Contract)):
        if time.monotonic() > latest:
            end(NO, f"The example contract {_BASE['contract']} is not there: `critsit up --demo` loads it (make run).")
        time.sleep(0.2)


def _path(id_: str) -> str:
    return f"/v1/incidents/{quote(id_, safe='')}"


def _settled(client: Client, id_: str) -> Record:
    """The record once its clocks run and its pages have left, or as it is after ten seconds."""
    end = time.monotonic() + 10
    while True:
        record = client.get(_path(id_), Record)
        paged = record["crisis_manager"] is None or any(page["attempt_count"] for page in record["pages"])
        urgent = record["coverage"] == "24x7"
        if (record["clocks"] and paged and (record["pages"] or not urgent)) or time.monotonic() > end:
            return record
        time.sleep(0.1)


def _told(name: str, record: Record) -> str:
    """What became of an incident, a line for each thing that somebody asks; no table, which a terminal would cut."""
    due = [f"{clock['name']} {_local(clock['due_at'])}" for clock in record["clocks"] if clock["side"] == "provider"]
    pages = [f"{page['to']} ({page['state']})" for page in record["pages"]]
    lines = {
        "severity": record["severity"] or "not decided yet", "queue": record["queue"] or "none yet",
        "crisis manager": record["crisis_manager"]["name"] if record["crisis_manager"] else "–", "due": ", ".join(due) or "–",
        "pages": ", ".join(pages) or "–", "flags": ", ".join(record["flags"]) or "–",
        "because": ", ".join(record["because"]),
    }  # fmt: skip
    return "\n".join([f"{record['number']}  {name}", *(f"  {what}: {words}" for what, words in lines.items())])


def _local(at: str) -> str:
    due = datetime.fromisoformat(at)
    minutes = round((due - datetime.now(UTC)).total_seconds() / 60)
    return f"{due.astimezone():%a %H:%M} (in {minutes} min)"


def _contract(now: datetime) -> dict[str, Any]:
    """A contract with an event that began an hour ago."""
    today = now.date()
    return {
        "number": "DEMO-1", "customer": "Demo Ltd",
        "term": {"from": (today - timedelta(days=180)).isoformat(), "to": (today + timedelta(days=180)).isoformat()},
        "services": ["base", "event-management"],
        "locations": [{"id": "almaty", "role": "host", "country": "KZ", "time_zone": "Asia/Almaty", "languages": ["kk"]}],
        "contacts": [{"id": "aigerim", "name": "Aigerim S.", "roles": ["reactive-contact"], "email": _REPORTER["email"]}],
        "events": [
            {"id": "demo", "name": "Demo day", "starts_at": (now - timedelta(hours=1)).isoformat(),
             "ends_at": (now + timedelta(days=2)).isoformat(), "confirmed_at": (now - timedelta(days=90)).isoformat(),
             "products": ["azure/*"], "form": "demo"}
        ],
    }  # fmt: skip
