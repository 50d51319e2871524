"""`/dm` as somebody typed it: whom it is for, what it says, and whether it may be sent at once."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from bot.recipient import Recipient, Unreadable, bare, is_definite, is_somebody, read


@dataclass(frozen=True, slots=True)
class Command:
    """`/dm` as it was typed. Where `to` is set, `text` goes there at once; else the form opens with `typed` in To."""

    typed: str
    text: str
    to: Recipient | None = None


_WORD: Final = re.compile(r"\s*(<[^<>]*>\S*|\S+)\s*")
_AND: Final = frozenset(["and", "&", "&amp;", "+", "/", ",", "or", "und", "oder", "et", "ou", "y", "o", "e"])


def command(typed: str) -> Command:
    """Whom and what `/dm` is for. Raises `Unreadable` for what can be neither a recipient nor a name.

    A bare word may be a name, and names belong to many; a second recipient may have been meant as one. Both ask.
    """
    word, rest = _first(typed)
    if not is_definite(word):
        return _by_name(word, rest) if word else Command("", "")
    to = read(word)
    others, left = _further(rest)
    return Command(f"{word} {others}", left) if others else Command(word, rest, to)


def _first(typed: str) -> tuple[str, str]:
    """The first word (`<…|…>` counts as one) and the rest, whose inner white space is kept."""
    found = _WORD.match(typed)
    return (found[1], typed[found.end() :].rstrip()) if found else ("", "")


def _further(rest: str) -> tuple[str, str]:
    """The recipients that `rest` begins with, and what comes after them."""
    at = end = 0
    while found := _WORD.match(rest, at):
        at = found.end()
        if is_somebody(found[1]):
            end = at
        elif found[1].lower() not in _AND:
            break
    return " ".join(rest[:end].split()), rest[end:]


def _by_name(word: str, rest: str) -> Command:
    """A name or a bare handle, with the other parts of the name where it has capitals."""
    try:
        read(word)
    except Unreadable as error:
        if error.why not in ("nothing", "unclear") or "/" in word or "<" in word:
            raise
    name, at = [bare(word) or word], 0
    while name[0][:1].isupper() and len(name) < 4 and (found := _WORD.match(rest, at)) and found[1][:1].isupper():
        name.append(found[1])
        at = found.end()
    return Command(" ".join(name), rest[at:])
