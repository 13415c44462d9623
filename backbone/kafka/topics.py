"""Topics: their names, and making them; the broker never makes one by itself.

Making what is there is no error, so that a broker that came back with an empty disk is used again at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code

from ..log.event import Event, Lane, is_directory
from .broker import Broker
from .patience import within

PARTITIONS = 6
#: On so many brokers, or as many as there are.
COPIES = 3
_WEEK_MS = str(7 * 24 * 3600 * 1000)


@dataclass(frozen=True, slots=True)
class Topics:
    """The topics of an installation: `names` by stage, `directory` for the objects that `owner` says."""

    prefix: str
    names: Mapping[str, str]
    directory: str
    owner: str

    def of(self, stage: str, lane: Lane) -> str:
        """The topic of a stage's events in a lane."""
        name = f"{self.prefix}.{self.names[stage]}"
        return f"{name}.urgent" if lane is Lane.URGENT else name

    def of_event(self, event: Event) -> str:
        """The topic that an event goes to."""
        if is_directory(event.subject):
            return f"{self.prefix}.{self.directory}"
        return self.of(event.source, event.lane)

    def heard(self, stages: Iterable[str], lane: Lane) -> list[str]:
        """What somebody who hears these stages subscribes to in a lane."""
        found = [self.of(stage, lane) for stage in stages]
        if lane is Lane.ORDINARY and self.owner in stages:
            found.append(f"{self.prefix}.{self.directory}")
        return found

    def all(self, copies: int) -> list[NewTopic]:
        """Every topic, as it is to be made, on `copies` brokers."""
        kept = {"retention.ms": _WEEK_MS, "compression.type": "producer"}
        found = [
            NewTopic(self.of(stage, lane), PARTITIONS, copies, topic_configs=kept)
            for stage in self.names
            for lane in (Lane.ORDINARY, Lane.URGENT)
        ]
        found.append(
            NewTopic(f"{self.prefix}.{self.directory}", 1, copies, topic_configs={"cleanup.policy": "compact"})
        )
        return found


async def apply(broker: Broker, topics: Topics) -> list[str]:
    """Make the topics that are missing; answers their names. Raises KafkaError, TimeoutError."""
    admin = AIOKafkaAdminClient(**broker.client("critsit-topics"), request_timeout_ms=10_000)
    try:
        return await within(30, _apply(admin, topics))
    finally:
        await within(5, admin.close())


async def _apply(admin: AIOKafkaAdminClient, topics: Topics) -> list[str]:
    await admin.start()
    there = set(await admin.list_topics())
    brokers = (await admin.describe_cluster())["brokers"]
    missing = [topic for topic in topics.all(min(COPIES, len(brokers))) if topic.name not in there]
    if not missing:
        return []
    answer = await admin.create_topics(missing)
    made = []
    for name, code, *_ in answer.topic_errors:
        error = for_code(code)
        if code == 0:
            made.append(name)
        elif error is not TopicAlreadyExistsError:
            raise error(f"the topic {name} can't be made")
    return made
