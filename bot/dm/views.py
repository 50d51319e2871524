"""Sending a direct message: the form, the choice among several people, and the private receipt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from bot import words
from bot.models import AccountLink, Candidate, Person
from bot.slack.blocks import (
    QUOTE,
    WHOLE,
    Block,
    Msg,
    View,
    actions,
    button,
    context,
    field,
    label,
    line,
    modal,
    open_button,
    option,
    quote,
    run,
    section,
)
from bot.text import clip, literal, plain, platform_name

State = Literal["sending", "sent", "unconfirmed", "failed"]

INPUT = 3_000  # Slack's limit for a text input
TWO_NAMED = "Somebody is named in To as well. Leave one of the two fields empty: a message goes to one person."
KNOWN = "known"  # the field that completes known people
_KNOWN_INPUT: Block = {
    "type": "external_select",
    "min_query_length": 2,
    "placeholder": label("Type a name or a handle"),
}
_VALUE = 150  # Slack's limit for an option's value
_TO = 2_000  # a profile's address, with all that apps add to one
_OPTIONS = 100
_RADIOS = 10
_QUOTES = 4  # blocks of a message: Slack takes some 13,000 characters in one
_RECEIPT: dict[State, str] = {
    "sending": "⏳ Sending to",
    "sent": "✅ Sent to",
    "unconfirmed": "⚠️ Not confirmed: message to",
    "failed": "✖️ Not sent to",
}


def dm_modal(
    *,
    links: Sequence[AccountLink],
    recipient: str = "",
    text: str = "",
    account_link_id: str | None = None,
    metadata: str = "",
    check: bool = False,
) -> View:
    """The form behind `/dm`, filled in as far as known. `metadata` comes back with the submission (at most 3,000).

    `check` asks to look at the recipient, who may be nobody or somebody else.
    """
    clipped = len(text) > INPUT
    note = "Only the first 3,000 characters fit here. `/dm recipient text` takes longer ones."
    message: Block = {"type": "plain_text_input", "multiline": True, "max_length": INPUT, **_initial(text, INPUT)}
    return modal(
        "New DM",
        [
            field("recipient", "To", _recipient_input(recipient), hint=label(words.TO_HINT, 150), optional=True),
            *([context(words.CHECK_TO)] if check else []),
            field(KNOWN, "Or somebody you know", _KNOWN_INPUT, optional=True),
            *_account_field(links, account_link_id),
            field("text", "Message", message),
            *([context(note)] if clipped else []),
        ],
        callback_id="dm",
        submit=label("Send"),
        private_metadata=metadata,
    )


def suggestions(people: Mapping[str, Person]) -> list[Block]:
    """Who may be meant by what was typed, by `Recipient.key`: `Sarah Chen (@sarah) on X`."""
    return [option(_candidate(Candidate(person=one), {}), key) for key, one in people.items() if len(key) <= _VALUE]


def handed_back(why: str, typed: str) -> list[Msg]:
    """What was typed, all of it, with the reason why nothing became of it: several messages where one is too short."""
    blocks = quote(typed, len(typed))
    parts = [blocks[at : at + _QUOTES] for at in range(0, len(blocks), _QUOTES)] or [[]]
    parts[0] = [section(why), *parts[0]]
    return [Msg(text=why, blocks=one) for one in parts]


def choose_modal(
    *, candidates: Sequence[Candidate], links: Mapping[str, AccountLink], text: str, metadata: str
) -> View:
    """Which of at least one `candidates` gets `text`; the choice comes back as an index into `candidates`.

    `links` are the team's accounts by id. Only the first 100 candidates can be offered.
    """
    options = [option(_candidate(each, links), str(index)) for index, each in enumerate(candidates[:_OPTIONS])]
    kind = "radio_buttons" if len(options) <= _RADIOS else "static_select"
    return modal(
        "Who is it for?",
        [
            field("choice", "Send to", {"type": kind, "options": options}),
            *([context(f"The first {_OPTIONS} of {len(candidates)}.")] if len(candidates) > _OPTIONS else []),
            *quote(text),
        ],
        callback_id="dm_choose",
        submit=label("Send"),
        private_metadata=metadata,
    )


def choose_message(*, recipient: str, intent: str) -> Msg:
    """The way to `choose_modal` when no fresh trigger is at hand; `recipient` as the person typed it."""
    text = words.ambiguous(recipient)
    choose = button("Choose…", "dm_choose_open", intent)
    return {"text": text, "blocks": [section(text), *actions("choose_actions", [choose])]}


def receipt(
    *,
    state: State,
    person: str,
    handle: str,
    account: str,
    text: str,
    url: str | None,
    reason: str = "",
    intent: str = "",
) -> Msg:
    """What became of a message, for its sender only.

    `account` is "" where none was chosen yet; `reason` is mrkdwn from `words`; `intent` returns with the button.

    Where it was not sent for certain, up to 12,000 code points of the text stand there to be copied.
    """
    again = state == "unconfirmed" and intent
    why = reason or (words.NOT_CONFIRMED if state == "unconfirmed" else "")
    name = literal(person, 80).strip() or literal(handle, 80).strip() or "someone"
    who = name if literal(handle, 80).strip() in ("", name) else f"{name} ({literal(handle, 80)})"
    sender = f" from {literal(account, 80)}" if account else ""
    headline = f"{_RECEIPT[state]} {who}{sender}"
    body = quote(text, QUOTE if state in ("sending", "sent") else WHOLE)
    buttons = [*([send_again(who, intent)] if again else []), *open_button(url)]
    return {
        "text": ". ".join([plain(headline, 400), why] if why else [f"{plain(headline, 400)}: {plain(text, 150)}"]),
        "blocks": [
            line(run(f"{_RECEIPT[state]} "), run(who, bold=True), *([run(sender)] if sender else [])),
            *([section(why)] if why else []),
            *body,
            *actions("receipt_actions", buttons),
        ],
    }


def help_message() -> Msg:
    """`/dm help`."""
    return {"text": words.DM_HELP, "blocks": [section(words.DM_HELP)]}


def _initial(text: str, limit: int) -> dict[str, str]:
    value = literal(text, limit)
    return {"initial_value": value} if value else {}


def _recipient_input(recipient: str) -> Block:
    placeholder = {"placeholder": label("@handle")}
    return {"type": "plain_text_input", "max_length": _TO, **placeholder, **_initial(recipient, _TO)}


def _account_field(links: Sequence[AccountLink], chosen: str | None) -> list[Block]:
    """The sending account, asked for only where there is a choice."""
    if len(links) < 2:
        return []
    first = sorted(links, key=lambda link: link.id != chosen)[:_OPTIONS]  # the chosen one is always among the options
    options = [option(_account(link), link.id) for link in first]
    initial = {"initial_option": options[0]} if first[0].id == chosen else {}
    return [field("account", "From", {"type": "static_select", "options": options, **initial})]


def _account(link: AccountLink) -> str:
    return f"{clip(link.label, 50)} on {platform_name(link.platform)}"


def _candidate(candidate: Candidate, links: Mapping[str, AccountLink]) -> str:
    """`Sarah Chen (@sarah) on X from @acme` in 75 code points; the name gives way first."""
    person, link = candidate.person, links.get(candidate.account_link_id or "")
    sender = f" from {clip(link.label, 25)}" if link else ""
    handle = f" ({clip(person.handle, 20)})" if person.name else ""
    rest = f"{handle} on {clip(platform_name(person.platform), 12)}{sender}"
    return clip(literal(person.label), 75 - len(rest)) + rest


def send_again(who: str, intent: str) -> Block:
    """The button, which warns first; `who` would get it twice."""
    warning = f"If the first one arrived after all, {clip(who, 150)} gets this message twice."
    confirm = {
        "title": label("Send it again?"),
        "text": label(warning, 300),
        "confirm": label("Send again", 30),
        "deny": label("Cancel", 30),
    }
    return button("Send again", "send_again", intent, confirm=confirm)
