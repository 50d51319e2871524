"""The form in which somebody works through conversations."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.card import Snoozed
from bot.cards.message_views import snoozed_until, who_text
from bot.models import Message, Thread
from bot.reply.views import Entry, last_messages, replying_too, written
from bot.slack.blocks import Block, View, actions, button, context, label, modal, option, section
from bot.text import plain, platform_name, when_long
from bot.triage import words
from bot.triage.words import UNTIL

TITLE = "Triage"


def form(
    thread: Thread,
    *,
    account: str,
    assignee: str,
    snoozed: Snoozed | None,
    messages: Sequence[Message] | None,
    left: int,
    colleague: bool,
    why_not: str,
    others: Sequence[tuple[str, datetime]],
    note: str,
    entry: Entry,
    turn: str,
    metadata: str,
) -> View:
    """One conversation with its last messages, oldest first, and what can be done; `left` counts it too.

    `colleague`: `assignee` is one, whom nobody agreed with, so no reply is written yet; `why_not` is why nobody can
    reply (mrkdwn). `others` reply just now, since when. `note` is what happened (mrkdwn); `turn` names what was pressed
    last: Slack keeps a choice in a block of one id.
    """
    hindered = why_not or (words.colleague(assignee or "A colleague") if colleague else "")
    return modal(
        TITLE,
        [
            *(section(one) for one in (note, _with(thread, account)) if one),
            context(words.left(left), *_state(thread, assignee), snoozed_until(snoozed) if snoozed else ""),
            *(section(replying_too(name, since)) for name, since in others[:3]),
            *last_messages(messages, thread.person),
            *([section(hindered)] if hindered else []),
            *actions(f"triage {thread.id} {turn}", _buttons(thread, anyway=colleague and not why_not)),
            *(_reply(thread, entry) if not hindered else []),
        ],
        close="Done",
        callback_id="triage",
        private_metadata=metadata,
        notify_on_close=True,
        **({"submit": label("Reply")} if not hindered else {}),
    )


def _with(thread: Thread, account: str) -> str:
    return f"*{who_text(thread.person)}* via {plain(account, 80)} on {plain(platform_name(thread.platform), 40)}"


def _state(thread: Thread, assignee: str) -> list[str]:
    last = thread.last_message
    waits = f"Waiting since {when_long(last.created_at)}" if last and last.inbound else "Answered"
    has = f"Assigned to {plain(assignee, 80)}" if assignee else "Unassigned"
    return [waits, has, "message request" if thread.is_request else ""]


def _reply(thread: Thread, entry: Entry) -> list[Block]:
    """The field and the box; Slack keeps what was typed into a block of one id, which is for this person alone.

    The block of a saved reply has another id, so that what was `typed` is said too.
    """
    return [{**one, "block_id": f"{one['block_id']} {thread.id}"} for one in written(entry, thread.platform)]


def _buttons(thread: Thread, *, anyway: bool) -> list[Block]:
    """What leads to the next one."""
    until = [option(said, f"{name}|{thread.id}") for name, said in UNTIL.items()]
    snooze: Block = {"type": "static_select", "action_id": "triage_snooze", "options": until}
    return [
        *([button("Reply anyway", "triage_anyway", thread.id)] if anyway else []),
        button("Archive", "triage_archive", thread.id),
        {**snooze, "placeholder": label("Snooze…")},
        button("Take", "triage_take", thread.id),
        button("Skip", "triage_skip", thread.id),
    ]


def over(said: str) -> View:
    """Nothing is left."""
    return modal(TITLE, [section(said)], close="Close")
