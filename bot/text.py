"""Text hygiene, both ways: what strangers typed becomes inert in Slack, what colleagues typed in Slack becomes plain.

All lengths are Unicode code points. Slack's syntax is documented at
https://docs.slack.dev/messaging/formatting-message-text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType

from bot.emoji import glyph

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

_PLAIN = re.compile(r"[A-Za-z0-9 ,?!-]*")  # what most people write: nothing of that means anything to Slack


def clean(text: str) -> str:
    """`text` without control characters (newline and tab stay) and bidi overrides, lone surrogates as U+FFFD."""
    if text.isprintable():  # then nothing of that is in it
        return text
    paired = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return _UNSAFE.sub("", paired.replace("\r\n", "\n").replace("\r", "\n"))


# What an emoji has besides its first character: joined ones, variants, keycaps, skin tones, tags; a flag has two.
_PARTS = re.compile("\u200d.|[\ufe00-\ufe0f\u20e3\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]", re.DOTALL)
_FLAG = re.compile("[\U0001f1e6-\U0001f1ff]{2}")


def characters(text: str) -> int:
    """How many characters Inbox counts at the least: it takes an emoji for one, whatever it is made of."""
    return len(_PARTS.sub("", _FLAG.sub("F", text)))


def clip(text: str, limit: int) -> str:
    """`text` in at most `limit` code points, ending in "…" where something was cut."""
    if len(text) <= limit:
        return text
    return text[: limit - 1].rstrip() + ELLIPSIS if limit > 0 else ""


def clip_marked(mrkdwn: str, limit: int) -> str:
    """The same of our own mrkdwn: neither a token of Slack's (`<…>`) nor an entity is cut, and shown raw."""
    if len(mrkdwn) <= limit:
        return mrkdwn
    whole = re.sub(r"<[^>]*$|&\w*$", "", mrkdwn[: max(limit - 1, 0)])
    return whole.rstrip() + ELLIPSIS if limit > 0 else ""


def literal(text: str, limit: int = 3000) -> str:
    """A stranger's text for plain_text objects and rich_text elements, which are literal by construction."""
    return clip(clean(text), limit)


def plain(text: str, limit: int = 3000) -> str:
    """A stranger's text as Slack mrkdwn that shows literally; the escaped result has at most `limit` code points.

    Only for places that must be mrkdwn (top-level `text`, context): rich_text keeps the words exactly.
    """
    if _PLAIN.fullmatch(text):
        return clip(text, limit)
    inert = _ACTIVE.sub(_JOINER, clean(text))
    inert = _FORMATTING.sub(lambda char: _LOOKALIKE[char[0]], inert)
    escaped = inert.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return clip_marked(escaped, limit)


def linked(name: str, link: str | None) -> str:
    """Somebody's name, which leads to `link` where there is one, as mrkdwn."""
    return f"<{link}|{plain(name, 80)}>" if link else f"*{plain(name, 80)}*"


def code(text: str, limit: int = 200) -> str:
    """Words as code, which Slack shows as they are: an address can be copied, a prefix is no quote."""
    return "`" + clip(clean(text).replace("`", "'"), limit).replace("&", "&amp;").replace("<", "&lt;") + "`"


def bare_words(text: str) -> list[str]:
    """The words of `text` without case and accents, as they are compared with what somebody types to find it."""
    bare = "".join(one for one in unicodedata.normalize("NFKD", text) if not unicodedata.combining(one))
    return re.findall(r"[^\W_]+", bare.casefold())


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


def money(amount: float, currency: str) -> str:
    """`1,500 USD`, `99.50 USD`; `currency` may be ""."""
    number = f"{amount:,.0f}" if amount == int(amount) else f"{amount:,.2f}"
    return f"{number} {currency}".rstrip()


# --- in: a colleague's words -------------------------------------------------------------------------------------

BLOCK, SPAN = r"```.+?```", r"`[^`\n]+`"  # of code, with `re.DOTALL`
CODE = rf"{BLOCK}|{SPAN}"

# Code, a token of Slack's, a bare URL (whose colons are no emoji), or emoji codes in a row. Each part of it begins
# where it can and is bounded, so that no text takes longer than its length.
_PIECE = re.compile(
    rf"(?P<code>{CODE})|<(?P<token>[^<>]+)>|(?<!\w)[a-z][a-z0-9+.-]{{0,30}}://[^\s<>]+"
    r"|(?P<emoji>(?::[a-z0-9_+'-]{1,100}:)+)",
    re.IGNORECASE | re.DOTALL,
)
_EMOJI = re.compile(r":([a-z0-9_+'-]{1,100}):((?::skin-tone-[2-6](?:-[2-6])?:){0,2})", re.IGNORECASE)
# Paths, addresses and settings are words with these signs within; two colons (`fe80::`) may end or begin one, and a
# number has its sign. People write such signs behind emoji too (`Great:tada:@sarah`, `5:moneybag:/month`): there only
# a short code, or one in a word that has such signs before and is neither a time, a score nor `he/she`, is no emoji.
# Before an `@` only an address has codes, or a user with `x` for the password (`git:x:@host`).
_SIGNS = r"/\\:@=_"
_AROUND = 100  # characters that are looked at on each side
_BEFORE = re.compile(rf"(?:[^\W_][{_SIGNS}]{{0,8}}|:)\Z")
_BEHIND = re.compile(rf"[{_SIGNS}]{{0,8}}(?:[^\W_]|[+-]\d)|:")
_SHORT, _HEXADECIMAL = re.compile(r"[a-z]{1,2}|\d+", re.IGNORECASE), re.compile("[0-9a-f]{1,4}", re.IGNORECASE)
_WRITTEN = re.compile(r"[(\[\"'*~]*(?:\d+[:/]\d+|[^\W\d_]+/[^\W\d_]+)")
_ADDRESS, _USER = re.compile(r"//|\.\w|[\\=]|^/"), re.compile("[a-z0-9]+")
_MARKED = re.compile("[`<:&]")  # without one of these, a text means what it says
_TOKEN = re.compile(r"<([^<>]+)>")
_MENTION = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^<>]*)?>")
_ENTITY = re.compile("&(amp|lt|gt);")
_CHARACTER = {"amp": "&", "lt": "<", "gt": ">"}


def decode(text: str, names: Mapping[str, str] = _NOBODY) -> str:
    """What the contact must read of a slash command's or a Slack message's `text`.

    `names` maps Slack user ids to names; a mention of anyone else becomes its label, or "@someone". Code and the
    inside of words (`12:m:30`, `bin:x:/sbin`) have no emoji; `*`, `_`, `~` and backticks stay as they were typed.
    """

    if not _MARKED.search(text):
        return text

    def token(found: re.Match[str]) -> str:
        return _said(found[1], names) or found[0]

    said: list[str] = []
    at, tail = 0, ""
    while found := _PIECE.search(text, at):
        shown, end = found[0], found.end()
        tail = (tail + text[at : found.start()])[-_AROUND:]
        if found["code"]:
            shown = _TOKEN.sub(token, shown)
        elif found["token"]:
            shown = _said(found["token"], names) or shown
        elif found["emoji"]:
            shown = found[0] if _is_within(found, tail) else _EMOJI.sub(_emoji, found[0])
            if shown.endswith(":"):  # which may begin another one
                shown, end = shown[:-1], end - 1
        said += text[at : found.start()], shown
        at, tail = end, tail + shown
    # Entities come last and once: "&amp;lt;" is someone who typed "&lt;".
    return _ENTITY.sub(lambda entity: _CHARACTER[entity[1]], "".join(said) + text[at:])


def _is_within(found: re.Match[str], before: str) -> bool:
    """Whether a word that `before` ends with, in which emoji are emoji already, goes on behind the codes found."""
    names = [code for code in found[0].split(":") if code]
    if len(names) > 1 and all(glyph(name.lower()) for name in names) and not all(map(_HEXADECIMAL.fullmatch, names)):
        return False
    text, end = found.string, found.end()
    if all(one.isascii() and one.isalnum() for one in (before[-1:], text[end : end + 1])):
        return True  # other scripts have no blanks between words
    if not (_BEFORE.search(before) and _BEHIND.match(text, end)):
        return False
    following = _EMOJI.search(text, end, end + _AROUND)
    if following and not text[end : following.start()].strip(_SIGNS) and _emoji(following) != following[0]:
        return False
    word = re.split(r"\s", before)[-1].rstrip(_SIGNS)
    if text[end : end + 1] == "@" and not _ADDRESS.search(word):
        return names == ["x"] and bool(_USER.fullmatch(word))
    has_signs = re.search(r"[/\\:=]", word) and not _WRITTEN.fullmatch(word)
    return bool(has_signs) or all(map(_SHORT.fullmatch, names))


def _emoji(found: re.Match[str]) -> str:
    """The emoji for a code; one that Slack does not have stays."""
    return glyph(found[1].lower(), re.sub(r"\D", "", found[2])) or found[0]


def mention(word: str) -> str | None:
    """The Slack user id, where `word` is a mention and nothing else."""
    found = _MENTION.fullmatch(word)
    return found[1] if found else None


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
