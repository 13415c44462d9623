"""A database's address: several hosts, options of libpq, passwords with any character; what is none says so."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

import pytest

from backbone.postgres.address import driver_url, leads_to_postgresql, place


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://localhost/critsit",
        "postgresql://u@h:5432/d",
        "postgresql://u:p@h1:5432,h2:5433/d?target_session_attrs=read-write",
        "postgresql://u:p@h1,h2/d?sslmode=verify-full&sslrootcert=/etc/ca.pem",
        "postgresql://postgres@/d?host=/run/postgres",
        "postgresql://u:p@[::1]:5432/d",
        "postgresql:///d",
    ],
)
def test_an_address_goes_to_the_driver_as_it_is(url: str) -> None:
    assert leads_to_postgresql(url)
    assert driver_url(url) == url


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+asyncpg", "postgresql+psycopg"])
def test_whatever_driver_an_address_names_ours_is_asked(scheme: str) -> None:
    assert driver_url(f"{scheme}://u:p@h/d") == "postgresql://u:p@h/d"


@pytest.mark.parametrize("password", ["a/b", "a#b", "a?b", "a:b", "100%", "ü ", "%40", "[x]"])
def test_a_password_may_hold_any_character_but_one_that_ends_it(password: str) -> None:
    read = urlsplit(driver_url(f"postgresql://who:{password}@host:5432/d"))
    assert (unquote(read.password or ""), read.username, read.hostname, read.port) == (
        unquote(password),
        "who",
        "host",
        5432,
    )


@pytest.mark.parametrize(
    "url",
    [
        "mysql://h/d",
        "h/d",
        "",
        "postgresql://h:0/d",
        "postgresql://h:99999/d",
        "postgresql://h1:5432,h2:x/d",
        "postgresql:/h",
    ],
)
def test_what_is_no_address_is_refused(url: str) -> None:
    assert not leads_to_postgresql(url)
    with pytest.raises(ValueError, match=r"it is no postgresql|is no host"):
        driver_url(url)


def test_a_place_is_the_same_whoever_goes_there() -> None:
    assert place("postgresql://intake:x@h:1/d?sslmode=require") == place("postgresql://router:y@h:1/d?sslmode=require")
    assert len({place(f"postgresql://{at}") for at in ("h/d", "h/e", "h:1/d", "g/d", "/d?host=/a", "/d?host=/b")}) == 6
