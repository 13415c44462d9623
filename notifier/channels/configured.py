"""Which channels there are, and the ways by which a person can be reached through them.

What is not configured is not offered; only where nothing is configured at all does the mailbox stand in for everything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from notifier.channels.email import Email
from notifier.channels.mailbox import Mailbox, MailboxStore
from notifier.channels.port import Channel
from notifier.channels.settings import ChannelSettings
from notifier.channels.twilio import Sms, Twilio, Voice
from notifier.channels.webhook import Webhook


@dataclass(frozen=True, slots=True)
class Way:
    """One way to a person: the name of the channel that their contact asks for, what carries it, and where to."""

    channel: str
    through: Channel
    address: str


def configured(settings: ChannelSettings, store: MailboxStore) -> Mapping[str, Channel]:
    """The channels that can be used, by the name that a contact gives them; `mailbox` is always one.

    Raises ValueError where a setting is wrong, so that the start fails and not the first page."""
    channels: dict[str, Channel] = {"mailbox": Mailbox(store)}
    if settings.smtp is not None:
        channels["email"] = Email(settings.smtp)
    if settings.webhook is not None:
        channels["webhook"] = Webhook(settings.webhook)
    if settings.twilio is not None:
        twilio = Twilio(settings.twilio)
        if settings.twilio.sms_from is not None:
            channels["sms"] = Sms(twilio, settings.twilio.sms_from)
        if settings.twilio.voice_from is not None:
            channels["voice"] = Voice(twilio, settings.twilio.voice_from)
    return channels


def ways(contacts: Iterable[tuple[str, str]], channels: Mapping[str, Channel], person: str) -> tuple[Way, ...]:
    """The ways to `person`, in the order of their contacts `(channel, address)`.

    Where only the mailbox is there, it stands in for each contact, and for somebody without one. Otherwise contacts
    whose channel is not configured are left out; that may leave none, and then somebody else must be told."""
    mailbox = channels["mailbox"]
    asked = tuple(contacts)
    if len(channels) > 1 or not isinstance(mailbox, Mailbox):
        return tuple(Way(name, channels[name], address) for name, address in asked if name in channels)
    stood_in = tuple(Way(name, Mailbox(mailbox.store, stands_for=name), address) for name, address in asked)
    return stood_in or (Way("mailbox", mailbox, person),)
