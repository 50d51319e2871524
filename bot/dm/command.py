"""`/dm` as somebody typed it: whom it is for, what it says, and whether it may be sent at once."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from bot.recipient import Recipient, Unreadable, bare, is_colleague, is_definite, is_somebody, read


@dataclass(frozen=True, slots=True)
class Command:
    """`/dm` as it was typed. Where `to` is set, `text` goes there at once; else the form opens with `typed` in To."""

    typed: str
    text: str
    to: Recipient | None = None


_WORD: Final = re.compile(r"\s*(<[^<>]*>\S*|\S+)\s*")
_AND: Final = frozenset(
    [
        *("and", "also", "along", "as", "bcc", "cc", "or", "plus", "together", "well", "with", "&", "&amp;", "+", "/"),
        *(",", "与", "和", "и", "och", "und", "oder", "mit", "sowie", "et", "ou", "avec", "y", "o", "e", "con"),
    ]
)
_GLUED: Final = re.compile(r"[:,;+&]@\w")  # `cc:@sarah`


def command(typed: str) -> Command:
    """Whom and what `/dm` is for. Raises `Unreadable` for what can be neither a recipient nor a name.

    A bare word may be a name, and names belong to many; a second recipient may have been meant as one. Both ask, and
    where it stands behind another word than "and", the text stays whole: it may belong there. A colleague whom Slack
    marked does belong there.
    """
    word, rest = _first(typed)
    if not is_definite(word):
        return _by_name(word, rest) if word else Command("", "")
    to = read(word)
    others, left, perhaps = _further(rest)
    return Command(f"{word} {others}".rstrip(), left, None if others or perhaps else to)


def _first(typed: str) -> tuple[str, str]:
    """The first word (`<…|…>` counts as one) and the rest, whose inner white space is kept."""
    found = _WORD.match(typed)
    return (found[1], typed[found.end() :].rstrip()) if found else ("", "")


def _further(rest: str) -> tuple[str, str, bool]:
    """The recipients that `rest` begins with, what comes after them, and whether that may begin with one more."""
    at = end = others = 0
    while others < 2 and (found := _WORD.match(rest, at)):
        word, at = found[1], found.end()
        glued = bool(_GLUED.search(word))
        if glued or (is_somebody(word) and not (others and is_colleague(word))):
            if glued or others:
                return " ".join(rest[:end].split()), rest[end:], True
            end = at
        elif not {word.lower(), bare(word).lower()} & _AND:
            others += 1
    return " ".join(rest[:end].split()), rest[end:], False


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
