"""What a person can press on a conversation: three buttons and a menu, on its card and in lists alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.models import Thread
from bot.slack.blocks import Block, actions, button, is_web, menu, more

_ROW = "thread_actions"


def buttons_of_card(buttons: Sequence[Block]) -> list[Block]:
    """The row of `thread_buttons` on a card; nothing where there are none."""
    return actions(_ROW, buttons)


def conversation_of(posted: Mapping[str, Any]) -> str:
    """The id of the conversation whose card a message of the bot is, as its buttons name it; "" where it is none."""
    rows = [one.get("elements") or [] for one in posted.get("blocks") or [] if one.get("block_id") == _ROW]
    return next((str(one["value"]) for row in rows for one in row if one.get("value")), "")


def thread_buttons(
    thread: Thread, *, can_reply: bool = True, linked: bool = True, snoozed: bool = False
) -> list[Block]:
    """Reply, assign, archive, and the menu; without a link, which tells who it is, where it is not to be `linked`."""
    own = thread.assignee_id is not None and not thread.inherited
    claim = ("Unassign", "unassign") if own else ("Assign to me", "assign_to_me")
    close = ("Reopen", "reopen") if thread.archived else ("Archive", "archive")
    reply = [button("Reply", "reply", thread.id, style="primary")] if can_reply else []
    options = _options(thread, linked=linked, snoozed=snoozed)
    return [*reply, *(button(*pair, thread.id) for pair in (claim, close)), menu(options)]


def _options(thread: Thread, *, linked: bool, snoozed: bool) -> list[Block]:
    """The menu, of five options at the most: it is full. `@feature.more(name)` listens to each, in the module named."""
    url = thread.url if linked and is_web(thread.url) else None
    return [
        more("Assign to…", "assign_to", thread.id),  # assign/form.py
        more("Wake now", "wake", thread.id) if snoozed else more("Snooze…", "snooze", thread.id),  # snooze/form.py
        more("Contact…", "contact", thread.id),  # contact/form.py
        more("Earlier…", "earlier", thread.id),  # earlier/form.py
        *([more("Open conversation", "open", thread.id, url)] if url else []),  # cards/links.py
    ]
