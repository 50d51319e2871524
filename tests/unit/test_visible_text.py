"""The words that a person sees of a Slack message, wherever Slack keeps them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.slack.visible_text import seen
from bot.text import decode

Json = dict[str, Any]


def text(words: str, **style: bool) -> Json:
    return {"type": "text", "text": words, "style": style}


def rich(*elements: Json, kind: str = "rich_text_section", **more: Any) -> Json:
    return {"type": kind, "elements": list(elements), **more}


def message(*elements: Json, **more: Any) -> Json:
    return {"text": "a fallback", "blocks": [{"type": "rich_text", "elements": list(elements)}], **more}


HELLO = message(rich(text("Hello")))
PREVIEW = {"from_url": "https://a.example", "title": "A page", "text": "of somebody else"}


def mrkdwn(words: str) -> Json:
    return {"type": "mrkdwn", "text": words}


def block(kind: str, **more: Any) -> Json:
    return {"text": "a fallback", "blocks": [{"type": kind, "block_id": "b1", **more}]}


BUTTON = {
    "type": "button",
    "action_id": "open",
    "text": {"type": "plain_text", "text": "Open"},
    "url": "https://a.example",
}
SARAH = {"type": "link", "url": "https://x.com/sarah", "text": "Sarah"}
LEAD = {"type": "rich_text", "elements": [rich(SARAH)]}


@pytest.mark.parametrize(
    ("shown", "meant"),
    [
        (
            block(
                "table",
                rows=[
                    [{"type": "raw_text", "text": "Lead"}, {"type": "raw_text", "text": "R&D"}],
                    [LEAD, {"type": "raw_number", "value": 5000, "text": "5,000"}],
                ],
                column_settings=[{"align": "right"}],
            ),
            "Lead | R&D\nSarah (https://x.com/sarah) | 5,000",
        ),
        (
            block("data_table", caption="Leads", rows=[[{"type": "raw_text", "text": "Bo"}], [BUTTON]], page_size=5),
            "Leads\nBo",
        ),
        (
            block(
                "card",
                actions=[BUTTON],
                body=mrkdwn("see <https://x.com/sarah>"),
                hero_image={"type": "image", "image_url": "https://a.example/1.png", "alt_text": "a cat"},
                subtitle=mrkdwn("a &lt; b"),
                title=mrkdwn("Sarah"),
            ),
            "Sarah\na < b\nsee https://x.com/sarah",
        ),
        (block("carousel", elements=[{"type": "card", "title": mrkdwn(one)} for one in "ab"]), "a\nb"),
        (
            block(
                "container",
                child_blocks=[
                    {"type": "section", "text": mrkdwn("inside")},
                    {"type": "actions", "elements": [BUTTON]},
                    {"type": "table", "rows": [[LEAD]]},
                ],
                icon={"type": "image", "alt_text": "a cat"},
                rich_text_title={"type": "rich_text", "elements": [rich(text("Title"))]},
                width="wide",
            ),
            "Title\ninside\nSarah (https://x.com/sarah)",
        ),
        (
            block(
                "layout",
                label="Figures",
                fallback=[{"type": "section", "text": mrkdwn("the same for old apps")}],
                rows=[{"items": [{"width": "wide", "blocks": [{"type": "section", "text": mrkdwn("in a grid")}]}]}],
            ),
            "in a grid",
        ),
        (block("layout", rows=[], fallback=[{"type": "section", "text": mrkdwn("for old apps")}]), "for old apps"),
        (block("alert", level="info", text=mrkdwn("Late")), "Late"),
        (
            block(
                "plan",
                title="Plan",
                tasks=[
                    {
                        "type": "task_card",
                        "task_id": "t1",
                        "title": "Look",
                        "status": "complete",
                        "output": LEAD,
                        "sources": [{"type": "url", "url": "https://x.com/omar", "text": "Omar"}],
                    }
                ],
            ),
            "Plan\nLook\nSarah (https://x.com/sarah)\nOmar (https://x.com/omar)",
        ),
        (
            block(
                "video",
                alt_text="a cat",
                author_name="Bo",
                description={"type": "plain_text", "text": "How it works"},
                thumbnail_url="https://a.example/1.png",
                title={"type": "plain_text", "text": "Tour"},
                title_url="https://a.example/tour",
                video_url="https://a.example/embed",
            ),
            "Tour\nHow it works\nBo\nhttps://a.example/tour",
        ),
        (
            block("of_tomorrow", parts=[{"type": "line", "text": "New", "more": [SARAH]}]),
            "New\nSarah (https://x.com/sarah)",
        ),
        (
            {
                "attachments": [
                    {
                        "author_name": "Sarah (@sarah)",
                        "author_link": "https://x.com/sarah",
                        "text": "Hi",
                        "footer": "Via X",
                    }
                ]
            },
            "Sarah (@sarah) (https://x.com/sarah)\nHi\nVia X",
        ),
        (
            {"attachments": [{"author_subname": "@sarah", "author_link": "https://x.com/sarah"}]},
            "@sarah (https://x.com/sarah)",
        ),
        ({"attachments": [{"title_link": "https://x.com/sarah", "text": "Hi"}]}, "https://x.com/sarah\nHi"),
        (
            {"attachments": [{"is_share": True, "author_name": "Bo", "footer": "Posted in #sales", "text": "Hi"}]},
            "Hi",
        ),
    ],
)
def test_what_is_seen_in_newer_blocks_and_beside_a_text_is_meant(shown: Json, meant: str) -> None:
    assert decode(seen(shown)) == meant


@pytest.mark.parametrize(
    ("shown", "meant"),
    [
        ({"text": "Tom &amp; Jerry *bold*"}, "Tom & Jerry *bold*"),
        (message(rich(text("a < b & c", bold=True), text(" &amp; d"))), "a < b & c &amp; d"),
        (
            message(rich(text("root:x:0", code=True), {"type": "emoji", "name": "wave", "skin_tone": 3})),
            "`root:x:0`👋🏼",
        ),
        (message(rich(text(":x:"), kind="rich_text_preformatted")), "```:x:```"),
        (message(rich({"type": "link", "url": "https://a.example?b=1&c=2"})), "https://a.example?b=1&c=2"),
        (message(rich({"type": "link", "url": "https://a.example", "text": "this"})), "this (https://a.example)"),
        (
            message(rich({"type": "user", "user_id": "U1"}, text(" and "), {"type": "broadcast", "range": "here"})),
            "@Ana and @here",
        ),
        (
            message(rich(rich(text("one")), rich(text("two")), kind="rich_text_list", style="ordered")),
            "1. one\n2. two",
        ),
        (message(rich(rich(text("one")), kind="rich_text_list", style="bullet", indent=1)), "  • one"),
        (message(rich(text("before")), rich(text("quoted"), kind="rich_text_quote")), "before\nquoted"),
        (
            {
                "text": "a fallback",
                "blocks": [
                    {"type": "header", "text": {"type": "plain_text", "text": "R&D"}},
                    {
                        "type": "section",
                        "text": {"type": "mrkdwn", "text": "a &lt; b"},
                        "fields": [{"type": "mrkdwn", "text": "c"}],
                    },
                    {"type": "context", "elements": [{"type": "image"}, {"type": "plain_text", "text": "d"}]},
                    {"type": "actions", "elements": [{"type": "button", "text": {"type": "plain_text", "text": "no"}}]},
                    {"type": "markdown", "text": "e"},
                ],
            },
            "R&D\na < b\nc\nd\ne",
        ),
        (HELLO | {"attachments": [PREVIEW]}, "Hello"),
        ({"text": "", "attachments": [PREVIEW]}, "A page\nof somebody else"),
        (
            HELLO | {"attachments": [{"is_msg_unfurl": True, "from_url": "https://a.slack.com", "text": "Forwarded"}]},
            "Hello\nForwarded",
        ),
        ({"attachments": [{"message_blocks": [{"message": HELLO}], "text": "no"}]}, "Hello"),
        (
            {
                "attachments": [
                    {
                        "pretext": "Alert",
                        "title": "T",
                        "title_link": "https://x.com/a",
                        "fields": [{"title": "k", "value": "v"}],
                    }
                ]
            },
            "Alert\nT (https://x.com/a)\nk\nv",
        ),
        ({"attachments": [{"fallback": "All there is"}]}, "All there is"),
        ({"text": "Only the text", "blocks": [{"type": "image", "alt_text": "a cat"}]}, "Only the text"),
        ({}, ""),
    ],
)
def test_what_is_seen_is_what_is_meant(shown: Json, meant: str) -> None:
    assert decode(seen(shown), {"U1": "Ana"}) == meant


kinds = st.sampled_from(["rich_text", "rich_text_section", "rich_text_list", "section", "header", "text", "link"])
leaves = st.one_of(st.none(), st.integers(-3, 3), st.text(max_size=5), kinds)
fields = [
    "rows",
    "fallback",
    "title_url",
    "author_name",
    "type",
    "text",
    "elements",
    "blocks",
    "attachments",
    "message_blocks",
    "message",
    "fields",
    "style",
    "title",
]
shapes = st.recursive(
    leaves,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(fields), inner, max_size=4)),
    max_leaves=20,
)


@given(st.dictionaries(st.sampled_from(fields), shapes, max_size=5))
def test_a_message_of_any_shape_has_words_or_none(shown: Json) -> None:
    assert isinstance(seen(shown), str)
