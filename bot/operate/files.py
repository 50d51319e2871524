"""The files that a command line writes."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TextIO

from bot.errors import SettingsError

STREAM: Final = "-"  # standard input or output, instead of a file


@contextmanager
def writing(path: str, called: str) -> Iterator[TextIO]:
    """A file that nobody else may read, and that has its name only once it is whole.

    Raises `SettingsError`, in which it is `called` so, where it cannot be written.
    """
    if path == STREAM:
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")  # type: ignore[union-attr]
        yield sys.stdout
        return
    place, part = Path(path), Path(f"{path}.part")
    try:
        part.unlink(missing_ok=True)
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(place)
    except OSError as error:
        raise SettingsError(f"{called} cannot be written: {error.strerror}.") from None
    finally:
        part.unlink(missing_ok=True)
