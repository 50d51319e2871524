"""The form in which a colleague is chosen, and what that colleague reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from bot.models import Card, Member, Thread
from bot.slack.blocks import (
    Block,
    Msg,
    View,
    actions,
    button,
    context,
    field,
    label,
    modal,
    open_button,
    option,
    quote,
    section,
)
from bot.text import literal, plain

WHO_IS_LISTED = (
    "Everybody with a seat in Inbox. Who gets it is told in a direct message, unless they switched that off."
)
NOTE_HINT: Final = "They read it with the conversation, in a direct message, even if they switched these off."
NOTE: Final = 1_000  # code points
NOBODY: Final = "nobody"  # a choice like a member's id
_OPTIONS = 100  # in a menu, and in each of its groups

ASSIGNMENTS_USAGE: Final = "Use `/inbox assignments on` or `/inbox assignments off`."
REPLY_ASSIGNS_USAGE: Final = (
    "Use `/inbox reply-assigns on` or `/inbox reply-assigns off` in the channel that it is for."
)


def assign_modal(*, members: Sequence[Member], me: str, thread: Thread, metadata: str) -> View:
    """Whom to give the thread to; `me` is the asker's own member id."""
    twice = Counter(member.label for member in members)
    options = [option(_colleague(one, me, several=twice[one.label] > 1), one.id) for one in members]
    own = thread.assignee_id is not None and not thread.inherited
    options += [option("Nobody", NOBODY)] if own else []
    chosen = next((one for one in options if one["value"] == thread.assignee_id), None)
    menu: Block = {"type": "static_select", "placeholder": label("Choose a colleague")}
    if len(options) <= _OPTIONS:
        menu["options"] = options
    else:  # a menu takes a hundred, and a hundred groups of them
        groups = [options[start : start + _OPTIONS] for start in range(0, len(options), _OPTIONS)][:_OPTIONS]
        menu["option_groups"] = [{"label": _range(group), "options": group} for group in groups]
    initial = {"initial_option": chosen} if chosen else {}
    note: Block = {"type": "plain_text_input", "multiline": True, "max_length": NOTE}
    return modal(
        "Assign to…",
        [
            field("assignee", "Who takes it", {**menu, **initial}),
            context(WHO_IS_LISTED),
            field("note", "A word to them", note, optional=True, hint=label(NOTE_HINT, 300)),
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


def _colleague(member: Member, me: str, *, several: bool) -> str:
    """Names that two have go with their addresses."""
    you = " (you)" if member.id == me else ""
    address = f", {literal(member.email, 40)}" if several else ""
    return literal(member.label, 75 - len(you + address)) + address + you


def _range(group: Sequence[Block]) -> Block:
    """`Ana to Eve`."""
    first, last = group[0]["text"]["text"], group[-1]["text"]["text"]
    return label(f"{literal(first, 33)} to {literal(last, 33)}")


def assigned_you(by: str, name: str, handle: str) -> str:
    """What the new assignee reads."""
    whom = f"*{plain(name, 100)}*" + (f" ({plain(handle, 100)})" if handle and handle != name else "")
    return f"{plain(by, 100)} assigned you the conversation with {whom}."


def reply_assigns(channel: str, *, on: bool) -> str:
    """`channel` is Slack's id."""
    if on:
        return f"In <#{channel}>, who replies to a conversation that nobody has takes it from now on."
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
