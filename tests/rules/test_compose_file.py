"""docker-compose.yml keeps house: no secrets, no rights that nobody needs, and everybody waits for what they need."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.harness.compose import ROOT, read

SECRETS = {
    name: f"the-{name.lower()}"
    for name in (
        "CRITSIT_ADMIN_KEY", "POSTGRES_PASSWORD", "INTAKE_DB_PASSWORD", "ROUTER_DB_PASSWORD", "ESCALATION_DB_PASSWORD",
        "NOTIFIER_DB_PASSWORD",
    )
}  # fmt: skip
STAGES = ("intake", "router", "escalation", "notifier")
SERVICES: dict[str, Any] = read(SECRETS)


@pytest.mark.parametrize("missing", SECRETS)
def test_each_secret_is_asked_for_with_a_word_on_what_it_is(missing: str) -> None:
    with pytest.raises(KeyError, match=rf"{missing}: .+"):
        read(SECRETS | {missing: ""})


def test_the_example_of_the_environment_names_every_secret_and_holds_none() -> None:
    lines = (ROOT / "deploy" / "env.example").read_text("utf-8").splitlines()
    assert {line.rstrip("=") for line in lines if line.endswith("=")} == set(SECRETS)


@pytest.mark.parametrize("name", SERVICES)
def test_nobody_has_more_rights_than_needed(name: str) -> None:
    service = SERVICES[name]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not service.get("privileged")
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))
    if service["image"] == "critsit":
        assert service["read_only"] is True
        assert "cap_add" not in service
        assert "volumes" not in service


@pytest.mark.parametrize("name", STAGES)
def test_a_stage_waits_until_what_it_needs_is_there(name: str) -> None:
    service = SERVICES[name]
    assert {need: how["condition"] for need, how in service["depends_on"].items()} == {
        "postgres": "service_healthy",
        "kafka": "service_healthy",
        "topics": "service_completed_successfully",
        "roles": "service_completed_successfully",
    }
    port = service["command"][-1]
    assert f"127.0.0.1:{port}/readyz" in service["healthcheck"]["test"][-1]
    assert service["ports"] == [f"127.0.0.1:{port}:{port}"]
    # Longer than the 25 s that a stage may take to drain.
    assert int(service["stop_grace_period"].rstrip("s")) > 25


@pytest.mark.parametrize("name", STAGES)
def test_a_stage_has_its_own_role_and_no_other_s_password(name: str) -> None:
    environment = SERVICES[name]["environment"]
    assert environment["CRITSIT_DATABASE_URL"].startswith(
        f"postgresql://{name}:{SECRETS[f'{name.upper()}_DB_PASSWORD']}@"
    )
    others = {
        secret for key, secret in SECRETS.items() if key not in ("CRITSIT_ADMIN_KEY", f"{name.upper()}_DB_PASSWORD")
    }
    assert not any(secret in value for secret in others for value in environment.values())


def test_what_others_wait_for_can_say_that_it_is_healthy() -> None:
    for service in SERVICES.values():
        for need, how in service.get("depends_on", {}).items():
            assert how["condition"] != "service_healthy" or SERVICES[need]["healthcheck"]["test"]


def test_prometheus_asks_every_stage_where_it_listens() -> None:
    config = (ROOT / "deploy" / "prometheus" / "prometheus.yml").read_text("utf-8")
    assert set(re.findall(r'"(\w+:\d+)"', config)) == {f"{name}:{SERVICES[name]['command'][-1]}" for name in STAGES}
