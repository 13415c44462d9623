"""How Kafka is spoken to, from the settings: what goes together, what can't be read, and no password in the open."""

from __future__ import annotations

import ssl

import pytest

from backbone.kafka.broker import Broker
from backbone.process.settings import Settings, SettingsError


def _of(**environ: str) -> Broker | None:
    return Broker.of(Settings.load(environ={f"CRITSIT_{name}": value for name, value in environ.items()}))


def test_without_kafka_there_is_none_and_by_itself_it_is_in_the_open() -> None:
    assert _of() is None
    broker = _of(KAFKA="a:9092,b:9092")
    assert broker is not None
    assert broker.client("me") == {
        "bootstrap_servers": "a:9092,b:9092", "client_id": "me", "security_protocol": "PLAINTEXT",
    }  # fmt: skip


def test_a_password_goes_by_scram_unless_it_is_said_otherwise_and_is_shown_to_nobody() -> None:
    broker = _of(KAFKA="a:9092", KAFKA_USER="who", KAFKA_PASSWORD="hush-hush")
    assert broker is not None
    told = broker.client("me")
    assert (told["security_protocol"], told["sasl_mechanism"]) == ("SASL_PLAINTEXT", "SCRAM-SHA-512")
    assert (told["sasl_plain_username"], told["sasl_plain_password"]) == ("who", "hush-hush")
    assert "hush" not in repr(broker)


def test_over_tls_the_brokers_name_is_checked() -> None:
    broker = _of(KAFKA="a:9092", KAFKA_TLS="true")
    assert broker is not None
    told = broker.client("me")
    assert told["security_protocol"] == "SSL"
    assert (told["ssl_context"].verify_mode, told["ssl_context"].check_hostname) == (ssl.CERT_REQUIRED, True)


@pytest.mark.parametrize(
    ("environ", "says"),
    [
        ({"KAFKA_USER": "who"}, "go together"),
        ({"KAFKA_PASSWORD": "x"}, "go together"),
        ({"KAFKA_USER": "who", "KAFKA_PASSWORD": "x", "KAFKA_MECHANISM": "plain"}, "CRITSIT_KAFKA_TLS=true"),
        ({"KAFKA_TLS": "true", "KAFKA_CA_FILE": "/no/such"}, "can't be read"),
        ({"KAFKA_TLS": "true", "KAFKA_CA_FILE": __file__}, "can't be read"),
        ({"KAFKA_TLS": "true", "KAFKA_CERT_FILE": __file__}, "can't be read"),
        ({"KAFKA_CA_FILE": "/no/such"}, "CRITSIT_KAFKA_TLS=true"),
    ],
)
def test_what_does_not_go_together_says_what_to_set(environ: dict[str, str], says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        _of(KAFKA="a:9092", **environ)


def test_an_unknown_way_is_named() -> None:
    with pytest.raises(SettingsError, match="KAFKA_MECHANISM"):
        _of(KAFKA="a:9092", KAFKA_MECHANISM="gssapi")
