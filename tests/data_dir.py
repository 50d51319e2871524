"""What lies in the directory of an embedded Valkey."""

from __future__ import annotations

from pathlib import Path


def holds(folder: Path, word: str) -> bool:
    """Whether any file has that word."""
    return any(word.encode() in one.read_bytes() for one in folder.rglob("*") if one.is_file())


def dumps(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.rdb"))


def names(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir())
