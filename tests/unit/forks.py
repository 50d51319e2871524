"""Commands of `python -m bot` in processes that have imported everything: a start takes a second of the processor.

Run as a program, it forks one process for each line of standard input, and tells its exit code, or its number at once.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NoReturn, Protocol

from bot.__main__ import main

ROOT = Path(__file__).resolve().parents[2]
LONGEST: Final = 120.0  # seconds that a process lives which nobody ends
BARE = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "LOG_FORMAT": "json", "PYTHONUNBUFFERED": "1"}


@dataclass
class Ended:
    """A process that has ended: what an operator sees of it."""

    code: int
    out: str
    err: str


class Run(Protocol):
    async def __call__(self, cwd: Path, env: dict[str, str], *arguments: str, within: float = 60.0) -> Ended: ...


class Forked:
    """A process that runs: what `asyncio.subprocess.Process` has, as far as it is needed."""

    def __init__(self, pid: int, to: Path) -> None:
        self._pid, self._to = pid, to

    @property
    def returncode(self) -> int | None:
        code = self._to / "code"
        return int(code.read_text()) if code.exists() else None

    def send_signal(self, number: int) -> None:
        if self.returncode is None:
            os.kill(self._pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    async def communicate(self) -> tuple[bytes, bytes]:
        """What it has written, once it has ended."""
        while self.returncode is None:  # noqa: ASYNC110  # it is not our child
            await asyncio.sleep(0.01)
        return (self._to / "out").read_bytes(), (self._to / "err").read_bytes()


class Start(Protocol):
    def __call__(self, cwd: Path, env: dict[str, str], *arguments: str) -> AbstractAsyncContextManager[Forked]: ...


class Forks:
    """The process that forks."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def run(self, cwd: Path, env: dict[str, str], arguments: Sequence[str], within: float, to: Path) -> int:
        """The exit code of a command in `cwd`, with only this environment; `to` holds the files `out` and `err` then.

        One that takes more than `within` seconds is killed; its code is negative.
        """
        return self._ask(waits=True, cwd=str(cwd), env=env, arguments=arguments, within=within, to=str(to))

    def start(self, cwd: Path, env: dict[str, str], arguments: Sequence[str], to: Path) -> Forked:
        """The same, while it runs."""
        asked: dict[str, Any] = {"cwd": str(cwd), "env": env, "arguments": arguments, "within": LONGEST, "to": str(to)}
        return Forked(self._ask(waits=False, **asked), to)

    def _ask(self, **asked: Any) -> int:
        assert self._process.stdin
        assert self._process.stdout
        print(json.dumps(asked), file=self._process.stdin, flush=True)
        return int(self._process.stdout.readline())


@contextmanager
def forking() -> Iterator[Forks]:
    """It ends with the block."""
    command = [sys.executable, "-m", "tests.unit.forks"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Forks(process)
        assert process.stdin
        process.stdin.close()


def _import_all() -> None:
    import uvloop  # noqa: F401

    import bot.app
    import bot.operate.audit
    import bot.operate.doctor
    import bot.operate.hello
    import bot.operate.snippets
    import bot.run
    import bot.sandbox.play  # noqa: F401


def _serve() -> None:
    for line in sys.stdin:
        asked = json.loads(line)
        if asked["waits"]:
            _say(_ended(_forked(asked)))
        elif os.fork() == 0:
            _keep(asked)
        _bury()


def _say(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


def _forked(asked: dict[str, Any]) -> int:
    if (child := os.fork()) == 0:
        _become(asked["cwd"], asked["env"], Path(asked["to"]))
        signal.alarm(int(asked["within"]))
        _end(asked["arguments"])
    return child


def _ended(child: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _keep(asked: dict[str, Any]) -> NoReturn:
    """Wait for its end beside whoever forks, and note its exit code."""
    child = _forked(asked)
    _say(child)
    to = Path(asked["to"])
    (to / "ended").write_text(str(_ended(child)))
    (to / "ended").rename(to / "code")  # there at once, and whole
    os._exit(0)


def _bury() -> None:
    """Those who kept another, and have ended."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG) != (0, 0):
            pass


def _become(cwd: str, env: dict[str, str], to: Path) -> None:
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    for number, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(to / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)


def _end(arguments: list[str]) -> NoReturn:
    """As Python ends; without what is left of the process that forked."""
    code = 70
    try:
        code = main(arguments)
    except SystemExit as end:  # argparse's
        code = int(end.code or 0)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    _import_all()
    _serve()
