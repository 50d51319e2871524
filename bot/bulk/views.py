"""How far it is with many conversations, and the forms that say what is to become of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from bot.bulk import words
from bot.contact.views import TAGS
from bot.models import Member
from bot.people.views import colleagues
from bot.slack.blocks import Block, Msg, View, actions, button, context, label, modal, option, section
from bot.slack.inputs import field, select
from bot.snooze.views import until_fields

NOBODY: Final = "nobody"  # a choice like a member's id
STAY: Final = "Where they wrote since the list was drawn, the conversation stays."


def progress(said: str, bulk_id: str) -> Msg:
    """`said` is mrkdwn."""
    return {"text": said, "blocks": [section(said), *actions("bulk", [button("Stop", "bulk_stop", bulk_id)])]}


def said(sentence: str) -> Msg:
    return {"text": sentence, "blocks": [section(sentence)]}


def assign_modal(members: Sequence[Member], me: str, count: int, metadata: str) -> View:
    """Whom to give `count` conversations to; `me` is the asker's own member id."""
    menu = select("Choose a colleague", [*colleagues(members, me), option("Nobody", NOBODY)], None)
    told = f"{words.many(count)}. Who gets them is told once, in a direct message."
    blocks = [field("assignee", "Who takes them", menu), context(told)]
    return modal("Assign to…", blocks, callback_id="bulk_assign", submit=label("Assign"), private_metadata=metadata)


def tag_modal(count: int, metadata: str) -> View:
    """Which tags the people of `count` conversations get."""
    menu: Block = {"type": "multi_external_select", "min_query_length": 0, "placeholder": label("Type a tag")}
    blocks = [field(TAGS, "Tags to add", menu), context(f"{words.many(count)}. The tags that they have stay.")]
    return modal("Tag…", blocks, callback_id="bulk_tag", submit=label("Tag"), private_metadata=metadata)


def snooze_modal(count: int, times: Mapping[str, datetime], zone: str, metadata: str) -> View:
    """Until when `count` conversations are put aside; `times` are the choices, by the clock of the asker's `zone`."""
    blocks = [context(f"{words.many(count)}. {STAY}"), *until_fields(times, zone)]
    return modal("Snooze…", blocks, callback_id="bulk_snooze", submit=label("Snooze"), private_metadata=metadata)
