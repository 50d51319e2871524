"""The words that a person sees of a Slack message, wherever Slack keeps them: its text, its blocks, what it forwards.

What comes out is Slack's own markup, as in a message's `text`; `bot.text.decode` makes plain words of it. Blocks
and attachments are documented at https://docs.slack.dev/reference/block-kit and
https://docs.slack.dev/messaging/formatting-message-text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

DEEPEST: Final = 8  # lists in quotes in forwards; nobody nests further
DEEPEST_PART: Final = 16  # a list in a row of a table in a container
_PREVIEW: Final = ("from_url", "original_url", "app_unfurl_url")  # of a page that the message links to
_FORWARDED: Final = ("is_msg_unfurl", "is_share", "message_blocks")
_SILENT: Final = ("actions", "button", "context_actions", "divider", "file", "image", "input")
# Which bare strings are shown, in the order in which they are whatever theirs is, and before the rest.
_SHOWN: Final = ("rich_text_title", "title", "caption", "subtitle", "text", "body", "description", "author_name")

Part = Mapping[str, Any]


def seen(message: Part) -> str:
    """The message's own words, then those that it forwards; a link's preview only where it is all there is."""
    attached = [one for one in _parts(message.get("attachments")) if not _is_preview(one)]
    found = _join([_own(message), *(_attached(one) for one in attached)])
    return found or _join([_attached(one) for one in _parts(message.get("attachments"))])


def _own(message: Part) -> str:
    return _blocks(message.get("blocks")) or str(message.get("text") or "")


def _is_preview(attachment: Part) -> bool:
    return any(attachment.get(one) for one in _PREVIEW) and not _is_forwarded(attachment)


def _is_forwarded(attachment: Part) -> bool:
    return any(attachment.get(one) for one in _FORWARDED)


def _attached(attachment: Part) -> str:
    """The words of a forwarded message, or of what an app has attached."""
    forwarded = [_blocks(_part(one.get("message")).get("blocks")) for one in _parts(attachment.get("message_blocks"))]
    own = _join(forwarded) or _blocks(attachment.get("blocks"))
    if own:
        return own
    around = {} if _is_forwarded(attachment) else attachment  # who wrote what is forwarded, and where, is no word of it
    author = " ".join(str(around[one]) for one in ("author_name", "author_subname") if around.get(one))
    fields = (f"{one.get('title') or ''}\n{one.get('value') or ''}".strip() for one in _parts(attachment.get("fields")))
    words = [
        attachment.get("pretext"),
        _linked(author, around.get("author_link")),
        _linked(attachment.get("title"), attachment.get("title_link")),
        attachment.get("text"),
        *fields,
        around.get("footer"),
    ]
    return _join([str(one or "") for one in words]) or str(attachment.get("fallback") or "")


def _linked(words: object, link: object) -> str:
    return f"<{link}|{words or ''}>" if link else str(words or "")


def _blocks(blocks: object) -> str:
    return _join([_block(one) for one in _parts(blocks)])


def _block(block: Part) -> str:
    """What there is to read in one block; nothing in buttons and pictures."""
    match block.get("type"):
        case "rich_text":
            return _join([_rich(one) for one in _parts(block.get("elements"))])
        case "section":
            return _join([_text(block.get("text")), *(_text(one) for one in _parts(block.get("fields")))])
        case "context":
            return " ".join(filter(None, (_text(one) for one in _parts(block.get("elements")))))
        case "header" | "markdown":
            return _text(block.get("text"))
    return _any(block)


def _any(found: object, field: str = "", depth: int = 0) -> str:
    """What there is to read in a `field` of a block, whatever its kind: Slack has new ones every few months.

    A row of a table is a line. What a block has for older apps counts where nothing else is to be read.
    """
    if depth > DEEPEST_PART:
        return ""
    if isinstance(found, str):
        return f"<{found}>" if field == "title_url" else _escaped(found) if field in _SHOWN else ""
    if isinstance(found, list):
        parts = [_any(one, "row" if isinstance(one, list) else "", depth + 1) for one in found]
        return " | ".join(one for one in parts if one.strip()) if field == "row" else _join(parts)
    if not isinstance(found, Mapping) or found.get("type") in _SILENT or "action_id" in found:
        return ""
    match found.get("type"):
        case "rich_text" | "section" | "context" | "header" | "markdown":
            return _block(found)
        case "mrkdwn":
            return _text(found)
        case "link" | "url":
            return _inline({**found, "type": "link"})
    rest = [one for one in found if one not in (*_SHOWN, "fallback")]
    fields = [*(one for one in _SHOWN if one in found), *rest]
    return _join(_any(found[one], one, depth + 1) for one in fields) or _any(found.get("fallback"), "", depth + 1)


def _text(found: object) -> str:
    """A text object, or the text of a `markdown` block."""
    if isinstance(found, str):
        return found
    if not isinstance(found, Mapping) or not isinstance(found.get("text"), str):
        return ""
    return str(found["text"]) if found.get("type") == "mrkdwn" else _escaped(found["text"])


def _rich(element: Part, depth: int = 0) -> str:
    """A paragraph, list, quote or code block of a `rich_text` block."""
    parts = _parts(element.get("elements"))
    if element.get("type") == "rich_text_list" and depth < DEEPEST:
        ordered, first = element.get("style") == "ordered", _number(element.get("offset")) + 1
        indent = "  " * min(_number(element.get("indent")), DEEPEST)
        marks = (f"{number}." if ordered else "•" for number in range(first, first + len(parts)))
        return "\n".join(f"{indent}{mark} {_rich(one, depth + 1)}" for mark, one in zip(marks, parts, strict=True))
    words = "".join(_inline(one) for one in parts)
    return f"```{words}```" if element.get("type") == "rich_text_preformatted" and words else words


def _inline(element: Part) -> str:
    """Text, a link, a mention or an emoji within a paragraph, as Slack's markup has it."""
    match element.get("type"):
        case "text":
            words = _escaped(str(element.get("text") or ""))
            return f"`{words}`" if _part(element.get("style")).get("code") and words.strip() else words
        case "link":
            label = _escaped(str(element.get("text") or "")).replace("|", " ")
            return f"<{_escaped(str(element.get('url') or ''))}{'|' + label if label else ''}>"
        case "emoji":
            tone = element.get("skin_tone")
            return f":{element.get('name')}:" + (f":skin-tone-{tone}:" if tone else "")
        case "user":
            return f"<@{element.get('user_id')}>"
        case "channel":
            return f"<#{element.get('channel_id')}>"
        case "usergroup":
            return f"<!subteam^{element.get('usergroup_id')}>"
        case "broadcast":
            return f"<!{element.get('range')}>"
        case "date":
            return _escaped(str(element.get("fallback") or ""))
    return ""


def _escaped(words: str) -> str:
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _part(found: object) -> Part:
    return found if isinstance(found, Mapping) else {}


def _number(found: object) -> int:
    return found if isinstance(found, int) else 0


def _parts(found: object) -> Sequence[Part]:
    """The objects in a list of Slack's, and none where there is no list."""
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []


def _join(words: Iterable[str]) -> str:
    return "\n".join(one for one in words if one.strip())
