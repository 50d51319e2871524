"""The form *This message…*, and those in which a message is edited or reacted to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from bot.card import Card
from bot.cards.message_views import history
from bot.messages import words
from bot.models import Message, Person
from bot.slack.blocks import Block, View, actions, button, confirm, context, label, modal, option, section
from bot.slack.inputs import capacity, field, text_input
from bot.text import plain, platform_name

TITLE: Final = "This message…"
USUAL: Final = ("👍", "❤️", "😂", "🎉", "🙏", "👀", "🔥", "✅")
_MOST = 100  # options of a menu


def message_modal(
    *,
    card: Card,
    account: str,
    messages: Sequence[Message],
    chosen: Message | None,
    reasons: Mapping[str, str],
    note: str,
    talk: str,
    metadata: str,
) -> View:
    """What can be done with one message, and with the conversation it belongs to.

    `messages` are those that the Slack message shows, `chosen` the one that the buttons are about. `reasons` say why
    something is missing among them, by action id. `note` stands in place of all that where no message is known; `talk`
    is what a colleague said, as *Save as note* names it.
    """
    thread = card.thread
    name = plain(thread.person.label, 100) if thread.person else "someone"
    facts = f"Conversation with *{name}* from {plain(account, 100)} on {plain(platform_name(thread.platform), 40)}"
    whole = [
        button("Assign to…", "assign_to", thread.id),
        button("Snooze…", "snooze", thread.id),
        *([button("Wake now", "wake", thread.id)] if card.snoozed else []),
        button("Contact…", "contact", thread.id),
        button("Earlier…", "earlier", thread.id),
        button("Why is this here?", "why_here", thread.id),
    ]
    if chosen is None:
        save = [button("Save as note", "save_note", talk)] if talk else []
        about = [section(note), *actions("message_actions", save)]
    else:
        about = _about(chosen, thread.person, reasons)
    blocks = [context(facts), *_which(messages, chosen), *about, *actions("conversation_actions", whole)]
    return modal(TITLE, blocks, close="Close", private_metadata=metadata)


def _which(messages: Sequence[Message], chosen: Message | None) -> list[Block]:
    if len(messages) < 2 or chosen is None:
        return []
    options = [option(" ".join(one.text.split()) or "A message without text.", one.id) for one in messages[-_MOST:]]
    now = [one for one in options if one["value"] == chosen.id]
    menu = {"type": "static_select", "action_id": "which_message", "placeholder": label("Which message?")}
    return actions("which_message", [{**menu, "options": options, **({"initial_option": now[0]} if now else {})}])


def _about(message: Message, person: Person | None, reasons: Mapping[str, str]) -> list[Block]:
    pairs = [("Reply to this", "reply_to"), ("React…", "react")]
    pairs += [] if message.inbound else [("Edit…", "edit_message"), ("Unsend…", "unsend")]
    warning = words.warning(person.label if person else "The person")
    once: dict[str, Block] = {"unsend": {"confirm": confirm("Take it back?", warning, "Unsend", style="danger")}}
    buttons = [button(*pair, message.id, **once.get(pair[1], {})) for pair in pairs if not reasons.get(pair[1])]
    buttons += [button("Save as note", "save_note", f"message {message.id}")] if message.text.strip() else []
    missing = [f"~{name}~ {reasons[action]}" for name, action in pairs if reasons.get(action)]
    return [
        *history([message], person),
        *actions("message_actions", buttons),
        *([context(*missing)] if missing else []),
    ]


def edit_modal(message: Message, person: Person | None, characters: int | None, metadata: str) -> View:
    """What the message is to say; `characters` is the platform's limit, None where unknown."""
    most = capacity(characters)
    there = {"initial_value": message.text[:most]} if message.text else {}
    entry = text_input(most, lines=True, focus=True) | there
    name = person.label if person else "the person"
    note = context(f"{plain(name, 100)} then reads this instead of what you sent.")
    return modal(
        "Edit message",
        [field("text", "The message", entry), note],
        callback_id="edit_message",
        submit=label("Save"),
        private_metadata=metadata,
    )


def react_modal(message: Message, person: Person | None, metadata: str) -> View:
    """The usual emoji to choose from, and a field for any other."""
    usual = {"type": "radio_buttons", "options": [option(one, one) for one in USUAL]}
    other = text_input(60, placeholder=":tada:")
    return modal(
        "React",
        [
            *history([message], person),
            field("emoji", "React with", usual, optional=True),
            field("other", "Or with another emoji", other, optional=True),
        ],
        callback_id="react",
        submit=label("React"),
        private_metadata=metadata,
    )
