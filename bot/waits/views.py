"""What people read about who hears of a wait."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from bot.models import Broadcast, Heard
from bot.slack.blocks import Block, Msg, View, context, label, modal, paragraphs, section
from bot.slack.inputs import choices, field
from bot.text import linked, when_long

_LISTED: Final = 12  # of those who wait, in one message
WHEN: Final = "When somebody begins to wait in a conversation that I have"
MENTIONS_USAGE: Final = "Use `/inbox mentions on`, `/inbox mentions message` or `/inbox mentions off`."
BROADCAST_USAGE: Final = "Use `/inbox follow-ups once`, `thread` or `every`, in the channel that it is for."
BROADCAST: Final[Mapping[Broadcast, str]] = {
    "once": "The first of each wait that nobody has",
    "thread": "None, they stay in the thread",
    "every": "Every one",
}
_HEARD: Final[Mapping[Heard, str]] = {
    "mention": "Mention me in the thread",
    "message": "Send me a direct message",
    "nothing": "Don't tell me",
}
_SAYS: Final[Mapping[Heard, str]] = {
    "mention": "When somebody begins to wait in a conversation that you have, I mention you in its thread, once.",
    "message": "When somebody begins to wait in a conversation that you have, I send you a direct message, once.",
    "nothing": (
        "I don't tell you when somebody begins to wait in a conversation that you have. `/inbox mentions on` brings it "
        "back."
    ),
}
_SHOWS: Final[Mapping[Broadcast, str]] = {
    "once": (
        "shows the first message of each wait in the channel too, when nobody has the conversation or it was archived"
    ),
    "thread": "shows later messages in the thread alone",
    "every": "shows every later message in the channel too",
}


class Waiter(NamedTuple):
    """Somebody who waits, since when, and where their card is."""

    name: str
    since: datetime
    link: str | None


def who_waits(waiters: Sequence[Waiter]) -> Msg:
    """What an assignee reads in a direct message: never a word of what anybody wrote."""
    lines = [_line(one) for one in waiters[:_LISTED]]
    left = len(waiters) - len(lines)
    head = lines[0] if len(waiters) == 1 else f"*{len(waiters)} people are waiting in conversations that you have.*"
    rest = [] if len(waiters) == 1 else [f"• {one}" for one in lines]
    more = [f"… and {left} more: `/inbox mine` lists them."] if left else []
    said = paragraphs([f"🟡 {head}", *rest, *more])
    return {"text": f"🟡 {head}", "blocks": [*said, context("`/inbox mentions` changes how you hear of this.")]}


def _line(waiter: Waiter) -> str:
    return f"{linked(waiter.name, waiter.link)} has been waiting for your answer since {when_long(waiter.since)}."


def mentioning(message: Msg, user: str) -> Msg:
    """The post, with a word to the Slack user who has the conversation."""
    return {
        "text": f"<@{user}> {message['text']}",
        "blocks": [*message["blocks"], context(f"<@{user}>, you have this conversation.")],
    }


def my_choice(how: Heard) -> Block:
    """A row of somebody's Home, with what is chosen now."""
    return section(WHEN) | {"accessory": {**choices(_HEARD, how), "action_id": "my_mentions"}}


def heard_field(how: Heard) -> Block:
    """The same in a form."""
    return field("heard", WHEN, choices(_HEARD, how))


def my_modal(how: Heard, *, more: Sequence[Block], metadata: str) -> View:
    """What somebody who is no admin chooses by `/inbox settings`; `more` are fields besides."""
    note = "`/inbox quiet` sets hours in which it waits. What a channel shows is for admins to choose."
    return modal(
        "Your settings",
        [heard_field(how), *more, context(note)],
        callback_id="my_settings",
        submit=label("Save"),
        private_metadata=metadata,
    )


def heard(how: Heard) -> str:
    return _SAYS[how]


def broadcast(channel: str, how: Broadcast) -> str:
    """`channel` is Slack's id."""
    return f"<#{channel}> {_SHOWS[how]}."
