"""Whom somebody means by what they typed: a handle, the address of an X or LinkedIn profile, or a numeric id.

An address names its platform, and the platform stays with the recipient until Inbox is asked: who is meant on LinkedIn
is looked for on LinkedIn alone. Nothing here knows Slack's blocks, Redis or Inbox: `bot.dm.find` asks who it is.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import parse_qs, unquote

from bot.models import Person

X: Final = "twitter"  # as Inbox calls it
LINKEDIN: Final = "linkedin"

Why = Literal[
    "nothing", "unclear", "colleague", "email", "elsewhere", "short", "no_profile", "company", "several", "long"
]
"""Why a word names nobody; `bot.words` says it to people."""


class Unreadable(ValueError):
    """What somebody typed names nobody outside the team."""

    def __init__(self, why: Why) -> None:
        super().__init__(why)
        self.why: Why = why


@dataclass(frozen=True, slots=True)
class Recipient:
    """Exactly one of `username` (lower case, without prefix) and `platform_id`; `platform` where one is named."""

    platform: str | None = None
    username: str = ""
    platform_id: str = ""

    @property
    def name(self) -> str:
        """The username or the id, for people to read."""
        return self.username or self.platform_id

    @property
    def key(self) -> str:
        """The recipient in one word, as jobs and caches keep it: `sarah`, `4711`, `@4711`, `linkedin:@sarah-chen`.

        What names no platform is written as it always was, so that a process of an earlier version reads it; what
        does, such a process finds nowhere, rather than on the wrong platform.
        """
        if self.platform:
            return f"{self.platform}:" + (f"@{self.username}" if self.username else self.platform_id)
        return f"@{self.username}" if _is_number(self.username) else self.name

    @classmethod
    def of(cls, key: str) -> Recipient:
        """The recipient that `key` was made of."""
        if ":" not in key:
            key = f":{key}"
        platform, _, name = key.partition(":")  # an id may have colons of its own
        if name.startswith("@"):
            return cls(platform or None, username=name[1:])
        if platform or _is_number(name):
            return cls(platform or None, platform_id=name)
        return cls(username=name)

    def is_at(self, platform: str) -> bool:
        """Whether they may be meant on `platform`."""
        return self.platform in (None, platform)

    def means(self, person: Person) -> bool:
        """Whether `person` may be the one; a person without a username may have any."""
        if not self.is_at(person.platform):
            return False
        if self.platform_id:
            return person.platform_id == self.platform_id
        return not person.username or folded(person.username) == self.username


def keys_of(person: Person) -> set[str]:
    """The keys of all recipients that name `person`."""
    ids = [Recipient(one, platform_id=person.platform_id).key for one in (None, person.platform)]
    names = [Recipient(one, username=folded(person.username)).key for one in (None, person.platform)]
    return set(ids if person.platform_id else []) | set(names if person.username else [])


def folded(username: str) -> str:
    """A username as it is compared: without its sign, percent-encoding and case."""
    return unicodedata.normalize("NFC", _unquoted(username).removeprefix("@")).lower()


# --- one word --------------------------------------------------------------------------------------------------------

LONGEST: Final = 2_000  # code points of an address that is read
SHORTEST_ID: Final = 5  # digits; `/dm 10 people…` is no id, though there are ids of two digits
WIDE: Final = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}  # full-width signs and letters
_SIGNS: Final = "()[]{}<>\"'“”„‘’‚«»‹›「」『』（）【】*~`•·‣◦–—|.,:;!?…¿¡。、 \t\n\u00a0\u3000"  # noqa: RUF001 - what people's keyboards have
_USUAL: Final = re.compile(r"@[a-zA-Z0-9_]{1,50}")
_TOKEN: Final = re.compile(r"<([^<>]+)>")
_HANDLE: Final = re.compile(r"[\w.-]{1,100}")
_X_NAME: Final = re.compile(r"[a-z0-9_]{1,50}", re.ASCII)
_SLUG: Final = re.compile(r"[^\s/?#<>|\"\\%@:&,;]{1,150}")
_HOST: Final = re.compile(
    r"(?:(?P<scheme>[a-z][a-z0-9+.-]{0,20}):)?(?://)?(?P<host>(?:[\w-]{1,63}\.){1,5}[a-z]{2,24})\.?(?::(?:80|443))?"
    r"(?P<rest>[/?#].*)?",
    re.IGNORECASE | re.DOTALL,
)
_X_HOSTS: Final = {f"{sub}{host}.com" for host in ("x", "twitter") for sub in ("", "www.", "mobile.", "m.")}
_LINKEDIN_HOST: Final = re.compile(r"(?:(?:www|m|touch|[a-z]{2})\.)?linkedin\.com")
_SHORT: Final = {"t.co", "lnkd.in", "bit.ly"}
_MENTION: Final = re.compile(r"<@[UW][A-Z0-9]+(?:\|([^<>]*))?>")
_EMAIL: Final = re.compile(r"(?:mailto:)?[^\s@/<>]{1,100}@[^\s@/<>]{1,100}\.\w{2,24}", re.IGNORECASE)
_X_PAGES: Final = re.compile(
    "about|account|bookmarks|communities|compose|download|explore|follow|hashtag|help|home|i|intent|jobs|lists|login"
    "|logout|messages|notifications|oauth|privacy|search|settings|share|signup|topics|tos|who_to_follow"
)
_COMPANIES: Final = {"company", "school", "showcase", "groups", "jobs", "feed", "posts", "pulse", "events", "sales"}


def read(word: str) -> Recipient:
    """Whom `word` names, among the signs and brackets that stand around it in a text. Raises `Unreadable`.

    Takes `@handle`, `handle`, an address as people copy it (also Slack's `<url|label>`), and a number.
    """
    if _USUAL.fullmatch(word):
        return Recipient(username=word[1:].lower())
    if len(word) > LONGEST:
        raise Unreadable("long")
    shown = _visible(word)
    if token := _token(shown):
        return _token_means(token)
    bare = _bared(shown)
    if len(bare.split()) > 1:
        raise Unreadable("several")
    return _named(bare)


def read_in_slack(word: str) -> Recipient:
    """`word` of a command in which Slack itself marks mentions: then the label of a colleague is the handle."""
    mention = _MENTION.fullmatch(word.strip())
    if mention is None:
        return read(word)
    if not mention[1]:
        raise Unreadable("colleague")
    return read(f"@{mention[1].removeprefix('@')}")


def is_definite(word: str) -> bool:
    """Whether `word` can be meant as nothing but a recipient: `@handle`, an address, a number."""
    shown = _visible(word)
    bare = _bared(shown)
    if bare.startswith("@") or _token(shown):
        return True
    if _is_number(bare):
        return len(bare) >= SHORTEST_ID and not bare.startswith("0")
    try:
        return _address(bare) is not None
    except Unreadable:
        return True


def is_somebody(word: str) -> bool:
    """Whether `word` stands for a person, and not, like a post's address or a number, for itself."""
    shown = _visible(word)
    if _bared(shown).startswith("@") or _token(shown)[:1] == "@":
        return True
    if "/" not in shown:  # every address of somebody has one
        return False
    try:
        return read(word).platform is not None and "/status/" not in word
    except Unreadable:
        return False


def is_colleague(word: str) -> bool:
    """Whether `word` is Slack's mention of a colleague, among signs."""
    return bool(re.match("@[UW]", _token(_visible(word))))


def bare(word: str) -> str:
    """`word` without the signs around it and what cannot be seen."""
    return _bared(_visible(word))


def _visible(word: str) -> str:
    """Without what cannot be seen (apps copy handles in bidi isolates), and full-width signs as the usual ones."""
    if word.isascii() and word.isprintable():
        return word.strip()
    seen = "".join(char for char in word if unicodedata.category(char) not in ("Cf", "Cc") or char.isspace())
    return unicodedata.normalize("NFC", seen.translate(WIDE)).strip()


def _token(shown: str) -> str:
    """The inside of Slack's `<…>`, where nothing but signs stands around it; "" where there is none."""
    found = _TOKEN.search(shown)
    around = shown[: found.start()] + shown[found.end() :] if found else ""
    return found[1] if found and not around.strip(_SIGNS + "_") else ""


def _token_means(token: str) -> Recipient:
    """The address in Slack's token, whatever label hides it."""
    target = token.partition("|")[0].replace("&amp;", "&")
    if target.startswith(("@", "#", "!")):
        raise Unreadable("colleague" if target[0] == "@" and target[1:2] in "UW" else "unclear")
    return _named(_bared(target))


def _bared(shown: str) -> str:
    """Without the signs around it. An underscore may belong to a handle, so it goes only where it wraps."""
    bare = shown.strip(_SIGNS)
    for _ in range(2):
        if len(bare) > 2 and bare[0] == bare[-1] == "_" and ("@" in bare[:3] or "/" in bare):
            bare = bare[1:-1].strip(_SIGNS)
    return bare


def _named(bare: str) -> Recipient:
    if not bare.strip("@"):
        raise Unreadable("nothing")
    if _EMAIL.fullmatch(bare):
        raise Unreadable("email")
    if found := _address(bare):
        return _profile(*found)
    if "/" in bare:
        raise Unreadable("elsewhere" if "://" in bare else "unclear")
    if _is_number(bare):
        return Recipient(platform_id=bare)
    name = bare.removeprefix("@")
    if not _HANDLE.fullmatch(name) or not name.strip(".-"):
        raise Unreadable("unclear")
    return Recipient(username=name.lower())


# --- addresses -------------------------------------------------------------------------------------------------------


def _address(bare: str) -> tuple[str, str] | None:
    """Host and what follows it, of X and LinkedIn and of any other web address; None for what is no address.

    `sarah.chen` is a handle like any other: without a path, only the two platforms' hosts are addresses.
    """
    found = _HOST.fullmatch(bare)
    if found is None:
        return None
    host, rest = found["host"].lower(), found["rest"] or ""
    known = host in _X_HOSTS or _LINKEDIN_HOST.fullmatch(host)
    if not (known or found["scheme"] or rest):
        return None
    if (found["scheme"] or "https").lower() not in ("http", "https"):
        raise Unreadable("elsewhere")
    return host, rest


def _profile(host: str, rest: str) -> Recipient:
    """Whose page it is."""
    before, _, fragment = rest.partition("#")
    path, _, query = before.partition("?")
    parts = [_unquoted(part) for part in path.split("/") if part]
    if host in _X_HOSTS:
        return _on_x(parts or fragment.removeprefix("!").strip("/").split("/"), query)
    if _LINKEDIN_HOST.fullmatch(host):
        return _on_linkedin(parts)
    raise Unreadable("short" if host in _SHORT else "elsewhere")


def _on_x(parts: list[str], query: str) -> Recipient:
    """`/sarah` and all below it: their posts, media, followers. `/i/user/1` is an id, and `/i/status/1` nobody."""
    first = parts[0].lower().removeprefix("@") if parts else ""
    if first == "i" and len(parts) >= 3 and parts[1].lower() == "user" and _is_number(parts[2]):
        return Recipient(X, platform_id=parts[2])
    if first == "intent" and len(parts) == 2 and parts[1].lower() in ("user", "follow"):
        asked = parse_qs(query)
        if _is_number(asked.get("user_id", [""])[0]):
            return Recipient(X, platform_id=asked["user_id"][0])
        first = asked.get("screen_name", [""])[0].lower().removeprefix("@")
    if _X_PAGES.fullmatch(first) or not _X_NAME.fullmatch(first):
        raise Unreadable("no_profile")
    return Recipient(X, username=first)


def _on_linkedin(parts: list[str]) -> Recipient:
    """`/in/sarah-chen`, whatever page of theirs and in whatever language."""
    while parts and parts[0].lower() in ("mwlite", "profile"):
        parts = parts[1:]
    if parts and parts[0].lower() in _COMPANIES:
        raise Unreadable("company" if parts[0].lower() in ("company", "school", "showcase") else "no_profile")
    if len(parts) < 2 or parts[0].lower() != "in":
        raise Unreadable("no_profile")
    name = folded(parts[1].strip())
    if not _SLUG.fullmatch(name) or not name.strip(".-") or not name.isprintable():
        raise Unreadable("no_profile")
    return Recipient(LINKEDIN, username=name)


def _unquoted(part: str) -> str:
    """Without percent-encoding, where that is text at all."""
    try:
        return unquote(part, errors="strict")
    except UnicodeDecodeError:
        return part


def _is_number(word: str) -> bool:
    """Ids are ASCII digits."""
    return word.isascii() and word.isdigit()
