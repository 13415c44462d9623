"""The roster: who is on call, and where nobody is."""

from __future__ import annotations

from tests.harness.router import office, person, rotation

WORKDAYS = {day: [["08:00", "20:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}


async def test_a_gap_is_shown_for_who_is_always_needed_and_for_who_has_a_rotation(database: str) -> None:
    async with office(database) as router:

        async def gaps() -> dict[str, str]:
            """Each role's first gap, where it has one."""
            found: dict[str, str] = {}
            for gap in (await router.get("/v1/roster"))["gaps"]:
                found.setdefault(gap["role"], gap["from"])
            return found

        assert sorted(await gaps()) == ["crisis-manager", "duty-manager", "engineer"]
        await router.employs(
            person("ana", "crisis-manager"), person("eng", "engineer"), person("dan", "duty-manager"),
            person("ops", "cloud-operations"), person("del", "delivery-manager"),
        )  # fmt: skip
        assert await gaps() == {}
        await router.put("/v1/rotations/cloud-operations", rotation("cloud-operations", "ops", hours=WORKDAYS))
        await router.put("/v1/rotations/executive", rotation("executive", "nobody"))
        assert await gaps() == {"executive": "2026-02-04T09:00:00Z", "cloud-operations": "2026-02-04T20:00:00Z"}


async def test_names_that_nobody_has_and_people_whom_nothing_reaches_are_shown_before_they_are_needed(
    database: str,
) -> None:
    async with office(database) as router:
        await router.employs(person("ana", "crisis-manager"), person("bo", "crisis-manager") | {"contacts": []})
        await router.put("/v1/people/away", person("away", "engineer") | {"contacts": []})
        assert (await router.get("/v1/roster"))["warnings"] == [
            {"kind": "person", "name": "bo", "message": "nothing to reach them by but the built-in mailbox"}
        ]
        await router.put("/v1/people/bo", person("bo", "crisis-manager"))
        assert (await router.get("/v1/roster"))["warnings"] == []
        await router.put("/v1/rotations/night", rotation("engineer", "egn", name="night"))
        when = {"from": "2026-02-04T00:00:00Z", "to": "2026-02-05T00:00:00Z"}
        await router.put("/v1/overrides/o", {"rotation": "nihgt", "person": "ana", "replaces": "oba"} | when)
        assert [(one["kind"], one["name"], one["message"]) for one in (await router.get("/v1/roster"))["warnings"]] == [
            ("rotation", "night", "no person is called 'egn'"), ("override", "o", "no rotation is called 'nihgt'"),
            ("override", "o", "no person is called 'oba'"),
        ]  # fmt: skip
