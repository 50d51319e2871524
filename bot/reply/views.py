"""The form to reply with, and the receipt below the card."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from bot import words
from bot.cards.message_views import body, edited, history, reacted
from bot.later.views import undo_button
from bot.models import Message, Person, SendState, Thread
from bot.send.views import send_again
from bot.slack.blocks import (
    QUOTE,
    Block,
    Msg,
    View,
    actions,
    button,
    context,
    label,
    line,
    modal,
    open_button,
    option,
    quote,
    run,
    section,
)
from bot.slack.inputs import INPUT, capacity, checkboxes, field, text_input
from bot.snooze.views import remind_field
from bot.text import literal, plain, platform_name, when

NO_HISTORY = "Inbox doesn't show the last messages right now."
_STATES: dict[SendState, str] = {
    "held": "⏳ Not sent yet",
    "sending": "⏳ Sending…",
    "sent": "✅ Sent",
    "unconfirmed": "⚠️ Not confirmed",
    "failed": "✖️ Not sent",
}


def replying_too(name: str, since: datetime) -> str:
    return f"⚠️ *{plain(name, 100)}* is replying too, since {when(since)}. Agree on who sends."


def room(platform: str, characters: int | None) -> str:
    """How long a message may be, as plain text; `characters` is None where Inbox does not say (API v1)."""
    platform = platform_name(platform)
    if characters is None:
        return f"Up to {INPUT:,} characters fit here; Inbox does not say how many {platform} takes."
    if characters <= INPUT:
        return f"{platform} takes up to {characters:,} characters."
    return f"{platform} takes up to {characters:,} characters, of which {INPUT:,} fit here; /dm takes longer ones."


class Entry(NamedTuple):
    """The field for a reply with what is `typed` there already, and the box below it, which is ticked if `archives`.

    `characters` is the platform's limit, None where unknown; `seen` is when the last message was written that the
    form shows.
    """

    characters: int | None
    archives: bool
    seen: datetime
    typed: str = ""


def written(entry: Entry, platform: str, *, focus: bool = False) -> list[Block]:
    """The fields of an entry."""
    typed = text_input(capacity(entry.characters), entry.typed, lines=True, focus=focus)
    return [
        field("text", "Your reply", typed, hint=room(platform, entry.characters)),
        archive_box(entry.seen, ticked=entry.archives),
    ]


def reply_modal(
    *,
    thread: Thread,
    account: str,
    assignee: str | None,
    takes: bool,
    messages: Sequence[Message] | None,
    others: Sequence[tuple[str, datetime]],
    entry: Entry,
    metadata: str,
    reminders: Sequence[str] = (),
    later: Sequence[Block] = (),
    answers: bool = False,
) -> View:
    """The form to reply with.

    `takes`: replying assigns the thread. `messages` are the last ones, oldest first, None where Inbox does not show
    them; `others` who else has the form open, since when. `reminders`: after how long somebody may be reminded that
    there is no answer. `later` are the fields that say when it is sent. `answers`: it shows the one message that the
    reply answers in particular.
    """
    takes_it = _assigned(thread, assignee, takes)
    return modal(
        "Reply",
        [
            context(_to(thread, account), takes_it, "You reply to this message:" if answers else ""),
            *(section(replying_too(name, since)) for name, since in others[:5]),
            *last_messages(messages, thread.person),
            *written(entry, thread.platform, focus=True),
            *([remind_field(reminders, entry.seen)] if reminders else []),
            *later,
        ],
        callback_id="reply",
        submit=label("Send"),
        private_metadata=metadata,
        notify_on_close=True,
    )


def _to(thread: Thread, account: str) -> str:
    person = thread.person
    name = plain(person.label, 100) if person else "someone"
    handle = f" ({plain(person.handle, 100)})" if person and person.name else ""
    return f"To *{name}*{handle} from {plain(account, 100)} on {plain(platform_name(thread.platform), 40)}"


def last_messages(messages: Sequence[Message] | None, person: Person | None) -> list[Block]:
    """None where Inbox does not show them."""
    return history(messages, person) if messages is not None else [context(NO_HISTORY)]


def archive_box(seen: datetime, *, ticked: bool) -> Block:
    """The value comes back with what somebody wrote: what comes in later, they have not read."""
    box = option("Archive when sent", seen.isoformat())
    element = checkboxes([box], [box] if ticked else [])
    return field("archive", "Then", element, optional=True)


def asked_first(thread: Thread, assignee: str, metadata: str) -> View:
    """What stands instead of the form where a colleague has the conversation; the button brings the form."""
    person = literal(thread.person.label, 100) if thread.person else "the person"
    through = " through the contact" if thread.inherited else ""
    said = f"*{plain(assignee, 100)}* has this conversation{through}. Agree on who answers {plain(person, 100)}."
    anyway = button("Reply anyway", "reply_anyway", thread.assignee_id or "")
    return modal("Reply", [section(said), *actions("reply_anyway", [anyway])], private_metadata=metadata)


def reply_receipt(
    *,
    writer: str,
    person: str,
    account: str,
    text: str,
    url: str | None,
    state: SendState,
    reason: str,
    intent: str,
    at: datetime,
    message: Message | None = None,
    undo: str = "",
) -> Msg:
    """What became of a reply, for all to see below its card; `reason` is mrkdwn from `words`.

    `message` is what was sent, as it is now. `undo` is the name of a message that its writer may still undo.
    """
    who, whom = literal(writer, 80).strip() or "A colleague", literal(person, 80).strip() or "someone"
    ended = "" if state in ("held", "sending") else f", {when(at)}"
    why = reason or (words.NOT_CONFIRMED if state == "unconfirmed" else "")
    again = [send_again(whom, intent)] if state == "unconfirmed" else []
    buttons = [*again, *(open_button(url) if state in ("unconfirmed", "failed") else [])]
    buttons += [undo_button(undo)] if undo else []
    changed = message if message and (message.edited or message.deleted) else None
    said = plain(changed.text if changed else text, 150)
    told = f": {said}" if said.strip() else ""  # a channel may want none of it
    facts = f"{plain(who, 200)} replied to {plain(whom, 200)} from {plain(account, 80)}"
    return {
        "text": f"{plain(who, 200)} replied to {plain(whom, 200)}{told} · {_STATES[state]}",
        "blocks": [
            line(run(who, bold=True), run(", from Slack")),
            *(body(changed) if changed else quote(text, QUOTE)),
            context(f"{_STATES[state]}{ended}{edited(message)}", facts, reacted(message)),
            *([section(why)] if why else []),
            *actions("receipt_actions", buttons),
        ],
    }


def closed_reply(state: SendState, account: str, undo: str = "") -> Msg:
    """The same where another organisation reads along."""
    said = f"A reply from {plain(account, 80)}: {_STATES[state]}"
    return {"text": said, "blocks": [section(said), *actions("receipt_actions", [undo_button(undo)] if undo else [])]}


def _assigned(thread: Thread, assignee: str | None, takes: bool) -> str:
    if thread.assignee_id is None:
        return "Unassigned" + (": your reply assigns it to you" if takes else "")
    return f"Assigned to {plain(assignee or 'someone', 80)}" + (" through the contact" if thread.inherited else "")
