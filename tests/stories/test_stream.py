"""The stream: every fact once, in order, resumed without a gap, also over a restart."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.harness.postgres import free_port
from tests.harness.up import Up

pytestmark = [pytest.mark.timeout(120), pytest.mark.slow]
REPORT = {"impact": "minimal", "title": "A question", "reporter": {"name": "Aigerim S."}}


def _events(client: httpx2.Client, count: int, last: str | None = None, **query: str) -> Iterator[dict[str, Any]]:
    """The next events: id, event, data; heartbeats left out."""
    headers = {"Last-Event-ID": last} if last is not None else {}
    event: dict[str, Any] = {}
    with client.stream("GET", "/v1/stream", params=query, headers=headers) as answer:
        assert answer.status_code == 200
        for line in answer.iter_lines():
            name, _, value = line.partition(":")
            if line == "" and "event" in event:
                yield event
                event, count = {}, count - 1
                if count == 0:
                    return
            elif name in ("id", "event"):
                event[name] = value.strip()
            elif name == "data":
                event["data"] = json.loads(value)


def test_the_stream_is_resumed_without_a_gap_also_over_a_restart(tmp_path: Path) -> None:
    port = str(free_port())
    up = Up(tmp_path / "data", "--port", port)
    told = up.ready()
    headers = {"Authorization": f"Bearer {told['key']}", "Prefer": "wait=5"}
    with httpx2.Client(base_url=told["url"], headers=headers, timeout=20) as client:
        made = [client.post("/v1/incidents", json=REPORT).json()["id"] for _ in range(3)]
        facts = list(_events(client, 6, last="0"))
        ids = [int(event["id"]) for event in facts]
        assert ids == sorted(set(ids))
        routed = list(_events(client, 3, last="0", type="incident.routed"))
        assert [event["data"]["incident"] for event in routed] == made
        assert routed[0]["event"] == "incident.routed"
        assert {"incident", "at", "stage", "type", "by", "summary", "data"} <= routed[0]["data"].keys()
        assert up.ends(signal.SIGTERM)[0] == 0
        up = Up(tmp_path / "data", "--port", port)
        up.ready()
        fourth = client.post("/v1/incidents", json=REPORT).json()["id"]
        rest = list(_events(client, 2, last=routed[1]["id"], type="incident.routed"))
        assert [event["data"]["incident"] for event in rest] == [made[2], fourth]
        (one,) = list(_events(client, 1, last="0", type="incident.reported", incident=fourth))
        assert one["data"]["incident"] == fourth
        (reset, *_) = list(_events(client, 1, last="999999999999"))
        assert reset["event"] == "reset"
    assert up.ends()[0] == 0
