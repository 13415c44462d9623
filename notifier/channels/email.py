"""Pages by mail, over SMTP.

A repeated attempt has the same Message-ID and says that it is one, so that a mail reader can fold the two together.
"""

from __future__ import annotations

import asyncio
import ssl
from contextlib import suppress
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.policy import Policy
from email.utils import format_datetime

import aiosmtplib

from notifier.channels.mask import redact
from notifier.channels.port import Attempt, Failed, Outcome, Sent
from notifier.channels.settings import SmtpSettings
from notifier.messages.message import Message

#: How long a subject is that is not folded.
_PLAIN = 65
#: Seconds that a server has for its last word, once it has the mail.
_GOODBYE = 1.0


@dataclass(frozen=True, slots=True)
class Email:
    """A mail server that takes pages; a connection a mail."""

    settings: SmtpSettings

    async def send(self, message: Message, address: str, attempt: Attempt) -> Outcome:
        """One mail; what the server refuses for good (5xx) is not worth a retry, everything else is."""
        try:
            letter = compose_letter(message, address, attempt, self.settings.sender)
        except (ValueError, HeaderParseError, IndexError) as error:
            return Failed(f"not an address that mail can carry: {type(error).__name__}", retry=False)
        try:
            async with asyncio.timeout(self.settings.timeout):
                await self._hand_over(letter)
        except TimeoutError:
            return Failed(f"the mail server did not finish within {self.settings.timeout:g} s", retry=True)
        except aiosmtplib.SMTPRecipientsRefused as error:
            return _refused(error.recipients[0].code, error.recipients[0].message)
        except aiosmtplib.SMTPResponseException as error:
            return _refused(error.code, error.message)
        except aiosmtplib.SMTPNotSupported as error:
            return Failed(f"the mail server can't: {redact(str(error))}", retry=False)
        except (aiosmtplib.SMTPException, OSError, ssl.SSLError, ValueError) as error:
            return Failed(f"the mail server can't be used: {type(error).__name__}", retry=True)
        return Sent(str(letter["Message-ID"]))

    async def close(self) -> None:
        """Holds nothing open."""

    async def _hand_over(self, letter: EmailMessage) -> None:
        client = aiosmtplib.SMTP(
            hostname=self.settings.host,
            port=self.settings.port,
            use_tls=self.settings.tls == "implicit",
            start_tls=self.settings.tls == "starttls",
            username=self.settings.username,
            password=self.settings.password,
            cert_bundle=self.settings.ca_file,
            timeout=self.settings.timeout,
        )
        try:
            await client.connect()
            await client.send_message(letter)
            with suppress(aiosmtplib.SMTPException):
                await client.quit(timeout=_GOODBYE)
        finally:
            # No QUIT after a failure: who hangs would have us wait for its answer as long again.
            client.close()


def compose_letter(message: Message, address: str, attempt: Attempt, sender: str) -> EmailMessage:
    """The mail: threaded by incident, marked as automatic (RFC 3834). Raises ValueError and HeaderParseError on an
    address that is none."""
    domain = Address(addr_spec=sender).domain or "localhost"
    letter = EmailMessage(policy=SMTP_POLICY)
    letter["From"] = Address("critsit", addr_spec=sender)
    letter["To"] = Address(addr_spec=address)
    subject = " ".join(message.subject.split())
    plain = subject.isascii() and "=?" not in subject and len(subject) <= _PLAIN
    letter["Subject"] = subject if plain else _Encoded(subject)
    letter["Date"] = format_datetime(attempt.at)
    letter["Message-ID"] = f"<{attempt.id}@{domain}>"
    letter["References"] = f"<{attempt.incident}@{domain}>"
    letter["Auto-Submitted"] = "auto-generated"
    letter["X-Critsit-Incident"] = attempt.number
    letter["X-Critsit-Page"] = attempt.page
    if attempt.repeat:
        letter["X-Critsit-Repeat"] = "yes"
    letter["Importance"] = "high"
    letter.set_content(message.text)
    return letter


class _Encoded(str):
    """A subject that leaves as encoded words from its first letter to its last (RFC 2047), so that what is read is what was
    written: `email` by itself drops spaces where it folds or encodes, and takes what looks like an encoded word for one."""

    name = "Subject"

    def fold(self, *, policy: Policy) -> str:
        """The header's lines, as `email` asks its own headers for them."""
        encoded = Header(str(self), "utf-8", header_name=self.name).encode(linesep=policy.linesep)
        return f"{self.name}: {encoded}{policy.linesep}"


def _refused(code: int, text: str) -> Failed:
    return Failed(f"the mail server answered {code}: {redact(text)}", retry=not 500 <= code < 600)
