"""A real mail server on loopback, that can be told to refuse, to be slow, or to go away in the middle.

It keeps every mail that it has said yes to.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


@dataclass(slots=True)
class MailServer:
    """`on_recipient` and `on_data` are what it answers instead of yes; `hangs` and `drops` what it does with a mail.

    `hung`: how many mails it has left without an answer; `silent_at_the_end`: it says nothing to a QUIT.
    """

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    on_recipient: str | None = None
    on_data: str | None = None
    hangs: bool = False
    hung: int = 0
    drops: bool = False
    silent_at_the_end: bool = False
    users: dict[str, str] = field(default_factory=dict)

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.on_recipient is not None:
            return self.on_recipient.format(address=address)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.hangs:
            self.hung += 1
            await asyncio.Event().wait()
        if self.on_data is not None:
            return self.on_data
        assert isinstance(envelope.content, bytes)
        mail = message_from_bytes(envelope.content, policy=default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        self.encrypted.append(session.ssl is not None)
        if self.drops:
            assert server.transport is not None
            server.transport.abort()
        return "250 OK: queued as 12345"

    async def handle_QUIT(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.silent_at_the_end:
            await asyncio.Event().wait()
        return "221 Bye"

    def knows(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        known = self.users.get(data.login.decode()) == data.password.decode()
        return AuthResult(success=known, handled=known)


class _Speaking(SMTP):
    """Answers in Latin-1, as servers of old do."""

    async def push(self, status: str | bytes) -> None:
        await super().push(status.encode("latin-1") if isinstance(status, str) else status)


@asynccontextmanager
async def mail_server(tls: ssl.SSLContext | None = None, state: MailServer | None = None) -> AsyncIterator[MailServer]:
    """The server on loopback; with `tls` it offers STARTTLS, and takes logins only after it. `state` may be a harder one."""
    state = state or MailServer()
    loop = asyncio.get_running_loop()
    sessions: set[SMTP] = set()

    def session() -> SMTP:
        made = _Speaking(state, hostname="mail.test", loop=loop, tls_context=tls, authenticator=state.knows)
        sessions.add(made)
        return made

    server = await loop.create_server(session, "127.0.0.1", 0)
    state.port = server.sockets[0].getsockname()[1]
    try:
        yield state
    finally:
        server.close()
        tasks = [one._handler_coroutine for one in sessions if one._handler_coroutine is not None]
        for one in sessions:
            if one.transport is not None:
                one.transport.abort()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
