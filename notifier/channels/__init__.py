"""How a page leaves: one port, and behind it the built-in mailbox, mail, signed webhooks, text messages and calls.

A channel never raises and never hangs: whatever the world does, it answers with an outcome. What is not configured is
not offered.
"""

from notifier.channels.configured import Way, configured, ways
from notifier.channels.mailbox import Mailbox, MailboxEntry, MailboxStore
from notifier.channels.mask import mask, redact
from notifier.channels.port import Attempt, Channel, Delivered, Failed, Outcome, Sent
from notifier.channels.settings import ChannelSettings, SmtpSettings, TwilioSettings, WebhookSettings

__all__ = [
    "Attempt",
    "Channel",
    "ChannelSettings",
    "Delivered",
    "Failed",
    "Mailbox",
    "MailboxEntry",
    "MailboxStore",
    "Outcome",
    "Sent",
    "SmtpSettings",
    "TwilioSettings",
    "Way",
    "WebhookSettings",
    "configured",
    "mask",
    "redact",
    "ways",
]
