"""Commands of `python -m bot` in processes that have imported everything: a start takes a second of the processor.

Run as a program, it forks one process for each line of standard input, and tells its exit code.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bot.__main__ import main

ROOT = Path(__file__).resolve().parents[2]
BARE = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "LOG_FORMAT": "json", "PYTHONUNBUFFERED": "1"}


@dataclass
class Ended:
    """A process that has ended: what an operator sees of it."""

    code: int
    out: str
    err: str
    seconds: float


class Run(Protocol):
    async def __call__(self, cwd: Path, env: dict[str, str], *arguments: str, within: float = 60.0) -> Ended: ...


class Forks:
    """The process that forks."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def run(self, cwd: Path, env: dict[str, str], arguments: Sequence[str], within: float, to: Path) -> int:
        """The exit code of a command in `cwd`, with only this environment; `to` holds the files `out` and `err` then.

        One that takes more than `within` seconds is killed; its code is negative.
        """
        assert self._process.stdin
        assert self._process.stdout
        asked = {"cwd": str(cwd), "env": env, "arguments": [*arguments], "within": within, "to": str(to)}
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
        if (child := os.fork()) == 0:
            _become(asked["cwd"], asked["env"], Path(asked["to"]))
            signal.alarm(int(asked["within"]))
            _end(asked["arguments"])
        sys.stdout.write(f"{os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}\n")
        sys.stdout.flush()


def _become(cwd: str, env: dict[str, str], to: Path) -> None:
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    for number, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(to / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)


def _end(arguments: list[str]) -> None:
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
