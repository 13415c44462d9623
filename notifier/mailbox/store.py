"""The mailbox's table: written in the transaction that records the attempt, read newest first.

A repeat has the id of what it repeats, and is the same entry.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from backbone.log.tx import Tx
from backbone.postgres.connection import Connection
from notifier.channels import MailboxEntry


@dataclass(slots=True)
class MailboxDraft:
    """What the mailbox channel has taken, until the attempt's record is written with it."""

    kept: dict[str, MailboxEntry] = field(default_factory=dict)

    async def keep(self, entry: MailboxEntry) -> None:
        """The channel's store."""
        self.kept[entry.id] = entry

    def forget(self, ids: Iterable[str]) -> None:
        """What has been written."""
        for id_ in ids:
            self.kept.pop(id_, None)


async def save_entries(tx: Tx, entries: Sequence[MailboxEntry]) -> None:
    """Write them in one statement; one that is there already is left as it is."""
    if not entries:
        return
    await tx.execute(
        "insert into mailbox (id, at, incident, page, person, channel, subject, text) select * from unnest("
        "cast(:id as uuid[]), cast(:at as timestamptz[]), cast(:incident as text[]), cast(:page as uuid[]),"
        " cast(:person as text[]), cast(:channel as text[]), cast(:subject as text[]), cast(:text as text[]))"
        " on conflict (id) do nothing",
        {
            "id": [UUID(x.id) for x in entries],
            "at": [x.at for x in entries],
            "incident": [x.incident for x in entries],
            "page": [UUID(x.page) for x in entries],
            "person": [x.to for x in entries],
            "channel": [x.channel for x in entries],
            "subject": [x.subject for x in entries],
            "text": [x.text for x in entries],
        },
    )


async def newest(
    c: Connection,
    *,
    incident: str | None,
    person: str | None,
    before: UUID | None,
    limit: int,
) -> list[Mapping[str, Any]]:
    """Entries newest first, behind `before`; `incident` is an id or a number."""
    where, params = ["true"], {"limit": limit}  # type: tuple[list[str], dict[str, Any]]
    if incident is not None:
        where.append("m.incident in (select :incident union select id from incident where number = :incident)")
        params["incident"] = incident
    if person is not None:
        where.append("m.person = :person")
        params["person"] = person
    if before is not None:
        where.append("m.id < :before")
        params["before"] = before
    rows = await c.execute(
        "select m.id, m.at, m.incident, m.page, m.person, m.channel, m.subject, m.text from mailbox m"
        f" where {' and '.join(where)} order by m.id desc limit :limit",
        params,
    )
    return [dict(row) for row in rows]
