"""What every room may ask for: a database of its own, a server that may be killed, a real Kafka.

Nothing is started before a test asks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
import structlog

from tests.harness.kafka import KafkaServer, need_own_kafka, shared
from tests.harness.postgres import Clones, PostgresServer, migrated_template, ordinary
from tests.harness.run import Run


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        config.stash[_RUN] = Run.begin()
    # structlog's own one draws a frame around every local variable, which takes a second for each traceback.
    structlog.dev.ConsoleRenderer.get_active().exception_formatter = structlog.dev.plain_traceback


def pytest_unconfigure(config: pytest.Config) -> None:
    run = config.stash.get(_RUN, None)
    if run is not None:
        run.end()


_RUN = pytest.StashKey[Run]()


@pytest.fixture(scope="session")
def run() -> Run:
    """The run that this test is part of."""
    return Run.current()


@pytest.fixture(scope="session")
def migrate() -> Callable[[str], None]:
    """What brings a database's schemas to their newest revision."""
    from backbone.postgres.migrate import migrate

    return migrate


@pytest.fixture(scope="session")
def postgres(run: Run) -> PostgresServer:
    """The run's PostgreSQL, which forgets what it has when it is killed: don't."""
    return ordinary(run)


@pytest.fixture(scope="session")
def template(run: Run, postgres: PostgresServer, migrate: Callable[[str], None]) -> str:
    """The name of the run's migrated database, to be cloned."""
    return migrated_template(run, postgres, migrate)


@pytest.fixture(scope="session")
def clones(postgres: PostgresServer, template: str) -> Iterator[Clones]:
    """Copies of it."""
    made = Clones(postgres, template)
    yield made
    made.close()


@pytest.fixture
def database(clones: Clones) -> Iterator[str]:
    """The URL of a migrated database that is this test's alone."""
    with clones.one() as url:
        yield url


@pytest.fixture
def empty_database(postgres: PostgresServer) -> Iterator[str]:
    """The URL of a database with nothing in it."""
    name = f"test_{uuid4().hex}"
    yield postgres.create(name)
    postgres.drop(name)


@pytest.fixture
def durable_postgres(tmp_path: Path) -> Iterator[PostgresServer]:
    """A server of this test's own, as durable as in production: kill it, freeze it, restart it."""
    server = PostgresServer(tmp_path / "postgres")
    server.start()
    try:
        yield server
    finally:
        server.thaw()
        server.stop(immediate=True)


@pytest.fixture(scope="session")
def kafka(run: Run) -> str:
    """The bootstrap servers of the run's Kafka, which others use too: don't kill it."""
    return shared(run)


@pytest.fixture
def topic_prefix() -> str:
    """What this test's topics begin with, in place of `critsit`."""
    return f"test-{uuid4().hex[:12]}"


@pytest.fixture
def own_kafka(tmp_path: Path) -> Iterator[KafkaServer]:
    """A Kafka of this test's own that runs: kill it, freeze it, lose its disk."""
    need_own_kafka()
    server = KafkaServer(tmp_path / "kafka")
    server.start()
    try:
        yield server
    finally:
        server.kill()
