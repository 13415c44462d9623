"""The steps of a walk, and how often each is taken."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from tests.harness import walk_around as around
from tests.harness import walk_cases as cases
from tests.harness import walk_ladders as ladders
from tests.harness.walk import PEOPLE, Walk
from tests.harness.walk_wires import MAIL, WEB

_STEPS: tuple[tuple[int, Callable[[Walk], Awaitable[None]]], ...] = (
    (34, cases.acts), (8, cases.acknowledges), (6, cases.declines), (7, cases.reports), (3, cases.claims),
    (3, around.signs), (4, around.is_on_call), (3, around.moves), (3, around.overrides), (3, around.falls_silent),
    (5, around.restarts), (30, around.passes), (3, around.jumps), (2, ladders.stores),
)  # fmt: skip


async def begins(walk: Walk) -> None:
    """Everybody is there, and the customer has signed, and another one whose people have the same ids."""
    for who in PEOPLE:
        both = ("webhook", "email") if walk.wires else ("email", "sms")
        await around.is_there(walk, who, both if who in ("ana", "dan") else walk.rng.choice((both, both[1:])))
        await around.rota(walk, who, who, **(around.HARDLY_EVER if who == "dee" and walk.rng.random() < 0.5 else {}))
    for _ in range(walk.rng.randrange(4) if walk.wires else 0):
        await _wires_break(walk)
    await around.signs(walk)
    await walk.world.signs(number="WO-2", customer="Other", services=["base"])
    walk.bought["WO-2"] = frozenset({"base"})
    await cases.reports(walk)
    walk.begun = len(walk.done)


async def goes_on(walk: Walk) -> None:
    """One step; then the loops, some of them before others."""
    rng, world = walk.rng, walk.world
    steps = [*_STEPS, (12, _wires_break)] if walk.wires else _STEPS
    step = rng.choices([step for _, step in steps], [weight for weight, _ in steps])[0]
    await step(walk)
    for _ in range(rng.randrange(6)):
        running = rng.choice(world.process.running)
        if rng.random() < 0.5:
            await rng.choice([one for both in running.followers.values() for one in both]).step()
        elif running.stage.works:
            work = rng.choice(running.stage.works)
            await work.step(rng.choice(work.lanes))
    await world.rests()


async def _wires_break(walk: Walk) -> None:
    """The mail server, or somebody's web server, is otherwise from now on; or all is well again."""
    assert walk.wires is not None
    what = walk.rng.choice(("mail", "web", "web", "all"))
    if what == "all":
        walk.says("all wires work")
        mend(walk)
    elif what == "mail":
        walk.wires.mail = walk.rng.choice(list(MAIL))
        walk.says("the mail server", walk.wires.mail)
    else:
        who, mood = walk.rng.choice(["ana", "bo", "dan", "dee", *PEOPLE]), walk.rng.choice(list(WEB))
        walk.wires.web[who] = mood
        walk.says("the web server of", who, mood)


def mend(walk: Walk) -> None:
    """All wires work."""
    assert walk.wires is not None
    walk.wires.mail = "works"
    walk.wires.web.clear()
