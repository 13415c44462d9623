"""That whoever has to be paged is: by each of their channels until one says yes, then the next person, and on.

Held against the wires where there are some, and the mailbox where there are none; the ladder is the document's
(`docs/architecture/paging.md`), written once more.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, NamedTuple

from tests.harness.walk import LIVE, PEOPLE, Walk

_AT = datetime.fromisoformat
_STEP, _AGAIN, _ROUND = timedelta(seconds=60), timedelta(seconds=30), timedelta(minutes=5)
_SOONEST = timedelta(seconds=15)
_CONTACTS = {"ceo": "erlan@steppe.example", "dana": "dana@steppe.example"}
CALLED = ("crisis-manager", "duty-manager")

Page = dict[str, Any]


class Try(NamedTuple):
    """One attempt; `left`: the channel said yes to it."""

    channel: str
    at: datetime
    left: bool


def _tries(page: Page) -> list[Try]:
    return [Try(one["channel"], _AT(one["at"]), one["outcome"] != "failed") for one in page["attempts"]]


@dataclass
class Reached:
    """`holds` notes what does not; `on_call` says who is, of a role."""

    walk: Walk
    holds: Callable[..., None]
    on_call: Callable[[str, datetime], set[str]]

    def looks(self, record: dict[str, Any], pages: list[Page], informing: set[str]) -> None:
        """At one incident and its pages, when everybody rests. `informing` are the reasons of pages that only inform."""
        for page in pages:
            say = f"{record['number']}: {page['for']} {page['to']}, {page['state']}:"
            tries = _tries(page)
            informs = _informs(page, informing)
            self.holds(page["attempt_count"] == len(tries), say, "counts otherwise", tries)
            over = page["state"] not in (*LIVE, "exhausted")
            self.holds(tries or over or self._is_asked_again(page, pages), say, "was never tried", page)
            ladder = self._ladder(page)
            if ladder is None or not tries:
                continue
            self._climbs(say, ladder, tries)
            if page["state"] in LIVE:
                self._goes_on(say, page, ladder, tries, informs)
            elif page["state"] == "exhausted":
                self._gave_up(say, ladder, tries)
        self._next_is_called(record, [page for page in pages if not _informs(page, informing)])

    def _ladder(self, page: Page) -> tuple[str, ...] | None:
        """The person's channels; None where they changed while the page climbed."""
        if page["side"] == "customer":
            own: tuple[str, ...] = ("email",)
        elif page["to"] in self.walk.changed and self.walk.changed[page["to"]] >= _AT(page["created_at"]):
            return None
        else:
            own = self.walk.contacts[page["to"]]
        if self.walk.wires is not None:
            own = tuple(one for one in own if one in ("email", "webhook"))
        return own or ("mailbox",)

    def _climbs(self, say: str, ladder: tuple[str, ...], tries: list[Try]) -> None:
        """In the order of the channels; behind a failure at once, behind what left after a minute."""
        order = [ladder[nth % len(ladder)] for nth in range(len(tries))]
        self.holds([one.channel for one in tries] == order, say, "climbs otherwise than", ladder, tries)
        for nth, (one, following) in enumerate(pairwise(tries), 1):
            if nth % len(ladder) == 0:
                # What was late for its round may find that round over.
                late = following.at in self.walk.woken
                self.holds(late or following.at - one.at >= _SOONEST, say, "starts again too soon", tries)
            elif one.left:
                self.holds(following.at - one.at >= _STEP, say, "climbs too soon", tries)
            else:
                self.holds(following.at == one.at, say, "does not follow a failure at once", tries)

    def _goes_on(self, say: str, page: Page, ladder: tuple[str, ...], tries: list[Try], informs: bool) -> None:
        """Of a page that is open the last try is not long ago, and the last channel of all where all failed."""
        now, last, reached = self.walk.world.time.now(), tries[-1], any(one.left for one in tries)
        whole = len(tries) % len(ladder) == 0
        if informs:
            self.holds(reached or (whole and now < last.at + _ROUND), say, "tells nobody", tries)
            return
        self.holds(last.left or whole, say, "rests, with a channel left that was not tried", ladder, tries)
        # A round that everybody slept through is over: the next duty manager is called, and not this one a third time.
        slept = any(later.at > earlier.at + _ROUND for earlier, later in pairwise(tries))
        if page["for"] != "duty-manager" or (not reached and not slept and len(tries) < 3 * len(ladder)):
            self.holds(now < last.at + (_STEP if reached else _AGAIN), say, "is forgotten", tries)

    def _gave_up(self, say: str, ladder: tuple[str, ...], tries: list[Try]) -> None:
        """Only when every channel was tried, and where all failed three times."""
        least = len(ladder) * (1 if any(one.left for one in tries) else 3)
        self.holds(len(tries) >= least, say, "gave up too soon", ladder, tries)

    def _next_is_called(self, record: dict[str, Any], pages: list[Page]) -> None:
        """While nobody has taken a crisis, somebody else follows whom nobody reached; a duty manager is always called."""
        if record["state"] != "open":
            return
        say, since = f"{record['number']}:", self.walk.world.time.now() - _ROUND
        told = [[page[x] for x in ("to", "for", "state", "created_at", "reason", "ended")] for page in pages]
        latest = {page["id"]: max((one.at for one in _tries(page)), default=_AT(page["created_at"])) for page in pages}
        duty = [page for page in pages if page["for"] == "duty-manager"]
        climbing = [page for page in duty if page["state"] in LIVE]
        recent = {page["to"] for page in duty if latest[page["id"]] > since}
        self.holds(recent or not climbing, say, "the duty managers are forgotten", told)
        settled = max(self.walk.rostered, self.walk.woken[-1]) < since
        if settled and not all(self._was_reached(page) for page in climbing):
            missing = self.on_call("duty-manager", since) - recent
            self.holds(not missing, say, "a duty manager is not reached, and not called is", missing, told)
        if _is_taken(record, pages) or record["severity"] not in ("1", "A"):
            return
        called = [page for page in pages if page["for"] in CALLED]
        for page in called:
            if page["for"] == "crisis-manager" and page["state"] == "exhausted":
                others = [one for one in called if one["id"] != page["id"]]
                follows = any(one["state"] in LIVE or latest[one["id"]] > latest[page["id"]] for one in others)
                self.holds(follows, say, "nobody follows", page["to"], told)
        last = max((latest[page["id"]] for page in called if page["state"] in LIVE), default=None)
        self.holds(last is not None and last > since, say, "nobody was tried of late", last, told)

    def _is_asked_again(self, page: Page, pages: list[Page]) -> bool:
        """The only duty manager on call who has declined has five minutes."""
        declined = any(one["to"] == page["to"] and "declined by" in (one["ended"] or "") for one in pages)
        return (
            declined and page["for"] == "duty-manager" and self.walk.world.time.now() < _AT(page["created_at"]) + _ROUND
        )

    def _was_reached(self, page: Page) -> bool:
        """Whether anything left that they may look at, or still may in this round."""
        ladder = self._ladder(page)
        if ladder is None or ladder == ("mailbox",):
            return ladder is None or self.walk.wires is None
        return len(page["attempts"]) < 3 * len(ladder) or any(one.left for one in _tries(page))

    def agrees_with_the_wires(self, pages: list[Page]) -> None:
        """What the record says of the attempts is what was heard by the other side."""
        assert self.walk.wires is not None
        heard = Counter((one.to, one.channel, one.at, one.arrived) for one in self.walk.wires.heard)
        told = Counter(
            (self._address(page, one["channel"]), one["channel"], _AT(one["at"]), one["outcome"] != "failed")
            for page in pages
            for one in page["attempts"]
            if one["channel"] in ("email", "webhook")
        )
        unheard = [one for one in told - heard if one[:3] not in self.walk.wires.hung]
        self.holds(not heard - told and not unheard, "the wires heard", heard - told, "the record says", unheard)

    def _address(self, page: Page, channel: str) -> str:
        if channel == "webhook":
            return str(page["to"])
        return _CONTACTS.get(page["to"]) or f"{page['to']}@example.org"

    async def in_the_end(self, pages: dict[str, list[Page]]) -> None:
        """Once all works again, everybody who waits for somebody to take a crisis is heard of within minutes."""
        walk, began = self.walk, self.walk.world.time.now()
        await walk.world.passes(minutes=6)
        heard: dict[str, list[str]] = defaultdict(list)
        for message in await walk.world.lists("/v1/mailbox"):
            if _AT(message["at"]) >= began and message["to"] in PEOPLE:
                heard[message["incident"]].append(message["to"])
        for case in walk.cases:
            record = await walk.world.gets(f"/v1/incidents/{case}")
            waits = record["state"] == "open" and record["severity"] in ("1", "A")
            if waits and not _is_taken(record, pages[case]):
                self.holds(heard[case], record["number"], "nobody heard of it in the end", pages[case])


def _informs(page: Page, informing: set[str]) -> bool:
    return page["for"] == "administrator" or bool(set(page["reason"].split("; ")) & informing)


def _is_taken(record: dict[str, Any], pages: list[Page]) -> bool:
    met = any(clock["name"] == "crisis_manager" and clock["state"] == "met" for clock in record["clocks"])
    return met or any(page["for"] in CALLED and page["state"] == "acknowledged" for page in pages)
