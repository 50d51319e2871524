"""The form in which a colleague is chosen, and what that colleague reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot.card import Card
from bot.models import Member, Thread
from bot.people.views import colleagues
from bot.slack.blocks import Msg, View, actions, button, context, label, modal, open_button, option, quote, section
from bot.slack.inputs import field, select, text_input
from bot.text import plain

WHO_IS_LISTED = (
    "Everybody with a seat in Inbox. Whoever gets it is told in a direct message, unless they switched that off."
)
NOTE_HINT: Final = "They read it with the conversation, in a direct message, even if they switched these off."
NOTE: Final = 1_000  # code points
NOBODY: Final = "nobody"  # a choice like a member's id

ASSIGNMENTS_USAGE: Final = "Use `/inbox assignments on` or `/inbox assignments off`."
REPLY_ASSIGNS_USAGE: Final = (
    "Use `/inbox reply-assigns on` or `/inbox reply-assigns off` in the channel that it is for."
)


def assign_modal(*, members: Sequence[Member], me: str, thread: Thread, metadata: str) -> View:
    """Whom to give the thread to; `me` is the asker's own member id."""
    own = thread.assignee_id is not None and not thread.inherited
    options = [*colleagues(members, me), *([option("Nobody", NOBODY)] if own else [])]
    menu = select("Choose a colleague", options, thread.assignee_id)
    return modal(
        "Assign to…",
        [
            field("assignee", "Who takes it", menu),
            context(WHO_IS_LISTED),
            field("note", "A note to them", text_input(NOTE, lines=True), hint=NOTE_HINT, optional=True),
        ],
        callback_id="assign_to",
        submit=label("Assign"),
        private_metadata=metadata,
    )


def assigned_message(card: Card, *, by: str, link: str | None, note: str = "") -> Msg:
    """What the new assignee reads in a direct message; `link` leads to the card, `note` is what `by` wrote to them."""
    person, latest = card.thread.person, card.latest or card.thread.last_message
    said = assigned_you(by, person.label if person else "someone", person.handle if person else "")
    preview = latest.text if latest and not latest.deleted else ""
    mute = button("Don't tell me again", "assignments_off", "off")
    noted = [section(f"{plain(by, 100)} writes:"), *quote(note, NOTE)] if note.strip() else []
    return {
        "text": f"{said} {plain(note, 300)}".strip(),
        "blocks": [
            section(said),
            *noted,
            *([context("The last message:")] if noted and preview.strip() else []),
            *quote(preview, 500),
            *actions("assigned_actions", [*open_button(link, "Open the card"), mute]),
        ],
    }


def assigned_you(by: str, name: str, handle: str) -> str:
    """What the new assignee reads."""
    whom = f"*{plain(name, 100)}*" + (f" ({plain(handle, 100)})" if handle and handle != name else "")
    return f"{plain(by, 100)} assigned you the conversation with {whom}."


def reply_assigns(channel: str, *, on: bool) -> str:
    """`channel` is Slack's id."""
    if on:
        return f"From now on, whoever replies to a conversation that nobody has takes it, in <#{channel}>."
    return f"In <#{channel}>, a reply no longer assigns the conversation."


def told_of_assignment(*, on: bool) -> str:
    if on:
        return "I tell you in a direct message when a colleague assigns you a conversation."
    return "I no longer tell you when a colleague assigns you a conversation. `/inbox assignments on` brings it back."


def unread(why: str) -> str:
    """To who wrote a note to a new assignee, who does not get it."""
    return f"{why} so nobody has read what you wrote with the assignment:"


NOT_IN_SLACK: Final = "I can't find that colleague in Slack,"
PASSED_ON: Final = "Somebody else has that conversation by now,"
NO_MORE: Final = "I no longer know that conversation,"
