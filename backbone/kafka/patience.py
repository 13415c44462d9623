"""What is asked of aiokafka is asked under a timeout, as a task of its own, and left behind when its time is up.

A client in trouble may swallow a cancellation or end in one of its own tasks': neither may hang or end one of our loops.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import KafkaError

log = structlog.get_logger()

#: What Kafka's being away looks like from here.
TROUBLES = (KafkaError, TimeoutError, OSError)

Answer = TypeVar("Answer")


async def within(seconds: float, asked: Coroutine[Any, Any, Answer]) -> Answer:
    """The answer. Raises what the client raises, TimeoutError, and KafkaError where the client gave up by itself."""
    task = asyncio.ensure_future(asked)
    # Left behind, its error is nobody's any more; without this it would be printed.
    task.add_done_callback(lambda done: done.cancelled() or done.exception())
    try:
        await asyncio.wait({task}, timeout=seconds)
    finally:
        late = not task.done()
        task.cancel()
    if late:
        raise TimeoutError(f"no answer from Kafka's client in {seconds:g} s")
    if task.cancelled():
        raise KafkaError("the client has cancelled what it was asked")
    return task.result()


async def let_go(client: AIOKafkaConsumer | AIOKafkaProducer, connections: Any, seconds: float) -> None:
    """Stop a client. One that fails at it would keep its connections, and a task that asks for ever: they are closed."""
    try:
        await within(seconds, client.stop())
    except TROUBLES as error:
        log.warning("kafka.client_not_stopped", client=type(client).__name__, error=repr(error)[:200])
        try:
            await within(1, connections.close())
        except TROUBLES as closing:
            log.warning("kafka.connections_not_closed", error=repr(closing)[:200])
