"""The form *This message…*."""

from __future__ import annotations

from bot.models import Thread
from bot.slack.blocks import View, actions, button, context, modal
from bot.text import plain, platform_name

TITLE = "This message…"


def message_modal(*, thread: Thread, account: str, metadata: str, snoozed: bool = False) -> View:
    """What can be done with one message, and with the conversation it belongs to."""
    name = plain(thread.person.label, 100) if thread.person else "someone"
    facts = f"Conversation with *{name}* from {plain(account, 100)} on {plain(platform_name(thread.platform), 40)}"
    whole = [
        button("Assign to…", "assign_to", thread.id),
        button("Snooze…", "snooze", thread.id),
        *([button("Wake now", "wake", thread.id)] if snoozed else []),
        button("Why is this here?", "why_here", thread.id),
    ]
    blocks = [context(facts), *actions("conversation_actions", whole)]
    return modal(TITLE, blocks, close="Close", private_metadata=metadata)
