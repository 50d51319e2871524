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
# Joining words of several letters that may stand behind another one, as in `und auch`; the text keeps them.
_ALSO: Final = frozenset(
    ["anche", "auch", "aussi", "com", "dan", "ile", "med", "met", "også", "ook", "oraz", "samt", "til", "to", "too"]
)
_JOINS: Final = 2  # letters: most languages say "and" in fewer words than anybody would list (`og`, `és`)
_SIGNS: Final = re.compile(r"[\W_]+")
# `cc:@sarah`, `cc:<@U1|sarah>`, and scripts that write their "and" without a blank: `和@sarah`.
_GLUED: Final = re.compile(r"[:,;+&]@\w|(?:\w[:,]|[;+&/]|(?<!\w)[^\W\d_]{1,2})<@[UW]|(?<!\w)[^\W\d_A-Za-z]{1,2}@\w")


def command(typed: str) -> Command:
    """Whom and what `/dm` is for. Raises `Unreadable` for what can be neither a recipient nor a name.

    A bare word may be a name, and names belong to many; a second recipient may have been meant as one. Both ask, and
    where it stands behind another word than "and", the text stays whole: it may belong there. A colleague whom Slack
    marked does belong there, but behind nothing else than words that may join two recipients.
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
    joined = True  # by all words since the last one
    while (others < 2 or joined) and (found := _WORD.match(rest, at)):
        word, begin, at = found[1], at, found.end()
        glued = bool(_GLUED.search(word))
        if glued or (is_somebody(word) and (joined or not is_colleague(word))):
            if glued or others:
                return " ".join(rest[:end].split()), rest[end:], True
            end = at
        elif not {word.lower(), bare(word).lower()} & _AND:
            others += 1
            joined = joined and _may_join(word, first=begin == end)
    return " ".join(rest[:end].split()), rest[end:], False


def _may_join(word: str, *, first: bool) -> bool:
    """Whether what is no "and" that we know may be one: a sign, or so short a word, where it is the `first`."""
    letters = len(_SIGNS.sub("", word))
    return letters == 0 or (first and letters <= _JOINS) or bare(word).lower() in _ALSO


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
