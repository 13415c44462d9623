"""A real Apache Kafka for tests, the one of `make kafka`: one a run, and others that may be killed, frozen, emptied.

`CRITSIT_TEST_KAFKA=host:port` uses one that is there. Without Java and Maven the tests say so and are skipped, or fail
where `CRITSIT_REQUIRE_KAFKA=1` asks for them.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.harness.postgres import free_port
from tests.harness.run import Run

_PROGRAM = Path(__file__).parents[2] / "deploy" / "kafka" / "run"
_READY = b"Kafka Server started"


@dataclass(slots=True)
class KafkaServer:
    """One node with its data in `folder`, on ports of its own that it keeps over restarts."""

    folder: Path
    port: int = field(default_factory=free_port)
    controller: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None
    #: A file of properties that stand over its own.
    more: Path | None = None

    @property
    def bootstrap(self) -> str:
        """What a client is given."""
        return f"127.0.0.1:{self.port}"

    def start(self, within: float = 90) -> None:
        """Bring it up, and wait until it serves. Raises TimeoutError with what it said; nothing of it is left then."""
        self.folder.mkdir(parents=True, exist_ok=True)
        log = self.folder / "said.log"
        environment = os.environ | {
            "KAFKA_PORT": str(self.port),
            "KAFKA_CONTROLLER_PORT": str(self.controller),
            "DATA": str(self.folder / "data"),
        }
        if self.more is not None:
            environment["KAFKA_MORE"] = str(self.more)
        with log.open("wb") as said:
            self.process = subprocess.Popen(
                [str(_PROGRAM)], env=environment, stdin=subprocess.DEVNULL, stdout=said, stderr=said,
                start_new_session=True,
            )  # fmt: skip
        end = time.monotonic() + within
        while _READY not in log.read_bytes():
            if self.process.poll() is not None or time.monotonic() > end:
                self.kill()
                raise TimeoutError(f"Kafka does not come up: {log.read_text('utf-8', 'replace')[-2000:]}")
            time.sleep(0.05)

    def stop(self) -> None:
        """Stop it in order."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Pull the plug: SIGKILL."""
        self._end(signal.SIGKILL)

    def freeze(self) -> None:
        """Let it hang: connections stay open, nothing answers."""
        if self.process is not None:
            self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        if self.process is not None:
            self.process.send_signal(signal.SIGCONT)

    def forget(self) -> None:
        """Lose the disk: the next start is one of an empty Kafka, on the same port. Stop or kill it first."""
        shutil.rmtree(self.folder / "data", ignore_errors=True)

    def _end(self, number: signal.Signals) -> None:
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(number)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(20)
        self.process = None


def jars() -> Path:
    """The folder of Kafka's jars, once a server was started."""
    return _PROGRAM.parent / "target" / "jars"


def need_kafka() -> None:
    """Skip the test, and say why, where no Kafka can be had; fail it where one is required."""
    if os.environ.get("CRITSIT_TEST_KAFKA"):
        return
    missing = [name for name in ("java", "mvn") if shutil.which(name) is None]
    if missing and not (jars().is_dir() and missing == ["mvn"]):
        reason = f"no Kafka: {' and '.join(missing)} not installed, and CRITSIT_TEST_KAFKA not set"
        if os.environ.get("CRITSIT_REQUIRE_KAFKA") == "1":
            pytest.fail(f"CRITSIT_REQUIRE_KAFKA=1, but {reason}")
        pytest.skip(reason)


def need_own_kafka() -> None:
    """The same for a Kafka of the test's own: one that is somebody else's is not killed, and has no guard."""
    need_kafka()
    if shutil.which("java") is None:
        pytest.skip("a Kafka of one's own needs Java; CRITSIT_TEST_KAFKA is somebody else's")


def shared(run: Run) -> str:
    """The bootstrap servers of the run's one Kafka, which the first who asks starts."""
    need_kafka()
    if there := os.environ.get("CRITSIT_TEST_KAFKA"):
        return there

    def begin() -> dict[str, str]:
        server = KafkaServer(run.folder / "kafka")
        server.start()
        if server.process is not None:
            run.started(server.process.pid)
            # It outlives this worker; the run ends it.
            server.process.returncode = 0
        return {"bootstrap": server.bootstrap}

    return run.once("kafka", begin)["bootstrap"]
