"""A real Kafka that lets nobody in unknown: a listener with passwords, and one with certificates, both over TLS.

Its plain listener stays, for those who set it up.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.harness.certificate import server_context
from tests.harness.kafka import KafkaServer, jars
from tests.harness.postgres import free_port

USER, PASSWORD = "critsit", "let; me = in"


@dataclass(frozen=True, slots=True)
class Guarded:
    """`passwords` and `certificates` are bootstrap servers; `certificate`, which vouches for itself, and `key` are files."""

    passwords: str
    certificates: str
    certificate: Path
    key: Path


@contextmanager
def guarded_kafka(folder: Path) -> Iterator[Guarded]:
    """It runs while the block does; USER may come with PASSWORD, by SCRAM and as it is."""
    folder.mkdir()
    server_context(folder)
    key, certificate, both = folder / "key.pem", folder / "certificate.pem", folder / "both.pem"
    both.write_text(key.read_text() + certificate.read_text())
    passwords, certificates = free_port(), free_port()
    more = folder / "more.properties"
    server = KafkaServer(folder / "kafka", more=more)
    places = f"PLAINTEXT://{server.bootstrap},SASL_SSL://127.0.0.1:{passwords},SSL://127.0.0.1:{certificates}"
    login = "org.apache.kafka.common.security"
    more.write_text(f"""
listeners={places},CONTROLLER://127.0.0.1:{server.controller}
advertised.listeners={places}
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL,SSL:SSL
ssl.keystore.type=PEM
ssl.keystore.location={both}
ssl.truststore.type=PEM
ssl.truststore.location={certificate}
listener.name.ssl.ssl.client.auth=required
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-512
listener.name.sasl_ssl.plain.sasl.jaas.config={login}.plain.PlainLoginModule required user_{USER}="{PASSWORD}";
listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config={login}.scram.ScramLoginModule required;
""")
    server.start()
    try:
        subprocess.run(
            ["java", "-cp", f"{jars()}/*", "kafka.admin.ConfigCommand", "--bootstrap-server", server.bootstrap, "--alter",
             "--entity-type", "users", "--entity-name", USER, "--add-config", f"SCRAM-SHA-512=[password={PASSWORD}]"],
            check=True, capture_output=True, timeout=60,
        )  # fmt: skip
        yield Guarded(f"127.0.0.1:{passwords}", f"127.0.0.1:{certificates}", certificate, key)
    finally:
        server.kill()
