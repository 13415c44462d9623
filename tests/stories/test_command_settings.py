"""A setting that can't work stops the start: a sentence that names it, exit 2, and nothing is started before."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.harness.postgres import free_port
from tests.harness.up import Up, critsit

pytestmark = [pytest.mark.timeout(120), pytest.mark.slow]
DATABASE = "postgresql://nobody@127.0.0.1:1/none"


@pytest.mark.parametrize("words", [("up", "--port", "0"), ("serve", "escalation", "--port", "0")])
def test_a_catalogue_that_is_none_is_told_with_all_its_faults(tmp_path: Path, words: tuple[str, ...]) -> None:
    settings = {"CRITSIT_DATA": str(tmp_path / "data"), "CRITSIT_DATABASE_URL": DATABASE}
    nowhere = critsit(*words, **settings, CRITSIT_CATALOGUE="/nope")
    assert (nowhere.returncode, nowhere.stdout) == (2, "")
    assert nowhere.stderr == "There is no catalogue in /nope: /nope/catalogue.yaml: No such file or directory.\n"
    (tmp_path / "catalogue.yaml").write_text("a: [")
    broken = critsit(*words, "--json", **settings, CRITSIT_CATALOGUE=str(tmp_path))
    told = json.loads(broken.stderr)
    assert (broken.returncode, told["exit"]) == (2, 2)
    assert told["error"].startswith(f"The catalogue in {tmp_path} can't be used: /catalogue: ")
    assert not (tmp_path / "data").exists()


def test_a_file_that_can_t_be_written_is_not_taken_for_the_database(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    done = critsit("up", "--port", "0", "--data", str(tmp_path / "data"), CRITSIT_DATABASE_URL=DATABASE)
    assert (done.returncode, done.stderr) == (1, f"{tmp_path / 'data'} can't be used: File exists.\n")


@pytest.mark.parametrize(
    ("words", "settings", "said"),
    [
        (("serve", "router", "--port", "0"), {"CRITSIT_HOST": "256.1.1.1"}, "There is no address for the host “256.1.1.1”."),
        (("serve", "router", "--port", "0", "--host", "192.0.2.1"), {}, "192.0.2.1 is not an address of this machine"),
        (("serve", "router"), {"CRITSIT_KAFKA": "bogus:port"}, "CRITSIT_KAFKA: has to be host:port"),
        (("up", "--data", ""), {}, "CRITSIT_DATA: is empty"),
        (("up", "--data", "/tmp/a$b"), {"CRITSIT_DATABASE_URL": ""}, "PostgreSQL can't have its data in '/tmp/a$b'"),
        (("up", "--host", ""), {}, "CRITSIT_HOST: is empty"),
    ],
)  # fmt: skip
def test_what_can_t_work_is_2(words: tuple[str, ...], settings: dict[str, str], said: str) -> None:
    done = critsit(*words, **{"CRITSIT_DATABASE_URL": DATABASE} | settings)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1), done.stderr
    assert done.stderr.startswith(said)


def test_on_ipv6_the_address_is_one_the_examples_are_loaded_and_links_lead_there(tmp_path: Path) -> None:
    up = Up(tmp_path, "--host", "::1", "--port", "0", "--demo")
    told = up.ready()
    assert told["url"].startswith("http://[::1]:")
    assert f"{told['url']}/ack/" in _a_page(told)
    code, said = up.ends()
    assert (code, "examples are loaded" in said, "links.lead_nowhere" in said) == (0, True, False), said


def test_who_listens_everywhere_is_warned_that_links_need_a_public_url(tmp_path: Path) -> None:
    for settings, warnings in (({}, 1), ({"NOTIFIER_PUBLIC_URL": "https://critsit.example.org"}, 0)):
        up = Up(tmp_path, "--host", "0.0.0.0", "--port", "0", **settings)
        up.ready()
        lines = [json.loads(line) for line in up.ends()[1].splitlines()]
        assert [line["event"] for line in lines].count("links.lead_nowhere") == warnings


def test_demo_finds_what_up_has_started_by_the_same_settings(tmp_path: Path) -> None:
    file = tmp_path / "critsit.toml"
    file.write_text(f'host = "::1"\nport = {free_port()}\ndata = "{tmp_path / "data"}"\n')
    up = Up(tmp_path / "data", "--demo", CRITSIT_CONFIG=str(file))
    up.ready()
    done = critsit("demo", "--json", CRITSIT_CONFIG=str(file))
    assert done.returncode == 0, done.stderr
    assert {one["severity"] for one in json.loads(done.stdout)} >= {"1", "C"}
    assert up.ends()[0] == 0


def _a_page(told: dict[str, Any]) -> str:
    """The text of the first page of a crisis."""
    report = {"contract": "WO-1001", "impact": "critical_down", "title": "Down", "reporter": {"name": "Aigerim S."}}
    with httpx2.Client(base_url=told["url"], headers={"Authorization": f"Bearer {told['key']}"}) as http:
        assert http.post("/v1/incidents", json=report).status_code == 201
        end = time.monotonic() + 20
        while not (items := http.get("/v1/mailbox").json()["items"]):
            assert time.monotonic() < end
            time.sleep(0.05)
    return str(items[0]["text"])
