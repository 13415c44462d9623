"""What each channel needs to be configured with; a channel whose settings are absent is not offered.

Secrets are kept out of every repr.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpSettings:
    """A mail server. `tls`: `starttls` refuses a server that does not offer it, `implicit` is TLS from the first byte,
    `none` is for a mail catcher; `ca_file` adds authorities to trust. `timeout` in seconds, for all of a sending."""

    host: str
    port: int = 587
    sender: str
    tls: Literal["starttls", "implicit", "none"] = "starttls"
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: str | None = None
    timeout: float = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookSettings:
    """Signed webhooks. `secrets` as Standard Webhooks writes them (`whsec_…`), the newest first, two while they are
    changed over. `private_hosts` are the host names that may be private, and plain http; `timeout` in seconds."""

    secrets: tuple[str, ...] = field(repr=False)
    private_hosts: frozenset[str] = frozenset()
    timeout: float = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TwilioSettings:
    """An account with Twilio, or with whoever speaks its REST API at `base_url`. Messages go out from `sms_from`, calls
    from `voice_from` (E.164); what has no number is not offered. `callback_url` is our own `/v1/callbacks/twilio`."""

    account: str
    token: str = field(repr=False)
    sms_from: str | None = None
    voice_from: str | None = None
    callback_url: str | None = None
    base_url: str = "https://api.twilio.com"
    timeout: float = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelSettings:
    """All of them; None is not configured."""

    smtp: SmtpSettings | None = None
    webhook: WebhookSettings | None = None
    twilio: TwilioSettings | None = None
