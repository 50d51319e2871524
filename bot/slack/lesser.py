"""What Slack does not take as it is, with less in it: it refuses all of a message for one picture, or for a text.

Else nobody would see that somebody wrote, and no card with such a text could be drawn anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from bot.slack.blocks import Block, Msg, View, context, line, run, section
from bot.text import clip_marked

REFUSED: Final = "Slack refuses to show what stands here. Read it in Inbox."


def lesser(message: Msg, *, whole: bool = False) -> Iterator[Msg]:
    """The message; with pictures and charts in words; without what is quoted in it; with its buttons alone.

    What has to stay `whole` keeps its words.
    """
    yield message
    named = without_pictures(message)
    if named != message:
        yield named
    if whole:
        return
    unquoted = without_quotes(named)
    if unquoted != named:
        yield unquoted
    yield _bare(message)


def lesser_view(view: View) -> Iterator[View]:
    """The modal or Home, and the same without what is quoted in it."""
    yield view
    less = _unquoted(view["blocks"])
    if less != view["blocks"]:
        yield {**view, "blocks": less}


def without_pictures(message: Msg) -> Msg:
    """The same with each picture only named, and charts in words."""
    return {"text": message["text"], "blocks": [_without_picture(one) for one in message["blocks"]]}


def without_quotes(message: Msg) -> Msg:
    """The same without what somebody wrote. The text repeats that: the paragraphs of our own words stand in for it."""
    blocks = _unquoted(message["blocks"])
    if blocks == message["blocks"]:
        return message
    ours = "\n".join(one["text"]["text"] for one in blocks if one["type"] == "section" and "text" in one)
    return {"text": clip_marked(ours, 3_000) or REFUSED, "blocks": blocks}


def _bare(message: Msg) -> Msg:
    """Only the buttons, and of a list none: nobody could tell whose they are."""
    rows = [one for one in message["blocks"] if one["type"] == "actions"]
    return {"text": REFUSED, "blocks": [section(REFUSED), *(rows if len(rows) == 1 else [])]}


def _unquoted(blocks: Sequence[Block]) -> list[Block]:
    return [_without_quote(one) if one["type"] == "rich_text" else one for one in blocks]


def _without_quote(block: Block) -> Block:
    """Quotes are what somebody wrote, and links lead where somebody said; names stay."""
    quoted: Block = {"type": "rich_text_section", "elements": [run(REFUSED, italic=True)]}
    parts = [quoted if one["type"] == "rich_text_quote" else _unlinked(one) for one in block["elements"]]
    return {**block, "elements": parts}


def _unlinked(part: Block) -> Block:
    return {**part, "elements": [run(one["text"]) if one["type"] == "link" else one for one in part["elements"]]}


def _without_picture(block: Block) -> Block:
    if block["type"] == "data_visualization":
        return _in_words(block)
    if block["type"] == "image":
        return line(run(f"📎 {block['alt_text']} (can't be shown here)"))
    if block["type"] == "context":  # a face says nothing that the name does not
        return {**block, "elements": [one for one in block["elements"] if one["type"] != "image"]}
    return block


def _in_words(block: Block) -> Block:
    """A chart, for who gets none: `Received, answered: 24 Nov 3/2`; days of which all is 0 are left out."""
    found = [[point["value"] for point in one["data"]] for one in block["chart"]["series"]]
    points = zip(block["chart"]["axis_config"]["categories"], *found, strict=True)
    each = [f"{day} {'/'.join(map(str, counts))}" for day, *counts in points if any(counts)]
    names = ", ".join(one["name"] for one in block["chart"]["series"])
    return context(f"{block['title']}. {names}: {', '.join(each) or 'nothing yet'}.")
