"""What the notifier makes of the settings: its channels, and how fast a page climbs.

A channel whose settings are not whole stops the start with its name.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from email.errors import HeaderParseError
from email.headerregistry import Address

from backbone.process.settings import Settings, SettingsError
from notifier.channels import (
    Channel,
    ChannelSettings,
    MailboxStore,
    SmtpSettings,
    TwilioSettings,
    WebhookSettings,
    configured,
)
from notifier.mailbox.copied import with_copies

CALLBACK = "/v1/callbacks/twilio"


def channel_settings(settings: Settings) -> ChannelSettings:
    """The channels that are configured. Raises SettingsError."""
    return ChannelSettings(smtp=_smtp(settings), webhook=_webhook(settings), twilio=_twilio(settings))


def channels_of(settings: Settings, store: MailboxStore) -> Mapping[str, Channel]:
    """The channels that pages may leave by. Raises SettingsError."""
    try:
        channels = configured(channel_settings(settings), store)
    except ValueError as error:  # of a webhook's secret: the others' settings are whole by now
        raise SettingsError(f"CRITSIT_WEBHOOK_SECRETS: {error}.") from None
    if settings.mailbox is False and len(channels) == 1:
        raise SettingsError("CRITSIT_MAILBOX is off, and no channel is configured: nobody could be paged.")
    return with_copies(channels) if settings.mailbox else channels


def callback_url(settings: Settings) -> str:
    """Where Twilio tells us what became of a message."""
    return settings.public_url + CALLBACK


def _smtp(settings: Settings) -> SmtpSettings | None:
    if settings.smtp_host is None:
        return None
    if settings.smtp_from is None:
        raise SettingsError("CRITSIT_SMTP_FROM is not set, but CRITSIT_SMTP_HOST is: whom are the mails from?")
    if not _is_address(settings.smtp_from):
        raise SettingsError(
            "CRITSIT_SMTP_FROM is no address that a mail can be from: it has to be somebody@example.org."
        )
    try:
        ssl.create_default_context(cafile=settings.smtp_ca_file)
    except OSError as error:
        raise SettingsError(f"CRITSIT_SMTP_CA_FILE can't be read as certificates: {error}.") from None
    return SmtpSettings(
        host=settings.smtp_host, port=settings.smtp_port, sender=settings.smtp_from, tls=settings.smtp_tls,
        username=settings.smtp_user, password=settings.secret("smtp_password"), ca_file=settings.smtp_ca_file,
    )  # fmt: skip


def _is_address(text: str) -> bool:
    """Whether mail can be from it, as `compose_letter` writes it."""
    try:
        return Address(addr_spec=text).domain != ""
    except (ValueError, HeaderParseError, IndexError):
        return False


def _webhook(settings: Settings) -> WebhookSettings | None:
    if not settings.webhook_secrets:
        return None
    return WebhookSettings(
        secrets=tuple(secret.get_secret_value() for secret in settings.webhook_secrets),
        private_hosts=frozenset(settings.webhook_private_hosts),
    )


def _twilio(settings: Settings) -> TwilioSettings | None:
    if settings.twilio_account is None:
        return None
    token = settings.secret("twilio_token")
    if token is None:
        raise SettingsError("CRITSIT_TWILIO_TOKEN is not set, but CRITSIT_TWILIO_ACCOUNT is.")
    if settings.twilio_sms_from is None and settings.twilio_voice_from is None:
        raise SettingsError("CRITSIT_TWILIO_SMS_FROM is not set, nor CRITSIT_TWILIO_VOICE_FROM: which number is ours?")
    return TwilioSettings(
        account=settings.twilio_account, token=token, sms_from=settings.twilio_sms_from,
        voice_from=settings.twilio_voice_from, callback_url=callback_url(settings), base_url=settings.twilio_base_url,
    )  # fmt: skip
