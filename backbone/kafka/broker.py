"""Where Kafka is and how one speaks to it: what each of our clients is given.

A password never goes over an open line by itself: `plain` asks for TLS.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from typing import Any, Self

from ..process.settings import Settings, SettingsError


@dataclass(frozen=True, slots=True)
class Broker:
    """`servers` are bootstrap servers; `how` is the rest of what a client is told."""

    servers: str
    how: dict[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, settings: Settings) -> Self | None:
        """The broker of the settings; None where there is none. Raises SettingsError where it can't be spoken to so."""
        if not settings.kafka:
            return None
        name, password = settings.kafka_user, settings.secret("kafka_password")
        if (name is None) != (password is None):
            raise SettingsError("CRITSIT_KAFKA_USER and CRITSIT_KAFKA_PASSWORD go together.")
        if name is not None and settings.kafka_mechanism == "plain" and not settings.kafka_tls:
            raise SettingsError(
                "CRITSIT_KAFKA_MECHANISM=plain sends the password as it is: set CRITSIT_KAFKA_TLS=true."
            )
        if not settings.kafka_tls and any((settings.kafka_ca_file, settings.kafka_cert_file, settings.kafka_key_file)):
            raise SettingsError(
                "CRITSIT_KAFKA_CA_FILE, _CERT_FILE and _KEY_FILE are for TLS: set CRITSIT_KAFKA_TLS=true."
            )
        how: dict[str, Any] = {}
        if settings.kafka_tls:
            how["ssl_context"] = _context(settings)
        if name is not None:
            how |= {
                "sasl_mechanism": settings.kafka_mechanism.upper(), "sasl_plain_username": name,
                "sasl_plain_password": password,
            }  # fmt: skip
        protocol = ("SASL_" if name is not None else "") + ("SSL" if settings.kafka_tls else "PLAINTEXT")
        return cls(settings.kafka, how | {"security_protocol": protocol})

    def client(self, name: str) -> dict[str, Any]:
        """What a client of that name is made with."""
        return {"bootstrap_servers": self.servers, "client_id": name, **self.how}


def _context(settings: Settings) -> ssl.SSLContext:
    """The system's authorities or those of a file, and our own certificate where the broker asks for one."""
    try:
        context = ssl.create_default_context(cafile=settings.kafka_ca_file)
        if settings.kafka_cert_file is not None:
            context.load_cert_chain(settings.kafka_cert_file, settings.kafka_key_file)
    except (OSError, ssl.SSLError) as error:
        raise SettingsError(
            f"CRITSIT_KAFKA_CA_FILE, _CERT_FILE or _KEY_FILE can't be read as certificates: {error}."
        ) from None
    return context
