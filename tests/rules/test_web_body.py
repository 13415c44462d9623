"""A body, once it is read: what is parsed, what is refused, and how the refusal says where."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ConfigDict, Field, TypeAdapter

from backbone.web.body import check, parse
from backbone.web.items import Item, parse_items
from backbone.web.problem import Problem
from tests.harness.small_app import ADMIN, small_app

ANY: TypeAdapter[Any] = TypeAdapter(dict[str, Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Inner:
    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outer:
    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")
    reporter: Inner
    many: list[Inner | int] | None = None


OUTER = TypeAdapter(Outer)


def refused(adapter: TypeAdapter[Any], body: bytes) -> Problem:
    with pytest.raises(Problem) as told:
        parse(adapter, body)
    return told.value


def taken_or_refused(adapter: TypeAdapter[Any], body: bytes) -> tuple[int, Any]:
    try:
        return 200, parse(adapter, body)
    except Problem as problem:
        return problem.status, None


def test_every_wrong_field_is_told_at_once_with_its_pointer() -> None:
    problem = refused(OUTER, b'{"reporter": {"name": 1, "a/b~c": 2}, "colour": "red"}')
    assert problem.status == 422
    assert [e.pointer for e in problem.errors] == ["/reporter/name", "/reporter/a~1b~0c", "/colour"]


def test_a_missing_field_has_the_pointer_that_it_would_have() -> None:
    assert [e.pointer for e in refused(OUTER, b'{"reporter": {}}').errors] == ["/reporter/name"]
    assert [e.pointer for e in refused(OUTER, b"{}").errors] == ["/reporter"]


def test_a_list_whose_things_are_wrong_is_not_told_to_be_too_short_as_well() -> None:
    some = TypeAdapter(Annotated[tuple[Literal["a"], ...], Field(min_length=1)])
    assert [e.pointer for e in refused(some, b'["b", "a", "c"]').errors] == ["/0", "/2"]
    assert [e.pointer for e in refused(some, b'["b"]').errors] == ["/0"]
    assert [e.pointer for e in refused(some, b"[]").errors] == [""]


def test_a_pointer_names_places_in_the_body_and_no_branches_of_a_type() -> None:
    problem = refused(OUTER, b'{"reporter": {"name": "x"}, "many": [1, {"name": 5}]}')
    assert {e.pointer for e in problem.errors} <= {"/many/1", "/many/1/name"}


def test_what_is_no_json_is_a_400_with_the_pointer_to_all_of_it() -> None:
    for body in (
        b"{",
        b"{]",
        b"nope",
        b"{}x",
        b'{"a": NaN}',
        b'{"a": -Infinity}',
        b'"\xff"',
        b'{"a": "\\ud800"}',
        b"\xef\xbb\xbf{}",
    ):
        problem = refused(ANY, body)
        assert (problem.status, problem.errors[0].pointer) == (400, ""), body


def test_the_words_nan_and_infinity_are_welcome_in_a_text() -> None:
    assert parse(ANY, b'{"a": "NaN and Infinity, 1e999"}') == {"a": "NaN and Infinity, 1e999"}


def test_an_escaped_nul_is_refused_where_it_stands_and_an_escaped_backslash_before_u0000_is_not_one() -> None:
    problem = refused(ANY, b'{"a": {"b": ["x", "y\\u0000z"]}}')
    assert (problem.status, [e.pointer for e in problem.errors]) == (422, ["/a/b/1"])
    assert refused(ANY, b'{"a": {"\\u0000": 1}}').errors[0].pointer == "/a"
    assert parse(ANY, b'{"a": "\\\\u0000"}') == {"a": "\\u0000"}
    assert refused(ANY, b'{"a": "\\\\\\u0000"}').status == 422


def test_what_can_not_be_kept_and_what_has_another_shape_are_told_together_each_place_once() -> None:
    problem = refused(OUTER, b'{"reporter": {"name": "x\\u0000"}, "many": [1e999], "colour": 1}')
    assert sorted(e.pointer for e in problem.errors) == ["/colour", "/many/0", "/reporter/name"]


def test_of_many_in_one_body_each_is_judged_alone_and_what_is_no_such_list_is_refused_as_a_whole() -> None:
    deep = b'{"reporter": {"name": "x"}, "many": ' + b"[" * 70 + b"]" * 70 + b"}"
    bodies = [b'{"reporter": {"name": "x"}}', b'{"reporter": {"name": "\\u0000"}}', deep, b'{"many": 1}', b"[1e999]"]
    items = parse_items(b'{"items": [%s]}' % b",".join(bodies), 5)
    assert [taken_or_refused_item(item) for item in items] == [
        (200, []), (422, ["/reporter/name"]), (400, [""]), (422, ["/many", "/reporter"]), (422, ["", "/0"])
    ]  # fmt: skip
    for body, status, pointers in (
        (b"[]", 422, [""]), (b"{}", 422, ["/items"]), (b'{"items": {}}', 422, ["/items"]),
        (b'{"items": [], "x": 1}', 422, ["/x"]), (b'{"items": [1, 2], "a/b": 1}', 422, ["/a~1b", "/items"]),
        (b'{"items": ["\\ud800", 1]}', 422, ["/items"]), (b'{"items": [NaN], "\\ud800": 1}', 400, [""]),
        (b'{"items": "\\ud800"}', 400, [""]), (b'["\\ud800"]', 400, [""]), (b'{"items": [', 400, [""]),
        (b'{"items": [' + b"[" * 100_000, 400, [""]), (b'{"items": ["\xff", "a\nb"]}', 400, [""]),
    ):  # fmt: skip
        with pytest.raises(Problem) as told:
            parse_items(body, 1)
        assert (told.value.status, [e.pointer for e in told.value.errors]) == (status, pointers), body


@pytest.mark.parametrize(
    "bad", [b'"\\ud800"', b'"\xff"', b'"\xed\xa0\x80"', b'{"\\udc00": 1}', b"NaN", b"-Infinity", b"1" * 5000]
)
def test_half_a_character_or_no_number_in_one_of_many_hurts_no_other(bad: bytes) -> None:
    sound, deep = b'{"reporter": {"name": "\xc3\xa9"}}', b'{"reporter": {"name": ' + b"[" * 65 + b"]" * 65 + b"}}"
    bodies = [sound, b'{"reporter": {"name": ' + bad + b"}}", bad, deep, b'{"reporter": {"name": "\\u0000"}}', b"{}"]
    items = parse_items(b'{"items": [%s]}' % b",".join(bodies), 6)
    assert [taken_or_refused_item(item) for item in items] == [
        (200, []), (400, [""]), (400, [""]), (400, [""]), (422, ["/reporter/name"]), (422, ["/reporter"]),
    ]  # fmt: skip
    assert items[0].parse(OUTER).reporter.name == "é"


def taken_or_refused_item(item: Item) -> tuple[int, list[str]]:
    try:
        item.parse(OUTER)
    except Problem as problem:
        return problem.status, sorted(e.pointer for e in problem.errors)
    return 200, []


def test_a_number_that_no_float_holds_is_refused_where_it_stands() -> None:
    assert [e.pointer for e in refused(ANY, b'{"a": [1e400]}').errors] == ["/a/0"]
    assert [e.pointer for e in refused(ANY, b'{"a": -1E+9999}').errors] == ["/a"]
    assert [e.pointer for e in refused(ANY, b'{"a": ' + b"9" * 400 + b".5}").errors] == ["/a"]
    for digits in range(211, 300):
        assert [e.pointer for e in refused(ANY, b'{"a": ' + b"9" * digits + b"e99}").errors] == ["/a"]
    assert parse(ANY, b'{"a": 1e300}') == {"a": 1e300}


@pytest.mark.parametrize("depth", [65, 100, 150, 250, 100_000])
def test_more_than_64_levels_are_refused_before_anything_is_parsed(depth: int) -> None:
    for opened, closed in ((b"[", b"]"), (b'{"a":', b"}")):
        body = b'{"a":' + opened * depth + b"1" + closed * depth + b"}"
        assert refused(ANY, body).status == 400
        assert refused(ANY, b'{"a":' + opened * depth).status == 400


def test_64_levels_and_any_number_of_brackets_beside_each_other_or_in_texts_are_taken() -> None:
    deepest = json.loads('{"a":' * 63 + "[]" + "}" * 63)
    assert parse(ANY, json.dumps(deepest).encode()) == deepest
    wide = {"a": [{"b": []} for _ in range(1000)], "c": "[" * 200 + '"\\' + "{" * 200}
    assert parse(ANY, json.dumps(wide).encode()) == wide


def test_no_body_of_256_kib_takes_long_to_be_looked_at() -> None:
    size = 256 * 1024
    mean = [
        b"[" * size, b"[" * (size // 2) + b"]" * (size // 2), b"[]" * (size // 2), b'"\\' * (size // 2),
        b"[" * 70 + b'"' + b'\\"' * (size // 2), b"[" * 70 + b'"' * size, b"[{" * (size // 2), b"\\u0000" * (size // 6),
        b'{"a":' * (size // 5), b"NaN" * (size // 3), b"9" * size, b"[" * 70 + b"e999" * (size // 4),
    ]  # fmt: skip
    for body in mean:
        start = time.perf_counter()
        with pytest.raises(Problem):
            parse(ANY, body)
        assert time.perf_counter() - start < 0.5, body[:20]


@given(st.binary(max_size=200))
def test_whatever_bytes_come_in_the_answer_is_a_value_or_a_4xx(body: bytes) -> None:
    for adapter in (ANY, OUTER):
        assert taken_or_refused(adapter, body)[0] in (200, 400, 422)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(st.text(), _JSON, max_size=4))
def test_what_is_let_through_can_be_stored(document: dict[str, Any]) -> None:
    body = json.dumps(document).encode("utf-8", "surrogatepass")
    status, taken = taken_or_refused(ANY, body)
    assert status in (200, 400, 422)
    again = json.dumps(taken, allow_nan=False)
    assert "\\u0000" not in again.replace("\\\\", "")
    again.encode("utf-8")


def test_a_small_body_costs_next_to_nothing_to_check() -> None:
    body = json.dumps({"title": "x" * 500, "reporter": {"name": "y" * 60}}).encode()
    start = time.perf_counter()
    for _ in range(10_000):
        check(body)
    assert (time.perf_counter() - start) / 10_000 < 20e-6


@pytest.mark.parametrize("sent", [b"+5", b"1_0", b"-1", b"", b"5, 5", "٥".encode(), b"1" + b"0" * 4000, b"\xff"])
async def test_a_length_that_is_no_number_is_refused_whatever_server_lets_it_through(sent: bytes) -> None:
    said: list[Any] = []

    async def tells(message: Any) -> None:
        said.append(message)

    async def hears() -> Any:
        return {"type": "http.request", "body": b"{}", "more_body": False}

    headers = [(b"authorization", f"Bearer {ADMIN}".encode()), (b"content-type", b"application/json")]
    for path in ("/v1/hot", "/v1/things"):
        scope = {"type": "http", "method": "POST", "path": path, "query_string": b"", "root_path": ""}
        await small_app()(scope | {"headers": [*headers, (b"content-length", sent)]}, hears, tells)
        assert [message.get("status") for message in said] == [400, None]
        said.clear()
