"""The few Block Kit shapes this bot shows, as plain dicts: https://docs.slack.dev/reference/block-kit.

Text in plain_text objects and rich_text elements is literal; mrkdwn is for our own sentences, with a stranger's words
in them passed through `text.plain`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from bot.text import clean, clip_marked, literal

Block = dict[str, Any]
View = dict[str, Any]

QUOTE = 2_800  # code points of a message a card shows
WHOLE = 12_000  # code points of a text that is handed back so that nobody types it again
_CHUNK = 2_900
_QUOTES = 3  # blocks of a message: Slack has refused 11,400 characters in one (github.com/slackapi/bolt-js/issues/2867)


class Msg(TypedDict):
    """A message's content. `text` is mrkdwn: what notifications and screen readers say of the blocks."""

    text: str
    blocks: list[Block]


def as_arguments(message: Msg) -> dict[str, Any]:
    """The message as Slack's methods take it."""
    return {"text": message["text"], "blocks": message["blocks"] or None}


def label(text: str, limit: int = 75) -> Block:
    """A plain_text object; Slack refuses an empty one, so nothing shows as a dash."""
    return {"type": "plain_text", "text": literal(text, limit).strip() or "–", "emoji": False}  # noqa: RUF001 - a dash


def section(mrkdwn: str) -> Block:
    """A paragraph of our own words."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": clip_marked(mrkdwn, 3_000)}}


def paragraphs(lines: Sequence[str]) -> list[Block]:
    """Lines of our own words, in as few sections as they fit in: none is cut."""
    parts = [""]
    for one in lines:
        if len(parts[-1]) + len(one) >= _CHUNK:
            parts.append("")
        parts[-1] += f"{one}\n"
    return [section(one) for one in parts if one]


def context(*mrkdwn: str) -> Block:
    """A line of small print; empty parts are left out."""
    return {
        "type": "context",
        "elements": [{"type": "mrkdwn", "text": clip_marked(part, 3_000)} for part in mrkdwn if part],
    }


def run(text: str, *, bold: bool = False, italic: bool = False) -> Block:
    """Literal text within a rich_text block."""
    style = {name: True for name, on in (("bold", bold), ("italic", italic)) if on}
    return {"type": "text", "text": text, **({"style": style} if style else {})}


def line(*runs: Block) -> Block:
    """One rich_text block of one line."""
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": list(runs)}]}


def quote(text: str, limit: int = QUOTE) -> list[Block]:
    """`text`, literal and indented, in as many blocks as it takes; none when there is nothing to read."""
    whole = literal(text, limit).strip("\n")
    if not whole.strip():
        return []
    chunks = [whole[start : start + _CHUNK] for start in range(0, len(whole), _CHUNK)]
    return [
        {"type": "rich_text", "elements": [{"type": "rich_text_quote", "elements": [run(chunk)]}]} for chunk in chunks
    ]


def button(words: str, action_id: str, value: str, **more: object) -> Block:
    """A button whose visible label is exactly `words`; `more` takes `style` and `confirm`."""
    return {"type": "button", "text": label(words), "action_id": action_id, "value": value, **more}


def open_button(url: str | None, words: str = "Open conversation") -> list[Block]:
    """The link button to the conversation; none without a web address that Slack would take."""
    if not is_web(url):
        return []
    return [{"type": "button", "text": label(words), "action_id": "open", "url": url}]


def is_web(url: str | None) -> bool:
    """Whether Slack would take it as a link or a picture, and a person may follow it."""
    return bool(url) and str(url).startswith("https://") and len(str(url)) <= 3_000 and clean(str(url)) == url


def picture(url: str, words: str) -> Block:
    """A picture, which Slack fetches; `words` stand in for it."""
    return {"type": "image", "image_url": url, "alt_text": literal(words, 500) or "image"}


def link(url: str, words: str) -> Block:
    """A link within a rich_text block, under our own words."""
    return {"type": "link", "url": url, "text": literal(words, 200)}


def chart(title: str, days: Sequence[str], series: Mapping[str, Sequence[int]]) -> Block:
    """Bars for at most 20 `days`, of at most six `series`; a title has 50 characters, the rest 20 each.

    https://docs.slack.dev/reference/block-kit/blocks/data-visualization-block
    """
    data = {
        name: [{"label": day, "value": n} for day, n in zip(days, counts, strict=True)]
        for name, counts in series.items()
    }
    return {
        "type": "data_visualization",
        "title": literal(title, 50),
        "chart": {
            "type": "bar",
            "series": [{"name": name, "data": points} for name, points in data.items()],
            "axis_config": {"categories": list(days)},
        },
    }


def actions(block_id: str, buttons: Sequence[Block]) -> list[Block]:
    """A row of buttons, or nothing when there are none: Slack refuses an empty row."""
    return [{"type": "actions", "block_id": block_id, "elements": list(buttons)}] if buttons else []


def marked(row: str, until: object) -> str:
    """The id of a row that says how much it shows: its clicks tell that, and Slack may show it for a while."""
    return f"{row}@{until}"


def option(words: str, value: str) -> Block:
    """One choice of a select menu or of radio buttons."""
    return {"text": label(words), "value": value}


def more(words: str, name: str, value: str, url: str | None = None) -> Block:
    """An option of a card's menu, to which the listener with `@feature.more(name)` listens; `value` is the thread.

    Where it leads to a `url`, Slack opens that.
    """
    return {**option(words, f"{name}|{value}"), **({"url": url} if url else {})}


def menu(options: Sequence[Block]) -> Block:
    """The menu of a card, of two to five options."""
    return {"type": "overflow", "action_id": "more", "options": list(options)}


def confirm(title: str, text: str, yes: str, **more: object) -> Block:
    """What somebody is asked who presses a button; `more` takes `style`."""
    said = {"text": label(text, 300), "confirm": label(yes, 30), "deny": label("Cancel", 30)}
    return {"title": label(title), **said, **more}


def handed_back(why: str, typed: str) -> list[Msg]:
    """What was typed, all of it, with the reason why nothing became of it: several messages where one is too short."""
    blocks = quote(typed, len(typed))
    parts = [blocks[at : at + _QUOTES] for at in range(0, len(blocks), _QUOTES)] or [[]]
    parts[0] = [section(why), *parts[0]]
    return [Msg(text=why, blocks=one) for one in parts]


def modal(title: str, blocks: list[Block], *, close: str = "Cancel", **more: object) -> View:
    """A modal view; `more` takes `callback_id`, `submit` and `private_metadata`."""
    return {"type": "modal", "title": label(title, 24), "close": label(close, 24), "blocks": blocks, **more}


def loading_modal(title: str) -> View:
    """Opened while the trigger is fresh, and replaced when Inbox has answered."""
    return modal(title, [section("One moment…")])


def notice_modal(title: str, text: str, typed: str = "", ways: Sequence[Block] = ()) -> View:
    """A result or refusal; `text` is mrkdwn from `words`, `typed` what is handed back to whoever typed it.

    `ways` are buttons that help.
    """
    return modal(title, [section(text), *ways, *quote(typed, len(typed))], close="Close")
