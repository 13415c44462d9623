"""Who changed what, and when: every version of every object, the latest first, with the places that differ."""

from __future__ import annotations

from backbone.directory.changed import changed
from tests.harness.router import office, person
from tests.harness.work_orders import work_order


async def test_a_change_of_a_contract_says_who_when_and_what(database: str) -> None:
    async with office(database) as router:
        await router.stores(work_order())
        router.time.passes(hours=1)
        await router.stores(work_order(customer="Steppe Mobile", services=["base", "rapid-response"]))
        second, first = (await router.get("/v1/changes", kind="contract"))["items"]
        assert (second["id"], second["version"], second["at"]) == ("WO-1", 2, "2026-02-04T10:00:00Z")
        assert second["by"] == first["by"] == "admin"
        assert second["what"] == [
            {"pointer": "/customer", "before": "Steppe Telecom", "after": "Steppe Mobile"},
            {"pointer": "/services", "before": ["base"], "after": ["base", "rapid-response"]},
        ]
        assert first["what"][0]["before"] is None


async def test_people_and_keys_are_there_too_and_no_key_s_hash(database: str) -> None:
    async with office(database) as router:
        await router.employs(person("ana", "crisis-manager"))
        async with router.with_key("report") as _:
            pass
        await router.web.delete("/v1/people/ana")
        found = (await router.get("/v1/changes"))["items"]
        kinds = [(one["kind"], one["removed"]) for one in found if one["kind"] != "catalogue"]
        assert kinds == [("person", True), ("key", False), ("rotation", False), ("person", False)]
        assert "hash" not in str(found)


async def test_changes_come_in_pages(database: str) -> None:
    async with office(database) as router:
        await router.employs(*(person(f"p{n}", "engineer") for n in range(5)))
        seen, cursor = [], ""
        while True:
            page = await router.get("/v1/changes", kind="person", limit="2", **({"cursor": cursor} if cursor else {}))
            seen += [one["id"] for one in page["items"]]
            cursor = page["next"]
            if cursor is None:
                break
        assert seen == ["p4", "p3", "p2", "p1", "p0"]


async def test_a_bound_key_sees_none_of_it(database: str) -> None:
    async with office(database) as router, router.with_key("manage", contracts=["WO-1"]) as web:
        assert (await web.get("/v1/changes")).status_code == 404


def test_lists_of_objects_are_compared_by_id_and_other_lists_whole() -> None:
    before = {"a": [{"id": "x", "n": 1}, {"id": "y", "n": 2}], "b": [1, 2], "c/d": 1}
    after = {"a": [{"id": "y", "n": 3}, {"id": "x", "n": 1}], "b": [1, 3], "c/d": None}
    assert list(changed(before, after)) == [
        {"pointer": "/a/y/n", "before": 2, "after": 3},
        {"pointer": "/b", "before": [1, 2], "after": [1, 3]},
        {"pointer": "/c~1d", "before": 1, "after": None},
    ]
