"""The hint that what was written in a card's Slack thread stayed in Slack."""

from __future__ import annotations

from bot.slack.blocks import Msg, actions, button, section
from bot.thread_replies import words

_VALUE = 2_000  # characters that Slack takes as a button's value


def hint(*, thread_id: str, thread_ts: str, ts: str, text: str, person: str, prefix: str) -> Msg:
    """For its writer alone. `text` is the message in Slack's markup; the button has it, so that nothing is kept.

    What is too long for a button gets none. `prefix` is the channel's, "" where it has none.
    """
    value = f"{thread_id}|{thread_ts}|{ts}|{text}"
    fits = len(value) <= _VALUE
    said = words.stays_here(person, prefix, fits)
    buttons = [button("Send this", "send_this", value)] if fits else []
    return {"text": said, "blocks": [section(said), *actions("send_this_actions", buttons)]}
