"""Which version this is."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Final

_PACKAGE: Final = "inbox-bridge"
_SOURCES: Final = Path(__file__).resolve().parents[1] / "pyproject.toml"


@cache
def version() -> str:
    """As the sources say where it runs from them, else as the installed package does."""
    try:
        project = tomllib.loads(_SOURCES.read_text("utf-8"))["project"]
        if project["name"] == _PACKAGE:
            return str(project["version"])
    except (OSError, ValueError, KeyError):
        pass  # it is installed, so there are none beside it
    try:
        return metadata.version(_PACKAGE)
    except metadata.PackageNotFoundError:
        return "unknown"
