"""A roster is read whole, or everything that is wrong with it is said at once."""

import pytest

from services.roster import (
    Roster,
    RosterFaults,
    check,
    check_together,
    name_of,
    parse,
    parse_override,
    parse_person,
    parse_rotation,
    to_json,
)
from services.yaml_text import read_yaml

ANA = {
    "id": "cm-ana",
    "name": "Ana",
    "roles": ["crisis-manager"],
    "languages": ["en", "kk"],
    "skills": ["azure", "sql"],
    "time_zone": "Europe/Lisbon",
    "contacts": [{"channel": "email", "address": "ana@example.org"}, {"channel": "sms", "address": "+351910000001"}],
}
EMEA = {
    "name": "cm-emea",
    "role": "crisis-manager",
    "time_zone": "Europe/Lisbon",
    "members": ["cm-ana"],
    "on_call": "one",
    "shift": {"every": "PT12H", "starts_at": "2026-01-05T09:00"},
    "hours": {"mon": [["08:00", "20:00"]], "sat": [["00:00", "24:00"]], "sun": [["22:00", "06:00"]]},
    "queues": None,
}
SWAP = {
    "id": "o1",
    "rotation": "cm-emea",
    "person": "cm-ana",
    "replaces": None,
    "from": "2026-02-01T08:00:00Z",
    "to": "2026-02-02T08:00:00Z",
}


def places(raw: object) -> list[str]:
    return sorted(fault.pointer for fault in check(raw) if fault.level == "fault")


def test_what_is_read_is_written_back_as_it_was() -> None:
    raw = {"people": [ANA], "rotations": [EMEA], "overrides": [SWAP]}
    assert to_json(parse(raw)) == raw
    assert parse(to_json(parse(raw))) == parse(raw)
    assert [to_json(parse_person(ANA)), to_json(parse_rotation(EMEA)), to_json(parse_override(SWAP))] == [
        ANA,
        EMEA,
        SWAP,
    ]


BARE = {key: value for key, value in SWAP.items() if key != "id"}


def test_an_override_without_an_id_gets_the_same_one_each_time() -> None:
    assert parse_override(BARE).id == parse_override(BARE).id == "cm-emea-cm-ana-20260201T080000Z-212a78bc0d01"
    for same in ({"from": "2026-02-01T10:00:00.0+02:00"}, {"to": "2026-02-03T00:00:00Z"}, {"id": None}):
        assert parse_override(BARE | same).id == parse_override(BARE).id


@pytest.mark.parametrize(
    "change",
    [
        {"from": "2026-02-01T08:00:00.5Z"},
        {"replaces": "cm-bo"},
        {"rotation": "cm-emea-cm", "person": "ana"},
        {"rotation": "r" * 120, "person": "p" * 120},
        {"rotation": "r" * 120, "person": "p" * 119},
    ],
)
def test_another_override_without_an_id_gets_another_one_that_is_taken_back(change: dict[str, object]) -> None:
    made = parse_override(BARE | change)
    assert made.id != parse_override(BARE).id
    assert made.id == name_of("overrides", BARE | change)
    assert parse_override(to_json(made)) == made


def test_the_same_override_twice_is_a_fault_with_an_id_and_without() -> None:
    raw = {"people": [ANA], "rotations": [EMEA], "overrides": [BARE, SWAP, BARE, BARE | {"replaces": "cm-ana"}, SWAP]}
    assert places(raw) == ["/overrides/2", "/overrides/4/id"]
    assert any(fault.level == "fault" for fault in check({"overrides": [BARE | {"person": "\ud800"}]}))


def test_everything_wrong_is_found_at_once_also_within_one_person() -> None:
    person = ANA | {"time_zone": "Mars/Base", "contacts": [{"channel": "sms", "address": "12"}], "roles": ["king"]}
    rotation = EMEA | {
        "members": ["cm-ana", "cm-ana", "nobody"],
        "shift": None,
        "hours": {"mon": [["8", "20:00"]], "moonday": []},
    }
    override = SWAP | {"to": "2026-01-01T00:00:00Z", "rotation": "other", "surprise": 1}
    assert places({"people": [person, ANA], "rotations": [rotation], "overrides": [override], "extra": []}) == sorted(
        [
            "/people/0/time_zone",
            "/people/0/contacts/0/address",
            "/people/0/roles/0",
            "/people/1/id",
            "/rotations/0/members/1",
            "/rotations/0/members/2",
            "/rotations/0/shift",
            "/rotations/0/hours/mon/0",
            "/rotations/0/hours/moonday",
            "/overrides/0/to",
            "/overrides/0/rotation",
            "/overrides/0/surprise",
            "/extra",
        ]
    )


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"time_zone": "localtime"}, "/time_zone"),
        ({"time_zone": None}, "/time_zone"),
        ({"name": "A\ud800"}, "/name"),
        ({"name": "A\x00"}, "/name"),
        ({"id": ""}, "/id"),
        ({"id": "../x"}, "/id"),
        ({"contacts": "ana@example.org"}, "/contacts"),
        ({"contacts": [{"channel": "voice", "address": "00351"}]}, "/contacts/0/address"),
        ({"contacts": [{"channel": "email", "address": "ana"}]}, "/contacts/0/address"),
        ({"contacts": [{"channel": "webhook", "address": "ftp://x"}]}, "/contacts/0/address"),
    ],
)
def test_a_person_with_one_fault_is_refused_at_its_place(change: dict[str, object], place: str) -> None:
    with pytest.raises(RosterFaults) as refused:
        parse_person(ANA | change)
    assert [fault.pointer for fault in refused.value.faults] == [place]


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"shift": {"every": "month", "starts_at": "2026-01-05T09:00"}}, "/shift/every"),
        ({"shift": {"every": "PT0S", "starts_at": "2026-01-05T09:00"}}, "/shift/every"),
        ({"shift": {"every": "day", "starts_at": "2026-01-05T09:00Z"}}, "/shift/starts_at"),
        ({"shift": {"every": "day", "starts_at": "9999-01-05T09:00"}}, "/shift/starts_at"),
        ({"on_call": "all"}, "/shift"),
        ({"hours": {"mon": [["09:00", "09:00"]]}}, "/hours/mon/0"),
        ({"hours": {"mon": [["24:00", "09:00"]]}}, "/hours/mon/0"),
        ({"hours": {"mon": [[540, 1020]]}}, "/hours/mon/0"),
    ],
)
def test_a_rotation_with_one_fault_is_refused_at_its_place(change: dict[str, object], place: str) -> None:
    with pytest.raises(RosterFaults) as refused:
        parse_rotation(EMEA | change)
    assert [fault.pointer for fault in refused.value.faults] == [place]


@pytest.mark.parametrize(
    "raw", [None, [], "people", 7, {"people": 3}, {"people": {}}, {"people": [None]}, {"rotations": [[]]}]
)
def test_what_is_no_roster_at_all_is_a_fault_and_no_crash(raw: object) -> None:
    assert any(fault.level == "fault" for fault in check(raw))


def test_a_warning_does_not_refuse() -> None:
    assert [fault.level for fault in check({"people": [ANA | {"contacts": []}]})] == ["warning"]
    assert parse({"people": [ANA | {"contacts": []}]}).people[0].contacts == ()


def test_members_of_another_file_are_known_where_it_is_given() -> None:
    other = parse({"people": [ANA]})
    assert places({"rotations": [EMEA]}) == ["/rotations/0/members/0"]
    assert check({"rotations": [EMEA]}, other) == []
    assert parse({"rotations": [EMEA]}, Roster(people=other.people)).rotations[0].members == ("cm-ana",)


def test_rosters_that_belong_together_know_each_other_and_a_name_twice_is_the_later_ones_fault() -> None:
    bent = {"people": [ANA | {"roles": ["king"]}]}
    found = check_together([{"rotations": [EMEA]}, bent, {"people": [ANA], "overrides": [BARE]}, {"overrides": [BARE]}])
    pointers = [[fault.pointer for fault in faults] for faults in found]
    assert pointers == [[], ["/people/0/roles/0"], ["/people/0/id"], ["/overrides/0"]]
    assert check_together([{"rotations": [EMEA]}], people=["cm-ana"]) == [[]]


def test_yaml_means_what_its_author_typed() -> None:
    text = "country: NO\nhours: [17:30]\nday: 2026-01-05\nat: 2026-01-05T09:00:00Z\nphone: +351910000001\ncount: 3\n"
    assert read_yaml(text) == {
        "country": "NO",
        "hours": ["17:30"],
        "day": "2026-01-05",
        "at": "2026-01-05T09:00:00Z",
        "phone": "+351910000001",
        "count": 3,
    }


@pytest.mark.parametrize("text", ["a: [", "a: 1\na: 2", "[" * 50_000, "a: !!python/name:os.system x", "\x00"])
def test_what_is_not_yaml_is_said_in_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match="not readable as YAML"):
        read_yaml(text)
