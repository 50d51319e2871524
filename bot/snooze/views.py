"""The form in which somebody snoozes a conversation, and the post that wakes it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from bot.card import Snoozed
from bot.cards.message_views import snoozed_until, who_text
from bot.models import Person
from bot.slack.blocks import Block, Msg, View, actions, button, context, label, modal, open_button, option, section
from bot.slack.inputs import checkboxes, clock, field
from bot.text import plain, when_long

WRONG: Final = {
    "nothing": "Choose until when.",
    "over": "That time has passed. Choose one in the future.",
    "far": "That is more than a year ahead. Choose an earlier date.",
}
WAKE: Final = "Wake now"
WAKING: Final = "I'm waking it: the card shows when it is open again."


def snooze_modal(
    *, person: Person | None, snoozed: Snoozed | None, times: Mapping[str, datetime], zone: str, metadata: str
) -> View:
    """Until when; `times` are the choices, by the clock of the person's own `zone`. `snoozed` is how it is now."""
    earlier = [section(f"{snoozed_until(snoozed)}. What you choose replaces that.")] if snoozed else []
    return modal(
        "Snooze…",
        [
            context(_told(who_text(person))),
            *earlier,
            *until_fields(times, zone, even=snoozed is not None and snoozed.even),
        ],
        callback_id="snooze",
        submit=label("Snooze"),
        private_metadata=metadata,
    )


def _told(who: str) -> str:
    return f"I'll reopen the conversation with {who} then, and mention whoever has it, or else you, in its thread."


def until_fields(times: Mapping[str, datetime], zone: str, *, even: bool = False) -> list[Block]:
    """Until when something is snoozed, and what else wakes it; `even`: the box is ticked."""
    choices = [option(choice(name, at), name) for name, at in times.items()]
    when: Block = {"type": "radio_buttons", "options": choices, "initial_option": choices[1]}
    box = option("Even if they answer", "even")
    boxes = checkboxes([box], [box] if even else [])
    return [
        field("when", "Until", when),
        field("date", "Or until another day", {"type": "datepicker"}, optional=True, hint=_hint(zone)),
        field("time", "At", clock(zone), optional=True),
        field("even", "Stay snoozed", boxes, optional=True, hint=EVEN),
    ]


EVEN: Final = "Otherwise, a message from them brings it back at once."


def _hint(zone: str) -> str:
    return f"A day or a time here overrides the choice above. It is in your time zone, {zone}."


def choice(name: str, at: datetime) -> str:
    day, clock = f"{at:%a} {at.day} {at:%b}", f"{at.hour}:{at:%M}"
    return {
        "hours": f"In 3 hours ({clock})",
        "tomorrow": f"Tomorrow, {clock} ({day})",
        "monday": f"Monday, {clock} ({at.day} {at:%b})",
        "week": f"In a week ({day}, {clock})",
    }[name]


def instead(before: Snoozed) -> str:
    """What somebody reads who snoozed what a colleague had snoozed already."""
    return f"It was s{snoozed_until(before)[1:]}. Your time replaces that."


def put_aside(snoozed: Snoozed, person: Person | None) -> str:
    """What somebody reads who snoozed a conversation from a list."""
    who = who_text(person)
    return f"The conversation with {who} is snoozed until {when_long(snoozed.until)}. `/inbox snoozed` lists it."


def woken(
    snoozed: Snoozed,
    person: Person | None,
    thread_id: str,
    *,
    user: str = "",
    alone: bool = False,
    failed: bool = False,
) -> Msg:
    """The conversation is back, or could not be reopened (`failed`): below its card, or for one person `alone`.

    `user` is the Slack user whom it reaches; where there is none, who snoozed it has no seat any more.
    """
    whom = f"<@{user}> " if user and not alone else ""
    said = f"⏰ {whom}{_why(snoozed, who_text(person))}"
    if failed:
        said += " I couldn't reopen it in Inbox: press *Reopen* on its card, or open it in Inbox."
    if not user:
        said += f" {plain(snoozed.name, 80)} has no seat in Inbox any more, so somebody else should take it."
    buttons = [
        button("Reply", "reply", thread_id, style="primary"),
        button("Snooze again…", "snooze", thread_id),
    ]
    return {"text": said, "blocks": [section(said), *actions("woken_actions", buttons)]}


def _why(snoozed: Snoozed, who: str) -> str:
    name, day = plain(snoozed.name, 80), when_long(snoozed.at)
    if snoozed.reminds:
        return f"*{who}* hasn't answered. {name} asked on {day} to be reminded now."
    return f"The conversation with *{who}* was snoozed until now, by {name} on {day}."


def woken_for_admins(snoozed: Snoozed, url: str | None, *, failed: bool = False) -> Msg:
    """The same where neither somebody nor a channel is told; an admin may be nobody who reads of the conversation."""
    said = (
        f"⏰ A conversation that <@{snoozed.by}> had snoozed is back, but they may not act in Inbox any more. Somebody "
        "else should take it."
    )
    if failed:
        said += " I couldn't reopen it: open it in Inbox."
    return {"text": said, "blocks": [section(said), *actions("woken_actions", open_button(url))]}


def closed_woken(account: str) -> Msg:
    """The same where another organisation reads along."""
    said = f"⏰ A conversation of {plain(account, 80)} that was snoozed is back."
    return {"text": said, "blocks": [section(said)]}


NONE_SNOOZED: Final = "No conversation is snoozed. *Snooze…* in a card's ⋯ menu puts one aside."


def title(count: int) -> str:
    """Above the list."""
    return f"*Snoozed conversations ({count})*"


def remind_field(choices: Iterable[str], seen: datetime) -> Block:
    """The end of the form to reply with. What is chosen comes back with when the last message was `seen` there."""
    options = [option(one, f"{one}|{seen.isoformat()}") for one in choices]
    menu: Block = {"type": "static_select", "placeholder": label("Don't remind me"), "options": options}
    hint = "I archive the conversation until then, and mention whoever has it, or else you."
    return field("remind", "Remind me if they don't answer in", menu, optional=True, hint=hint)
