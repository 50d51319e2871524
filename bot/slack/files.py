"""What is attached to a message: shown where Slack can show it, linked where it can be followed, else named.

A picture or recording is addressed by the vendor or the platform; the link of a card was typed by a stranger, and so
is only named, with the host that it leads to.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from bot.models import Attachment
from bot.slack.blocks import Block, is_web, line, link, picture, run
from bot.text import literal

_PICTURES = {"image", "gif", "photo"}
_PLAYED = {"video": "🎬", "audio": "🎙", "voice": "🎙", "file": "📄"}
_NAMES = {"audio": "voice message", "voice": "voice message", "gif": "GIF"}
_MOST = 4  # pictures, and links, of one message


def attachments(found: Sequence[Attachment]) -> str:
    """`image, video (0:42), card: Our prices (acme.example)`."""
    return literal(", ".join(_name(one) for one in found), 500)


def files(found: Sequence[Attachment], *, pictures: bool) -> list[Block]:
    """Blocks for what is attached; without `pictures`, one line that names all of it."""
    seen = [one for one in found if pictures and is_web(one.url)]
    shown = [one for one in seen if one.kind in _PICTURES][:_MOST]
    linked = [one for one in seen if one.kind in _PLAYED][:_MOST]
    named = [one for one in found if one not in shown and one not in linked]
    see = "" if all(one.kind == "card" for one in named) else " (open the conversation to see it)"
    return [
        *(picture(str(one.url), _name(one)) for one in shown),
        *(block for one in linked for block in _linked(one)),
        *([line(run(f"📎 {attachments(named)}{see}"))] if named else []),
    ]


def _linked(one: Attachment) -> list[Block]:
    """A recording or file behind its name, below its still picture."""
    still = [picture(str(one.poster), f"A still of the {one.kind}")] if is_web(one.poster) else []
    return [*still, line(run(f"{_PLAYED[one.kind]} "), link(str(one.url), _name(one)))]


def _name(one: Attachment) -> str:
    length = f" ({int(one.seconds) // 60}:{int(one.seconds) % 60:02})" if one.seconds else ""
    title = f": {one.title}" if one.title else ""
    return literal(f"{_NAMES.get(one.kind, one.kind)}{length}{title}{_host(one)}", 300)


def _host(one: Attachment) -> str:
    """Where a card leads, whatever it calls itself."""
    if one.kind != "card" or not is_web(one.url):
        return ""
    try:
        return f" ({urlsplit(str(one.url)).hostname or ''})"
    except ValueError:
        return ""
