"""Text hygiene, both ways: what strangers typed becomes inert in Slack, what colleagues typed in Slack becomes plain.

All lengths are Unicode code points. Slack's syntax is documented at
https://docs.slack.dev/messaging/formatting-message-text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType

ELLIPSIS = "…"
_JOINER = "\u2060"  # word joiner: invisible, and ends whatever Slack would have linked or replaced
_NOBODY: Mapping[str, str] = MappingProxyType({})

# --- out: a stranger's words -------------------------------------------------------------------------------------

_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")  # control characters, bidi overrides

# mrkdwn has no escape for its formatting characters, so look-alikes stand in (as jsx-slack's <Escape> does).
# An underscore inside a word formats nothing and stays: handles remain copyable.
_FORMATTING = re.compile(r"[*~`]|(?<![^\W_])_|_(?![^\W_])")
_LOOKALIKE = {"*": "∗", "~": "∼", "`": "ˋ", "_": "ˍ"}  # noqa: RUF001 - look-alikes are the point

# Where the joiner goes: a quote at a line's start, an emoji code, a broadcast, and what Slack would turn into a link.
# Other bare @handles are inert as long as nobody posts with `link_names`.
_ACTIVE = re.compile(
    r"^(?=[ \t]*>)|(?<=:)(?=[\w+'-]+:)|(?<=@)(?=(?:here|channel|everyone|group)\b)"
    r"|(?<=:)(?=//)|(?<=\w)(?=\.[^\W\d_]{2})",
    re.MULTILINE | re.IGNORECASE,
)


def clean(text: str) -> str:
    """`text` without control characters (newline and tab stay) and bidi overrides, lone surrogates as U+FFFD."""
    paired = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return _UNSAFE.sub("", paired.replace("\r\n", "\n").replace("\r", "\n"))


def clip(text: str, limit: int) -> str:
    """`text` in at most `limit` code points, ending in "…" where something was cut."""
    if len(text) <= limit:
        return text
    return text[: limit - 1].rstrip() + ELLIPSIS if limit > 0 else ""


def literal(text: str, limit: int = 3000) -> str:
    """A stranger's text for plain_text objects and rich_text elements, which are literal by construction."""
    return clip(clean(text), limit)


def plain(text: str, limit: int = 3000) -> str:
    """A stranger's text as Slack mrkdwn that shows literally; the escaped result has at most `limit` code points.

    Only for places that must be mrkdwn (top-level `text`, context): rich_text keeps the words exactly.
    """
    inert = _ACTIVE.sub(_JOINER, clean(text))
    inert = _FORMATTING.sub(lambda char: _LOOKALIKE[char[0]], inert)
    escaped = inert.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    if len(escaped) <= limit:
        return escaped
    whole = re.sub(r"&\w*$", "", escaped[: max(limit - 1, 0)])  # not half an entity
    return whole.rstrip() + ELLIPSIS if limit > 0 else ""


_PLATFORMS = {"twitter": "X", "linkedin": "LinkedIn"}


def platform_name(platform: str) -> str:
    """What people call it; one we do not know, as Inbox writes it."""
    return _PLATFORMS.get(platform, platform)


def when(at: datetime) -> str:
    """The time of day in the reader's own time zone, as a Slack date token."""
    return f"<!date^{int(at.timestamp())}^{{time}}|{clock(at)}>"


def when_long(at: datetime) -> str:
    """Day and time in the reader's own time zone, as a Slack date token."""
    fallback = at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}}, {{time}}|{fallback}>"


def clock(at: datetime) -> str:
    """`14:02 UTC`, for places where Slack renders no date token."""
    return at.astimezone(UTC).strftime("%H:%M UTC")


# --- in: a colleague's words -------------------------------------------------------------------------------------

# A token of Slack's, a bare URL (whose colons are no emoji), or an emoji code.
_PIECE = re.compile(r"<([^<>]+)>|\w+://[^\s<>]+|:([a-z0-9_+'-]+):(?::skin-tone-([2-6]):)?", re.IGNORECASE)
_MENTION = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^<>]*)?>")
_ENTITY = re.compile("&(amp|lt|gt);")
_CHARACTER = {"amp": "&", "lt": "<", "gt": ">"}


def decode(text: str, names: Mapping[str, str] = _NOBODY) -> str:
    """What the contact must read of a slash command's or a Slack message's `text`.

    `names` maps Slack user ids to names; a mention of anyone else becomes its label, or "@someone".
    """

    def piece(found: re.Match[str]) -> str:
        token, code, tone = found.groups()
        if token:
            return _said(token, names) or found[0]
        return _glyph(code.lower(), tone) or found[0] if code else found[0]

    # Entities come last and once: "&amp;lt;" is someone who typed "&lt;".
    return _ENTITY.sub(lambda entity: _CHARACTER[entity[1]], _PIECE.sub(piece, text))


def mentioned(text: str) -> list[str]:
    """The Slack user ids mentioned in `text`, in order and without repeats."""
    return list(dict.fromkeys(_MENTION.findall(text)))


_JOINED = re.compile("[\u200d\u20e3\U0001f3fb-\U0001f3ff]")  # what makes another emoji of the one before it


def after_prefix(said: str, prefix: str) -> str | None:
    """What follows `prefix` in a decoded message; None when it does not begin so.

    A longer run of the prefix's last character is something else: `>>>` quotes in Slack, where `>>` is the prefix. So
    is another emoji that begins with the prefix's, such as a hand in a skin tone.
    """
    said = said.lstrip()
    if not prefix or not said.startswith(prefix):
        return None
    rest = said[len(prefix) :].removeprefix("\ufe0f")  # which asks for the picture of a character
    if rest.startswith((prefix, prefix.removesuffix("\ufe0f")[-1])) or _JOINED.match(rest):
        return None
    return rest.strip()


def _said(token: str, names: Mapping[str, str]) -> str:
    """The words for the inside of one `<…>`; "" where it is not Slack's."""
    target, _, label = token.partition("|")
    if target.startswith("@"):
        return "@" + (names.get(target[1:]) or label.lstrip("@") or "someone")
    if target.startswith("#"):
        return "#" + (label.lstrip("#") or "channel")
    if target.startswith("!"):
        return label or "@" + ("group" if target.startswith("!subteam") else target[1:].partition("^")[0])
    if target.startswith("tel:"):
        return label or target.removeprefix("tel:")
    address = target.removeprefix("mailto:")
    if address == target and "://" not in target:
        return ""
    bare = address.partition("://")[2] or address
    return address if label.rstrip("/") in ("", address.rstrip("/"), bare.rstrip("/")) else f"{label} ({address})"


def _glyph(code: str, tone: str | None) -> str:
    """The emoji that Slack calls `code`, in skin `tone` "2" to "6"; "" when Unicode has none by that name."""
    if re.fullmatch("flag-[a-z]{2}", code):
        return "".join(chr(0x1F1E6 + ord(letter) - ord("a")) for letter in code[-2:])
    import emoji  # for those who write some: it takes 3 MiB and 12 ms

    for name in (code, code.replace("-", "_")):
        glyph = emoji.emojize(f":{name}:", language="alias")
        if emoji.is_emoji(glyph):
            toned = glyph[0] + chr(0x1F3F9 + int(tone)) + glyph[1:].lstrip("\ufe0f") if tone else glyph
            return toned if emoji.is_emoji(toned) else glyph
    return ""


# --- in: a slash command's recipient -----------------------------------------------------------------------------

_HANDLE = re.compile(r"[A-Za-z0-9_.-]{1,100}")
_X_PROFILE = re.compile(
    r"(?:https?://)?(?:(?:www|mobile)\.)?(?:x|twitter)\.com/(?:i/user/(\d+)|@?(\w+))/?", re.IGNORECASE
)
_LINKEDIN_PROFILE = re.compile(r"(?:https?://)?(?:\w+\.)?linkedin\.com/in/([^/]+)/?", re.IGNORECASE)
_ADDRESS = re.compile(r"<?(?:https?://)?(?:\w+\.)?(?:x|twitter|linkedin)\.com/", re.IGNORECASE)
_NOT_PROFILES = {"i", "home", "messages", "search", "explore", "settings", "notifications", "hashtag", "intent"}


def split_command(text: str) -> tuple[str, str]:
    """The first word of a command (`<…|…>` counts as one) and the rest, whose inner white space is kept."""
    found = re.match(r"\s*(<[^<>]*>|\S+)\s*(.*)", text, re.DOTALL)
    return (found[1], found[2].rstrip()) if found else ("", "")


def parse_recipient(word: str) -> str | None:
    """The lower-case handle, LinkedIn slug or numeric platform id that `word` names; None when it can be nobody.

    Takes `@handle`, `handle`, profile URLs of X and LinkedIn, digits, and any of them as Slack's `<url|label>`.
    """
    bare = word.strip().removeprefix("<").removesuffix(">").partition("|")[0]
    url = re.split("[?#]", bare)[0]
    name = bare.removeprefix("@")
    if x := _X_PROFILE.fullmatch(url):
        name = x[1] or x[2]
        if name.lower() in _NOT_PROFILES:
            return None
    elif linkedin := _LINKEDIN_PROFILE.fullmatch(url):
        name = linkedin[1]
    elif word.strip().startswith("<"):
        return None  # a Slack user, a channel, or somebody else's page
    return name.lower() if _HANDLE.fullmatch(name) and name.strip(".-") else None


def profiles(text: str) -> tuple[str, ...]:
    """The recipients whose profile addresses stand in a Slack message; at most three."""
    addresses = [one for one in re.findall(r"<[^<>]+>|\S+", text) if _ADDRESS.match(one)]
    found = (parse_recipient(one.rstrip(".,;:!?)")) for one in addresses)
    return tuple(dict.fromkeys(one for one in found if one))[:3]
