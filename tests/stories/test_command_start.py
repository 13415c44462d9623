"""What a start makes, and what becomes of it where it is broken off: a key that lets somebody in, a stage that comes up."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from backbone.process.runner import RunningStage
from backbone.process.settings import Settings
from backbone.process.stop import Stop
from critsit.run import run
from tests.harness.up import Up

pytestmark = [pytest.mark.timeout(120), pytest.mark.slow]


@pytest.fixture
def garbage() -> Iterator[None]:
    """What a start makes of the search for garbage is undone: the process is the tests'."""
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


def test_an_empty_key_file_that_a_full_disk_has_left_is_filled_again(tmp_path: Path, database: str) -> None:
    (tmp_path / "admin.key").touch()
    up = Up(tmp_path, "--port", "0", CRITSIT_DATABASE_URL=database)
    told = up.ready()
    assert told["key"].startswith("crk_")
    assert (tmp_path / "admin.key").read_text().strip() == told["key"]
    assert (tmp_path / "admin.key").stat().st_mode & 0o077 == 0
    assert up.ends()[0] == 0


@pytest.mark.usefixtures("garbage")
async def test_a_database_that_goes_away_in_the_midst_of_a_start_is_waited_for(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    there: Callable[[RunningStage], Awaitable[None]] = RunningStage.prepare
    tries = 0

    async def goes_away(self: RunningStage) -> None:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise ConnectionResetError("Connection reset by peer")
        await there(self)

    monkeypatch.setattr(RunningStage, "prepare", goes_away)
    stop = Stop()
    settings = Settings(database_url=SecretStr(database), admin_key=SecretStr("k"))

    async def ready(bound: int) -> None:
        stop.asked.set()

    async with asyncio.timeout(40):
        assert await run(("router",), settings, 0, ready, stop)
    assert tries == 2
