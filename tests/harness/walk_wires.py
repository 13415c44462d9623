"""The wires of a walk: a web server and a mail server on loopback that answer as they are told, and note what they hear.

They are the other side: what the record says of an attempt is held against what was heard here.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType, MethodType

from aiosmtpd.smtp import SMTP, Envelope, Session

from notifier.channels import Attempt, Channel, ChannelSettings, Outcome, SmtpSettings, WebhookSettings, configured
from notifier.mailbox.copied import with_copies
from notifier.messages import Message
from notifier.pages.sender import Sender
from tests.harness import raw_http
from tests.harness.smtp import MailServer, mail_server
from tests.harness.webhook_receiver import SECRET
from tests.harness.world import World

#: What a web server may answer, and a mail server; `works` is the one answer that says yes, `hangs` is none at all.
WEB = {"works": 204, "hangs": 0, "drops": 0, "is busy": 429, "is broken": 503, "is gone": 404, "has moved": 302}
MAIL = {
    "works": "", "hangs": "", "refuses for now": "451 4.3.0 later", "refuses": "554 5.7.1 no",
    "knows nobody": "550 5.1.1 no such user",
}  # fmt: skip
#: Seconds of the real clock after which a channel gives up where nobody answers, and where somebody does.
_HANGS, _PATIENCE = 0.05, 10.0


@dataclass(frozen=True, slots=True)
class Tried:
    """One attempt as it was heard: whose address, by which channel, when, and whether it was said yes to."""

    to: str
    channel: str
    at: datetime
    arrived: bool


@dataclass
class Wires:
    """`web` is how each person's own web server is, `mail` how the one mail server is; `hung` (to, channel, at) tells of
    attempts that nobody would answer, which the channel may have given up before they were heard."""

    now: Callable[[], datetime]
    web_port: int = 0
    mail_port: int = 0
    web: dict[str, str] = field(default_factory=dict)
    mail: str = "works"
    heard: list[Tried] = field(default_factory=list)
    hung: set[tuple[str, str, datetime]] = field(default_factory=set)

    def url(self, person: str) -> str:
        """Where somebody's web server listens."""
        return f"http://127.0.0.1:{self.web_port}/{person}"

    def lead_to(self, world: World) -> None:
        """The pages of a notifier that has just started leave by these."""
        (notifier,) = [one for one in world.process.running if one.stage.name == "notifier"]
        step = notifier.stage.works[0].step
        assert isinstance(step, MethodType)
        assert isinstance(step.__self__, Sender)
        keep = step.__self__.recorder.drafts.keep
        quick, patient = (with_copies(configured(self._settings(seconds), keep)) for seconds in (_HANGS, _PATIENCE))
        step.__self__.dispatch.people.channels = MappingProxyType(
            {"mailbox": patient["mailbox"]}
            | {name: _Wire(self, name, quick[name], patient[name]) for name in ("email", "webhook")}
        )

    def hangs(self, channel: str, person: str) -> bool:
        """Whether nobody will answer."""
        return (self.mail if channel == "email" else self.web.get(person)) == "hangs"

    def _settings(self, seconds: float) -> ChannelSettings:
        smtp = SmtpSettings(
            host="127.0.0.1", port=self.mail_port, sender="critsit@example.org", tls="none", timeout=seconds
        )
        hook = WebhookSettings(secrets=(SECRET,), private_hosts=frozenset({"127.0.0.1"}), timeout=seconds)
        return ChannelSettings(smtp=smtp, webhook=hook)

    async def says(self, heard: raw_http.Heard, writer: asyncio.StreamWriter) -> None:
        """The web server's answer."""
        person = heard.target.strip("/")
        mood = self.web.get(person, "works")
        self.heard.append(Tried(person, "webhook", self.now(), mood == "works"))
        if mood == "hangs":
            await asyncio.Event().wait()
        if mood != "drops":
            writer.write(raw_http.answer(WEB[mood], headers={"location": "/"} if mood == "has moved" else None))


@dataclass(frozen=True, slots=True)
class _Wire:
    """A real channel that waits long for an answer, unless there will be none: no walk waits for that in vain."""

    wires: Wires
    name: str
    quick: Channel
    patient: Channel

    async def send(self, message: Message, address: str, attempt: Attempt) -> Outcome:
        """Send by the one or by the other."""
        if not self.wires.hangs(self.name, attempt.to):
            return await self.patient.send(message, address, attempt)
        self.wires.hung.add((address if self.name == "email" else attempt.to, self.name, attempt.at))
        return await self.quick.send(message, address, attempt)

    async def close(self) -> None:
        """Close both."""
        await self.quick.close()
        await self.patient.close()


class _Post(MailServer):
    """Answers as the wires are told."""

    wires: Wires

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        mood = self.wires.mail
        self.wires.heard.append(Tried(address, "email", self.wires.now(), mood == "works"))
        self.on_recipient = MAIL[mood] if mood in ("refuses for now", "knows nobody") else None
        self.on_data = MAIL[mood] if mood == "refuses" else None
        self.hangs = mood == "hangs"
        return await super().handle_RCPT(server, session, envelope, address, options)


@asynccontextmanager
async def wires_of(world: World) -> AsyncIterator[Wires]:
    """Both servers; the world's pages leave by them."""
    wires, post = Wires(world.time.now), _Post()
    post.wires = wires
    async with raw_http.listening(wires.says) as wires.web_port, mail_server(state=post):
        wires.mail_port = post.port
        wires.lead_to(world)
        yield wires
