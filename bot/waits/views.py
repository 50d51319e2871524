"""What people read about who hears of a wait."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bot.models import Broadcast, Heard
from bot.slack.blocks import Block, option, section

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


def my_choice(heard: Heard) -> Block:
    """A row of somebody's Home, with what is chosen now."""
    options = {one: option(words, one) for one, words in _HEARD.items()}
    menu = {
        "type": "static_select",
        "action_id": "my_mentions",
        "options": list(options.values()),
        "initial_option": options[heard],
    }
    return section("When somebody begins to wait in a conversation that I have") | {"accessory": menu}


def heard(how: Heard) -> str:
    return _SAYS[how]


def broadcast(channel: str, how: Broadcast) -> str:
    """`channel` is Slack's id."""
    return f"<#{channel}> {_SHOWS[how]}."
