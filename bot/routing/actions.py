"""What a rule does, as people write it: `to:#channel`, or `to:@bo after:10m most:15 mention:@team tag+:press`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from bot.errors import Mistake
from bot.text import decode, plain

LONGEST_WAIT: Final = 24 * 3600.0  # seconds
MOST: Final = 50  # people and groups of one rule; v2 lists a hundred conversations at once, and so many are too many
OPEN: Final = 500  # conversations that somebody may have at the most, as a limit
SAYS: Final = {  # what each is called, and other names for it
    "to": "to", "channel": "to", "into": "to", "assign": "to",
    "after": "after", "wait": "after",
    "most": "most", "max": "most", "limit": "most",
    "mention": "mention", "ping": "mention",
    "tag+": "tag+", "tags+": "tag+", "label+": "tag+",
    "status+": "status+",
    "no-card": "no-card", "nocard": "no-card",
}  # fmt: skip
_CHANNEL: Final = re.compile(r"<#([CG][A-Z0-9]+)(?:\|[^>]*)?>")
_SOMEBODY: Final = re.compile(r"<@[UW][A-Z0-9]+(?:\|[^>]*)?>|<!subteam\^S[A-Z0-9]+(?:\|[^>]*)?>")
_TIME: Final = re.compile(r"(\d{1,4})\s*(m|min|mins|minutes?|h|hours?)", re.IGNORECASE)


class Actions(NamedTuple):
    """As they were typed: people, groups, tags and the status still need their ids. `after` is in seconds."""

    channel: str | None = None
    to: tuple[str, ...] = ()
    after: float = 0.0
    most: int | None = None
    mention: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    status: str = ""
    no_card: bool = False

    @property
    def says_place(self) -> bool:
        return self.channel is not None or self.no_card

    @property
    def says_more(self) -> bool:
        """Whether anything but the place of a conversation."""
        return bool(self.to or self.mention or self.tags or self.status)


def names_target(word: str) -> bool:
    """Whether it can be nothing but a channel, a colleague or a user group."""
    return names_channel(word) or bool(_SOMEBODY.fullmatch(word))


def names_channel(word: str) -> bool:
    return bool(_CHANNEL.fullmatch(word))


def with_action(known: Actions, name: str, words: tuple[str, ...]) -> Actions:
    """The actions and one more, `name` as in `SAYS`. Raises `Mistake`."""
    match SAYS[name]:
        case "to":
            return _to(known, words)
        case "after":
            return known._replace(after=_seconds(words))
        case "most":
            return known._replace(most=_number(words))
        case "mention":
            return known._replace(mention=_people(known.mention, words, "mention"))
        case "tag+":
            if not words:
                raise Mistake("Which tag? For example `tag+:press`.")
            return known._replace(tags=(*known.tags, *words))
        case "status+":
            if len(words) != 1:
                raise Mistake("Which status? For example `status+:new`: a contact has one.")
            return known._replace(status=words[0])
    return known._replace(no_card=not words or words[0].lower() not in ("no", "off"))


def checked(found: Actions) -> Actions:
    """The same, where it makes sense as a whole. Raises `Mistake`."""
    if found.no_card and found.channel:
        raise Mistake("A rule says a channel or `no-card`, not both: make two rules of it.")
    if (found.after or found.most is not None) and not found.to:
        raise Mistake("`after:` and `most:` are for rules that assign: add whom to, such as `to:@bo`.")
    return found


def _to(known: Actions, words: Sequence[str]) -> Actions:
    channels = [found[1] for word in words if (found := _CHANNEL.fullmatch(word))]
    if len(words) == 1 and channels:
        return known._replace(channel=channels[0])
    if words and not channels and all(_is_somebody(word) for word in words):
        return known._replace(to=_people(known.to, words, "to"))
    raise Mistake(
        "Pick one channel from Slack's list: `to:#channel`. Without it, it is the channel you are in. "
        "A rule that assigns names colleagues or a user group: `to:@bo`."
    )


def _is_somebody(word: str) -> bool:
    return bool(_SOMEBODY.fullmatch(word)) or word.startswith("@")


def _people(known: Sequence[str], words: Sequence[str], name: str) -> tuple[str, ...]:
    """Those who are named already, and these."""
    if not words:
        raise Mistake(f"Whom? For example `{name}:@bo`, or a user group.")
    everybody = tuple(dict.fromkeys([*known, *words]))
    if len(everybody) > MOST:
        raise Mistake(f"A rule names at most {MOST} people and groups: use a user group.")
    return everybody


def _seconds(words: Sequence[str]) -> float:
    found = _TIME.fullmatch(words[0].strip()) if len(words) == 1 else None
    seconds = int(found[1]) * (60.0 if found[2].lower().startswith("m") else 3600.0) if found else 0.0
    if not 0 < seconds <= LONGEST_WAIT:
        raise Mistake("Write how long a volunteer has, up to a day: `after:10m` or `after:2h`.")
    return seconds


def _number(words: Sequence[str]) -> int:
    if len(words) == 1 and words[0].isdecimal() and 1 <= int(words[0]) <= OPEN:
        return int(words[0])
    shown = plain(decode(words[0]), 40) if words else "nothing"
    raise Mistake(f"I don't understand *{shown}* as a limit. Write a number from 1 to {OPEN}: `most:15`.")
