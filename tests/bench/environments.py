"""The environments of what is measured: the bot's and the baselines' has what users install, each peer's its own queue.

They are made below BENCH_PEERS and used again until what is to be in them changes; without it, each run makes its own.
"""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Final

LOCK: Final = Path(__file__).parents[2] / "requirements.lock"


@cache
def locked() -> str:
    """The Python that has the packages of `requirements.lock` and no others."""
    return environment("locked", "-r", str(LOCK), about=LOCK.read_text())


def environment(name: str, *wanted: str, about: str = "") -> str:
    """The Python of the environment `name`, with what `pip install` gives for `wanted`, of which `about` says more."""
    folder = _folder() / name
    python, made = folder / "bin" / "python", folder / "made-of"
    text = "\n".join([sys.version, *wanted, about])
    if not (made.is_file() and made.read_text() == text):
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *wanted], check=True)
        made.write_text(text)
    return str(python)


@cache
def _folder() -> Path:
    if "BENCH_PEERS" in os.environ:
        return Path(os.environ["BENCH_PEERS"]).absolute()
    folder = tempfile.mkdtemp(prefix="bridge-environments-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)
