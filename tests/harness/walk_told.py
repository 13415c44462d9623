"""That what is told is true: the stream tells each fact of the timeline once and in order, and an answer that was
waited for is the record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.harness.walk import Walk

_DECIDED = ("state", "contract", "severity", "service", "queue", "language", "coverage", "escalates_to", "executives")
_OF_A_CLOCK = ("name", "state", "started_at", "due_at")


@dataclass
class Told:
    """`holds` notes what does not."""

    walk: Walk
    holds: Callable[..., None]

    async def informing(self) -> set[str]:
        """Why anybody was only informed so far, by the stream: pages of these reasons want no acknowledgement."""
        assert self.walk.stream is not None
        called = [data["data"] for _, type_, data in self.walk.stream.facts if type_ == "people.assigned"]
        return {fact["reason"] for fact in called if fact["informs"]}

    def waited(self) -> None:
        """The answers that came before the time was over show what the record does when everybody rests."""
        for path, soon, told, record in self.walk.answers:
            say = f"{record['number']}: who waited at {path} was told"
            self.holds(told["version"] <= record["version"], say, "a version that is not there", told["version"])
            if not soon:
                continue  # nothing that could be waited for came, or this machine is slow
            for name in _DECIDED:
                self.holds(told[name] == record[name], say, name, told[name], "and it is", record[name])
            theirs, ours = ([[one[x] for x in _OF_A_CLOCK] for one in shown["clocks"]] for shown in (told, record))
            self.holds(theirs == ours, say, "the clocks", theirs, "and they are", ours)
        self.walk.answers.clear()

    async def agrees(self, record: dict[str, Any], timeline: list[dict[str, Any]]) -> None:
        """All that the stream told of an incident, over all that it was let go of and resumed, is its timeline."""
        assert self.walk.stream is not None
        stream, say = self.walk.stream, record["number"]
        own = [{name: value for name, value in fact.items() if name != "visibility"} for fact in timeline]

        def heard() -> list[dict[str, Any]]:
            of_it = [data for _, _, data in stream.facts if data["incident"] == record["id"]]
            return [{name: value for name, value in fact.items() if name != "incident"} for fact in of_it]

        await stream.has(lambda: len(heard()) >= len(own))
        self.holds(heard() == own, say, "the stream tells", _kinds(heard()), "and the timeline", _kinds(own))
        ids = [id_ for id_, _, _ in stream.facts]
        self.holds(ids == sorted(set(ids)), say, "the stream's ids go back", ids)
        self.holds(all(type_ == data["type"] for _, type_, data in stream.facts), say, "the stream names other types")
        self.holds(stream.others == [], say, "the stream also said", stream.others)


def _kinds(facts: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(fact["at"], fact["type"]) for fact in facts]
