"""The form in which somebody works through conversations."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.card import Snoozed
from bot.cards.message_views import history, snoozed_until, who_text
from bot.models import Message, Thread
from bot.reply.views import NO_HISTORY, archive_box, replying_too, room
from bot.slack.blocks import Block, View, actions, button, context, label, modal, option, section
from bot.slack.inputs import capacity, field, text_input
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
    seen: datetime,
    characters: int | None,
    archives: bool,
    colleague: bool,
    why_not: str,
    others: Sequence[tuple[str, datetime]],
    note: str,
    typed: str,
    turn: str,
    metadata: str,
) -> View:
    """One conversation with its last messages, oldest first, and what can be done; `left` counts it too.

    `colleague`: `assignee` is one, whom nobody agreed with, so no reply is written yet; `why_not` is why nobody can
    reply (mrkdwn). `others` reply just now, since when. `note` is what happened (mrkdwn), `typed` what is to
    stand in the field. `seen` is when the last message was written that it shows; `turn` names what was pressed last:
    Slack keeps a choice in a block of one id.
    """
    last = thread.last_message
    waits = f"Waiting since {when_long(last.created_at)}" if last and last.inbound else "Answered"
    has = f"Assigned to {plain(assignee, 80)}" if assignee else "Unassigned"
    facts = f"*{who_text(thread.person)}* via {plain(account, 80)} on {plain(platform_name(thread.platform), 40)}"
    small = [words.left(left), waits, has, "message request" if thread.is_request else ""]
    can_reply = not (why_not or colleague)
    return modal(
        TITLE,
        [
            *([section(note)] if note else []),
            section(facts),
            context(*small, snoozed_until(snoozed) if snoozed else ""),
            *(section(replying_too(name, since)) for name, since in others[:3]),
            *(history(messages, thread.person) if messages is not None else [context(NO_HISTORY)]),
            *([section(why_not)] if why_not else []),
            *([section(words.colleague(assignee or "A colleague"))] if colleague and not why_not else []),
            *actions(f"triage {thread.id} {turn}", _buttons(thread, anyway=colleague and not why_not)),
            *(_reply(thread, characters, seen, typed, archives=archives) if can_reply else []),
        ],
        close="Done",
        callback_id="triage",
        private_metadata=metadata,
        notify_on_close=True,
        **({"submit": label("Reply")} if can_reply else {}),
    )


def _reply(thread: Thread, characters: int | None, seen: datetime, typed: str, *, archives: bool) -> list[Block]:
    """The field and the box; Slack keeps what was typed into a block of one id, which is for this person alone.

    The block of a saved reply has another id, so that what was `typed` is said too.
    """
    entry, limit = text_input(capacity(characters), typed, lines=True), room(platform_name(thread.platform), characters)
    text, box = field("text", "Your reply", entry, hint=limit), archive_box(seen, ticked=archives)
    return [{**one, "block_id": f"{one['block_id']} {thread.id}"} for one in (text, box)]


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
