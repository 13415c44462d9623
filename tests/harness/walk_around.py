"""What happens around the incidents of a walk: contracts, people and rotas change, stages fall silent or start again
under another catalogue, and time passes."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from backbone.process.settings import Settings
from services.catalogue.parse import SHIPPED
from tests.harness.router import person
from tests.harness.walk import PEOPLE, Walk

_MINUTES = (0.5, 1, 1, 2, 4, 4, 5, 10, 12, 15, 30, 60, 61)
#: Where wires fail everybody is tried again and again, over a real line: an hour of that takes half a minute.
_MINUTES_BY_WIRE = _MINUTES[:10]
_LAUNCH = {
    "id": "launch", "name": "Launch", "starts_at": "2026-04-03T10:00:00Z", "ends_at": "2026-04-05T10:00:00Z",
    "confirmed_at": "2026-01-02T00:00:00Z", "products": ["azure/*"], "solution": "shop", "form": "launch-2026",
}  # fmt: skip
_ORDERS: tuple[dict[str, Any], ...] = (
    {"services": ["base"]},
    {"services": ["base", "rapid-response"]},
    {"services": ["base", "rapid-response", "event-management"], "events": [_LAUNCH]},
    {
        "services": ["base", "mission-critical", "support-management-hours"], "balances": {"rsm_hours": 2, "onsite_visits": 1},
        "solutions": [{"id": "core", "products": ["azure/sql"], "exhibit": {"first_response": {"1": "PT5M", "A": "PT10M"}}}],
        "management_hours": {"time_zone": "Europe/Lisbon"},
    },
    {"services": ["base"], "term": {"from": "2026-01-01", "to": "2026-02-10"}},
)  # fmt: skip
HARDLY_EVER: dict[str, Any] = {"hours": {"mon": [["08:00", "09:00"]]}}
#: By which channels somebody may be reached, in their order, where the mailbox stands in for all of them; and where a
#: web server and a mail server are there, and nothing else: the last is reached by none of them.
_BY_MAILBOX = (("email",), ("email", "sms"), ("sms", "email", "voice"), ())
_BY_WIRE = (("webhook", "email"), ("email", "webhook"), ("webhook",), ("email",), ("sms", "webhook"), ("sms",))
#: The shipped catalogue with other numbers, none of which is there as well.
SLOWER = {"PT15M": "PT17M", "PT30M": "PT33M", "PT1H": "PT1H1M", "PT2H": "PT2H2M", "PT4H": "PT4H4M"}


async def signs(walk: Walk) -> None:
    """The work order is another."""
    order = walk.rng.choice(_ORDERS)
    walk.says("signs", order)
    await walk.world.signs(**order)
    walk.bought["WO-1"] = frozenset(order["services"])


async def is_there(walk: Walk, who: str, channels: tuple[str, ...]) -> None:
    """Somebody is reached by these channels from now on."""
    walk.says(who, "is reached by", channels)
    addresses = {"email": f"{who}@example.org", "webhook": walk.wires.url(who) if walk.wires else ""}
    ways = [{"channel": channel, "address": addresses.get(channel, "+351910000001")} for channel in channels]
    answer = await walk.world.web.put(f"/v1/people/{who}", json=person(who, PEOPLE[who]) | {"contacts": ways})
    assert answer.status_code in (200, 201), answer.text
    walk.contacts[who] = channels
    await walk.world.rests()


async def moves(walk: Walk) -> None:
    """Somebody is reached by other channels."""
    who = walk.rng.choice(list(PEOPLE))
    await is_there(walk, who, walk.rng.choice(_BY_WIRE if walk.wires else _BY_MAILBOX))
    walk.changed[who] = walk.world.time.now()


async def is_on_call(walk: Walk) -> None:
    """Somebody is on call always, or hardly ever; now and then a colleague with them."""
    who = walk.rng.choice(list(PEOPLE))
    # Of the duty managers one stays: who is paged where there is nobody is another story.
    hours = {} if who == "dan" or walk.rng.random() < 0.6 else HARDLY_EVER
    peers = [one for one, role in PEOPLE.items() if role == PEOPLE[who]]
    await rota(walk, who, *([who] if walk.rng.random() < 0.7 else peers), **hours)


async def rota(walk: Walk, name: str, *members: str, **hours: Any) -> None:
    """Who is on call in somebody's rotation."""
    walk.says(members, "are on call", hours or "always")
    await walk.world.rota(f"{PEOPLE[name]}-{name}", PEOPLE[name], *members, **hours)
    walk.rotas[f"{PEOPLE[name]}-{name}"] = {"role": PEOPLE[name], "members": members, **hours}
    walk.rostered = walk.world.time.now()


async def overrides(walk: Walk) -> None:
    """Somebody stands in for a colleague for some hours, or beside them; or does not after all."""
    who = walk.rng.choice([one for one in PEOPLE if one != "dan"])
    peers = [one for one, role in PEOPLE.items() if role == PEOPLE[who]]
    id_, start = (
        f"instead-{walk.rng.randrange(3)}",
        walk.world.time.now() + timedelta(hours=walk.rng.choice((-1, 0, 1))),
    )
    if id_ in walk.overrides and walk.rng.random() < 0.3:
        walk.says("no override", id_)
        assert (await walk.world.web.delete(f"/v1/overrides/{id_}")).status_code == 204
        del walk.overrides[id_]
    else:
        body = {
            "rotation": f"{PEOPLE[who]}-{who}", "person": walk.rng.choice(peers), "replaces": walk.rng.choice((None, who)),
            "from": start.isoformat(), "to": (start + timedelta(hours=walk.rng.choice((2, 12)))).isoformat(),
        }  # fmt: skip
        walk.says("override", id_, body)
        answer = await walk.world.web.put(f"/v1/overrides/{id_}", json=body)
        assert answer.status_code in (200, 201), answer.text
        walk.overrides[id_] = body
    walk.rostered = walk.world.time.now()
    await walk.world.rests()


async def falls_silent(walk: Walk) -> None:
    """A stage does nothing for a while."""
    stage, minutes = walk.rng.choice(("router", "escalation", "notifier")), walk.rng.choice((0, 1, 3, 10, 40))
    walk.says(stage, "is silent for", minutes)
    walk.world.silence(stage)
    await walk.world.rests()
    walk.world.time.passes(minutes=minutes)
    await walk.world.rests()
    walk.world.speaks(stage)
    walk.woken.append(walk.world.time.now())


async def restarts(walk: Walk) -> None:
    """All stages start again, the router or all of them under another catalogue: not all are changed at once."""
    folder, router_alone = walk.rng.choice(walk.catalogues), walk.rng.random() < 0.5
    walk.says(
        "starts again under the", "slower" if folder else "shipped", "catalogue", "router" if router_alone else "all"
    )
    told = {"own": {"router": Settings(catalogue=folder)}} if router_alone else {"own": {}, "catalogue": folder}
    if walk.stream is not None:
        await walk.stream.lets_go()
    await walk.world.restarts(walk.world.settings.model_copy(update=told))
    walk.catalogue = folder
    if walk.wires is not None:
        walk.wires.lead_to(walk.world)
    if walk.stream is not None:
        walk.stream.holds()


def slower(folder: Path) -> Path:
    """The slower catalogue, written into a folder."""
    for page in SHIPPED.glob("*.yaml"):
        text = page.read_text(encoding="utf-8")
        for shipped, instead in SLOWER.items():
            text = text.replace(shipped, instead)
        (folder / page.name).write_text(text, encoding="utf-8")
    return folder


async def passes(walk: Walk) -> None:
    """Time passes, and everything on the way is done on the way."""
    minutes = walk.rng.choice(_MINUTES_BY_WIRE if walk.wires else _MINUTES)
    walk.says("passes", minutes)
    await walk.world.passes(minutes=minutes)


async def jumps(walk: Walk) -> None:
    """Nothing at all is done for hours."""
    hours = walk.rng.choice((1, 5, 14, 24, 60))
    walk.says("everybody sleeps", hours, "h")
    walk.world.time.passes(hours=hours)
    walk.woken.append(walk.world.time.now())
