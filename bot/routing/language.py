"""Routing rules: how people write them, and which conversations they fit.

`platform:x tag:vip,lead text:"big deal"`: a condition holds when one of its values does, a rule fits when all of its
conditions hold. Values are kept as Inbox's ids, so that a tag may be renamed.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from difflib import get_close_matches
from typing import Final, NamedTuple, get_args

from bot.errors import Mistake
from bot.recipient import Unreadable
from bot.recipient import read as read_recipient
from bot.routing.store import Condition, Field
from bot.text import decode, mentioned, plain

FIELDS: Final[tuple[Field, ...]] = get_args(Field)
LONGEST: Final = 200  # code points of one value
MOST: Final = 20  # values of one rule


_OTHER_NAMES: Final[dict[str, Field]] = {
    "sender": "account",
    "network": "platform",
    "label": "tag",
    "owner": "assignee",
    "assigned": "assignee",
    "contains": "text",
    "words": "text",
    "says": "text",
    "statuses": "status",
}
_TARGETS: Final = {"to", "channel", "into"}
_FILLING: Final = {"to", "and", "->", "→", "&", "in", "into", "when", "if"}
_EVERYTHING: Final = {"all", "everything", "anything", "*"}
_YES: Final = {"yes", "true", "on", "1", "y"}
_NO: Final = {"no", "false", "off", "0", "n"}
_NOBODY: Final = {"none", "nobody", "unassigned", "no-one", "noone", "empty"}
_PLATFORMS: Final = {"x": "twitter", "twitter": "twitter", "linkedin": "linkedin"}
_SHOWN_PLATFORMS: Final = {"twitter": "x"}

_QUOTES: Final = str.maketrans("“”„«»‟", '""""""')
_VALUE: Final = r'(?:"[^"]*"|[^\s,"]+)'
_PIECE: Final = re.compile(
    rf"\s*(?:(?P<name>[^\W\d_][\w-]*)\s*[:=]\s*(?P<values>{_VALUE}(?:\s*,\s*{_VALUE})*)?|(?P<bare>\"[^\"]*\"|\S+))"
)
_CHANNEL: Final = re.compile(r"<#([CG][A-Z0-9]+)(?:\|[^>]*)?>")


class Wish(NamedTuple):
    """A condition as it was typed: its values still need their ids."""

    field: Field
    words: tuple[str, ...]


class Draft(NamedTuple):
    """A rule as it was typed. `channel` is None where it is the one it was typed in; `marks` stand by themselves."""

    channel: str | None
    wishes: tuple[Wish, ...]
    marks: frozenset[str] = frozenset()


class Named(NamedTuple):
    """Something of the team's that a value may mean: its id, what it is called, and other names for it.

    An account's `platform` is where its address is.
    """

    id: str
    name: str
    others: tuple[str, ...] = ()
    platform: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        return self.id, self.name, *self.others


# --- reading ---------------------------------------------------------------------------------------------------------


def read(typed: str, marks: Collection[str] = ()) -> Draft:
    """What `typed` asks for, where `marks` are words that may stand by themselves. Raises `Mistake`."""
    channel, wishes, everything, marked = None, list[Wish](), False, set[str]()
    for piece in _PIECE.finditer(typed.translate(_QUOTES).strip()):
        name, bare = piece["name"], (piece["bare"] or "").strip('"')
        if name:
            words = _words(piece["values"] or "")
            if name.lower() in _TARGETS:
                channel = _channel(words)
            else:
                wishes.append(_wish(name, words))
        elif found := _CHANNEL.fullmatch(bare):
            channel = found[1]
        elif bare.lower() in _EVERYTHING:
            everything = True
        elif bare.lower() in marks:
            marked.add(bare.lower())
        elif bare.lower() in ("request", "requests", "campaign"):
            wishes.append(_wish(bare, ("yes",)))
        elif bare.lower() not in _FILLING:
            raise _stray(bare, wishes)
    if not (wishes or everything or marked):
        raise Mistake(
            "Say which conversations: for example `/inbox route add tag:vip`, or `/inbox route add all` for all that "
            f"no rule before it takes. You can use {_all_fields()}."
        )
    if sum(len(wish.words) for wish in wishes) > MOST:
        raise Mistake(f"A rule takes at most {MOST} values: make two rules of it.")
    return Draft(channel, tuple(wishes), frozenset(marked))


def _words(values: str) -> tuple[str, ...]:
    found = (one.strip('"').strip() for one in re.findall(_VALUE, values))
    return tuple(one for one in found if one)


def _channel(words: Sequence[str]) -> str:
    found = _CHANNEL.fullmatch(words[0]) if len(words) == 1 else None
    if found is None:
        raise Mistake("Pick one channel from Slack's list: `to:#channel`. Without it, it is the channel you are in.")
    return found[1]


def _wish(name: str, words: tuple[str, ...]) -> Wish:
    field = _field(name.lower())
    if not words:
        raise Mistake(f"What should the {field} be? For example `{field}:{_EXAMPLES[field]}`.")
    if too_long := next((one for one in words if len(one) > LONGEST), None):
        raise Mistake(f"*{plain(too_long, 40)}* is too long: a value has at most {LONGEST} characters.")
    return Wish(field, words)


def _field(name: str) -> Field:
    """The field that `name` means; plurals and a few other names will do."""
    for one in (name, name.removesuffix("s")):
        if one in FIELDS:
            return one
        if one in _OTHER_NAMES:
            return _OTHER_NAMES[one]
    near = get_close_matches(name, [*FIELDS, *_OTHER_NAMES], n=1, cutoff=0.6)
    meant = f" Did you mean `{_OTHER_NAMES.get(near[0], near[0])}`?" if near else ""
    raise Mistake(f"I don't know *{plain(name, 40)}*.{meant} You can use {_all_fields()}.")


def _stray(bare: str, wishes: Sequence[Wish]) -> Mistake:
    shown = plain(decode(bare), 40)
    if wishes:
        last = wishes[-1]
        together = f'{last.field}:"{" ".join([decode(last.words[-1]), decode(bare)])}"'.replace("`", "'")
        return Mistake(
            f"I don't understand *{shown}*. Put words that belong together in quotes: `{plain(together, 100)}`."
        )
    return Mistake(f"I don't understand *{shown}*. Write what it is, such as `text:{shown}` or `tag:{shown}`.")


def _all_fields() -> str:
    return ", ".join(f"`{one}`" for one in FIELDS)


_EXAMPLES: Final[dict[Field, str]] = {
    "account": "@acme",
    "platform": "x",
    "tag": "vip",
    "status": "lead",
    "assignee": "none",
    "request": "yes",
    "campaign": "yes",
    "text": "refund",
}


# --- from names to ids -----------------------------------------------------------------------------------------------


def condition(wish: Wish, known: Sequence[Named]) -> Condition:
    """The condition that `wish` means, among what the team has. Raises `Mistake`."""
    unique = dict(pair for word in wish.words for pair in _meant(wish.field, _typed(word), known))
    return Condition(field=wish.field, values=tuple(unique), shown=tuple(unique.values()))


def _typed(word: str) -> str:
    """The words as they were meant; somebody who is mentioned is named by their Slack id."""
    users = mentioned(word)
    return f"<@{users[0]}>" if users else decode(word).strip()


def _meant(field: Field, word: str, known: Sequence[Named]) -> list[tuple[str, str]]:
    """Ids and names that `word` stands for; several accounts may have one name."""
    match field:
        case "text":
            return [(word.casefold(), word)]
        case "request" | "campaign":
            return [_yes_or_no(field, word)]
        case "platform":
            return [_platform(word, known)]
    if word.casefold() in _NOBODY and field != "account":
        return [("", "none")]
    wanted, platform = _address(word) if field == "account" else (word.casefold().lstrip("@"), None)
    found = [
        one
        for one in known
        if wanted in {part.casefold().lstrip("@") for part in one.names} and platform in (None, one.platform)
    ]
    if not found:
        raise _unknown(field, word, [one.name for one in known])
    return [(one.id, one.name) for one in found]


def _address(word: str) -> tuple[str, str | None]:
    """What an account is called in `word`, and the platform that an address of its profile names."""
    try:
        to = read_recipient(word)
    except Unreadable:
        return word.casefold().lstrip("@"), None
    plain_word = to.platform is None and not word.lstrip().startswith(("@", "＠"))  # noqa: RUF001 - a full-width sign
    return (word.casefold() if plain_word else to.name), to.platform


def _yes_or_no(field: Field, word: str) -> tuple[str, str]:
    if word.casefold() in _YES | _NO:
        said = "yes" if word.casefold() in _YES else "no"
        return said, said
    raise Mistake(f"Write `{field}:yes` or `{field}:no`.")


def _platform(word: str, known: Sequence[Named]) -> tuple[str, str]:
    found = _PLATFORMS.get(word.casefold()) or next((one.id for one in known if one.id == word.casefold()), None)
    if found is None:
        raise _unknown("platform", word, ["x", "linkedin"])
    return found, _SHOWN_PLATFORMS.get(found, found)


def _unknown(field: Field, word: str, names: Sequence[str]) -> Mistake:
    if mentioned(word):
        return Mistake(f"I don't know who {word} is in Inbox. An admin can tell me: `/inbox link`.")
    said = f"There is no {field} *{plain(word, 60)}*."
    by_folded = {name.casefold(): name for name in names}
    if near := get_close_matches(word.casefold(), list(by_folded), n=1, cutoff=0.6):
        return Mistake(f"{said} Did you mean *{plain(by_folded[near[0]], 60)}*?")
    shown = ", ".join(plain(name, 60) for name in sorted(names, key=str.casefold)[:15])
    return Mistake(f"{said} There is: {shown}." if shown else f"{said} The team has none at all.")
