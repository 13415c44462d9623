"""A certificate for loopback that nobody else trusts, made for one run and thrown away."""

from __future__ import annotations

import ssl
import subprocess
from pathlib import Path


def server_context(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """A server's context and the file of the authority that a client has to trust for it."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
         "-keyout", str(key), "-out", str(certificate)],
        check=True,
        capture_output=True,
    )  # fmt: skip
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    return context, certificate
