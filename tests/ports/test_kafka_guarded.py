"""A Kafka that lets in whom it knows, over TLS: by a password, by a certificate; whoever it does not know hears why."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from backbone.kafka.broker import Broker
from backbone.kafka.patience import TROUBLES
from backbone.kafka.topics import apply
from backbone.log.event import Lane
from backbone.process.settings import Settings
from tests.harness.carriers import ByKafka, Seconds
from tests.harness.guarded_kafka import PASSWORD, USER, Guarded, guarded_kafka
from tests.harness.hearer import Room
from tests.harness.kafka import need_own_kafka

pytestmark = pytest.mark.kafka


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """One for all of these tests: nobody changes it."""
    need_own_kafka()
    with guarded_kafka(tmp_path_factory.mktemp("guarded") / "it") as one:
        yield one


def _ways(guarded: Guarded) -> dict[str, dict[str, Any]]:
    tls: dict[str, Any] = {"kafka_tls": "true", "kafka_ca_file": str(guarded.certificate)}
    known = tls | {"kafka": guarded.passwords, "kafka_user": USER, "kafka_password": PASSWORD}
    ours = {"kafka_cert_file": str(guarded.certificate), "kafka_key_file": str(guarded.key)}
    return {
        "scram": known,
        "plain": known | {"kafka_mechanism": "plain"},
        "certificate": tls | ours | {"kafka": guarded.certificates},
        "wrong password": known | {"kafka_password": "wrong"},
        "nobody": known | {"kafka_user": "nobody"},
        "no certificate": tls | {"kafka": guarded.certificates},
        "not vouched for": {**known, "kafka_ca_file": None},
        "no tls": {"kafka": guarded.passwords},
    }


def _broker(guarded: Guarded, way: str) -> Broker:
    found = Broker.of(Settings.model_validate(_ways(guarded)[way]))
    assert found is not None
    return found


@pytest.mark.parametrize("way", ["scram", "plain", "certificate"])
async def test_events_go_over_it(people: Room, seconds: Seconds, guarded: Guarded, way: str) -> None:
    carrier = ByKafka(people, people.hearer, _broker(guarded, way), seconds)
    await people.router.says("a")
    await people.router.says("a")
    await carrier.carries(Lane.ORDINARY)
    assert carrier.trouble == {}
    assert await people.handled() == ["router a 1", "router a 2"]
    await carrier.close()


@pytest.mark.parametrize("way", ["wrong password", "nobody", "no certificate", "not vouched for", "no tls"])
async def test_whoever_is_not_let_in_has_the_log(people: Room, seconds: Seconds, guarded: Guarded, way: str) -> None:
    carrier = ByKafka(people, people.hearer, _broker(guarded, way), seconds)
    with pytest.raises(TROUBLES):
        await apply(carrier.broker, carrier.topics)
    await people.router.says("a")
    await carrier.behind.carries()
    assert await people.handled() == ["router a 1"]
    await carrier.close()
