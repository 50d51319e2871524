"""When a message is to be sent, and what people read of one that waits for its time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from bot.later.words import ANSWERS, CANCELLED, OVER, SINCE_COPY, asks, doing, nothing_sent, since_copy, too_long
from bot.models import Person
from bot.send.views import whom
from bot.slack.blocks import (
    QUOTE,
    WHOLE,
    Block,
    Msg,
    View,
    actions,
    button,
    context,
    label,
    modal,
    open_button,
    option,
    quote,
    section,
)
from bot.slack.inputs import capacity, choices, clock, field, text_input
from bot.snooze.views import choice
from bot.text import plain, when_long

HOLD: Final = "Hold what I send, so that I may undo it"
HOLDS: Final = (0, 5, 10, 30)  # seconds
_LISTED: Final = 20


class Waiting(NamedTuple):
    """A message that waits or asks, to be listed; `text` is None where whoever reads the list is not to read it.

    `copied` as in `jobs.Scheduled`, here and below.
    """

    id: str
    writer: str
    person: Person
    account: str
    at: datetime
    held: bool
    text: str | None
    own: bool
    copied: bool = False


# --- when ------------------------------------------------------------------------------------------------------------
def time_fields(times: Mapping[str, datetime], zone: str) -> list[Block]:
    """The end of a form that sends; `times` are the choices, by the clock of the person's own `zone`."""
    options = [option(choice(name, at), name) for name, at in times.items()]
    menu: Block = {"type": "static_select", "placeholder": label("Now"), "options": options}
    hint = f"A day or a time here goes before the choice above. In your time zone, {zone}."
    return [
        field("send_when", "Send at", menu, optional=True),
        field("send_date", "Or on the day", {"type": "datepicker"}, optional=True, hint=hint),
        field("send_time", "At", clock(zone), optional=True),
    ]


def change_modal(
    text: str, at: datetime, zone: str, characters: int | None, metadata: str, *, asks: bool = False
) -> View:
    """The text and the time of a message that waits; `at` is by the clock of its writer's own `zone`.

    `characters` is the platform's limit, None where unknown. A text that does not fit is shown, to stay as it is.
    `asks`: its writer is asked whether it is to be sent.
    """
    day: Block = {"type": "datepicker", "initial_date": f"{at:%Y-%m-%d}"}
    hint = f"In your time zone, {zone}. Without a time it is 9:00."
    return modal(
        "Change message",
        [
            *([context(f"{doing(own=True)} {ANSWERS}")] if asks else []),
            *_text(text, capacity(characters)),
            field("send_date", "Send on", day, hint=hint),
            field("send_time", "At", clock(zone) | {"initial_time": f"{at:%H:%M}"}, optional=True),
        ],
        callback_id="later_change",
        submit=label("Save"),
        private_metadata=metadata,
    )


def _text(text: str, most: int) -> list[Block]:
    if len(text) > most:
        return [*quote(text, WHOLE), context(too_long(most))]
    return [field("text", "Message", text_input(most, text, lines=True))]


# --- for how long what somebody sends waits --------------------------------------------------------------------------
def hold_row(seconds: int) -> Block:
    """A row of somebody's Home, with what is chosen now."""
    return section(HOLD) | {"accessory": {**_holds(seconds), "action_id": "my_hold"}}


def hold_field(seconds: int) -> Block:
    """The same in a form."""
    return field("hold", HOLD, _holds(seconds))


def _holds(seconds: int) -> Block:
    return choices({one: f"For {one} seconds" if one else "Not at all" for one in HOLDS}, seconds)


# --- what waits ------------------------------------------------------------------------------------------------------
def below_card(
    about: str,
    writer: str,
    person: Person,
    account: str,
    text: str,
    at: datetime,
    *,
    held: bool = False,
    copied: bool = False,
) -> Msg:
    """The post below the card; `held`: its writer is asked first. `text` is as much of it as the channel shows."""
    who, name = plain(writer, 80), plain(person.label, 80)
    said = f"✋ *{who}* is asked before this is sent" if held else f"🕓 *{who}* sends this {when_long(at)}"
    return {
        "text": said.replace("*", ""),
        "blocks": [
            section(said),
            *quote(text, QUOTE),
            context(f"To {name} from {plain(account, 80)}. {SINCE_COPY if copied else 'Nothing is sent yet.'}"),
            *actions("later_actions", _buttons(about, held=held)),
        ],
    }


def closed_below(about: str, account: str, at: datetime, *, held: bool = False) -> Msg:
    """The same where another organisation reads along."""
    when = "waits for a colleague's answer" if held else f"is sent {when_long(at)}"
    said = f"🕓 A reply from {plain(account, 80)} {when}"
    return {"text": said, "blocks": [section(said), *actions("later_actions", _buttons(about, held=held))]}


def alone(about: str, person: Person, account: str, text: str, at: datetime) -> Msg:
    """The same for its writer alone."""
    said = f"🕓 I send this to *{_whom(person)}* from {plain(account, 80)} {when_long(at)}."
    return {
        "text": said,
        "blocks": [
            section(said),
            *quote(text, QUOTE),
            *actions("later_private", _buttons(about, held=False)),
        ],
    }


def question(
    about: str,
    person: Person,
    account: str,
    text: str,
    at: datetime,
    url: str | None,
    why: str,
    colleague: str = "",
    *,
    copied: bool = False,
) -> Msg:
    """What its writer is asked in a direct message; `why` is one of `jobs.Why`, `colleague` a Slack user id."""
    said = f"✋ {asks(why, plain(person.label, 80), at, colleague, copied=copied)}"
    to = f"To {_whom(person)} from {plain(account, 80)}"
    return {
        "text": said,
        "blocks": [
            section(said),
            *quote(text, QUOTE),
            context(to),
            *actions("later_private", [*_buttons(about, held=True), *open_button(url)]),
        ],
    }


def held(person: Person, account: str, text: str, about: str, seconds: int) -> Msg:
    """The private receipt of a message that its writer may undo for some seconds."""
    said = f"⏳ I send this to *{_whom(person)}* from {plain(account, 80)} in {seconds} s."
    blocks = [section(said), *quote(text, QUOTE), *actions("later_private", [undo_button(about)])]
    return {"text": said, "blocks": blocks}


def undo_button(about: str) -> Block:
    """On a receipt, as long as nothing is sent."""
    return button("Undo", "later_cancel", about)


def cancelled(person: Person, text: str, by: str = "", *, copied: bool = False) -> Msg:
    """The text is back; `by` is the Slack user who cancelled it, unless they wrote it themselves."""
    who = f"<@{by}> cancelled" if by else "Cancelled:"
    said = CANCELLED.format(who=who, whom=_whom(person), sent=nothing_sent(copied=copied))
    return {"text": said, "blocks": [section(said), *quote(text, WHOLE)]}


def too_late(text: str) -> Msg:
    """What somebody changed that has gone already, or was cancelled; `text` is as they wanted it."""
    return {"text": OVER, "blocks": [section(OVER), *quote(text, WHOLE)]}


def lost_seat(writer: str, person: Person, text: str, *, copied: bool = False) -> Msg:
    """For a whole channel: somebody else should send what somebody wrote who may not send it any more."""
    who, name = plain(writer, 80), plain(person.label, 80)
    said = f"🕓 {who} may not send messages any more, so this to *{name}* was not sent. Somebody else should answer."
    said = since_copy(said, copied=copied)
    return {"text": said.replace("*", ""), "blocks": [section(said), *quote(text, QUOTE)]}


def closed_lost_seat(account: str, *, copied: bool = False) -> Msg:
    """The same where another organisation reads along."""
    said = f"🕓 A reply from {plain(account, 80)} was not sent: its writer may not send messages any more."
    said = since_copy(said, copied=copied)
    return {"text": said, "blocks": [section(said)]}


def listing(waiting: Sequence[Waiting]) -> Msg:
    """`/inbox scheduled`, of at least one."""
    title = f"*Messages that are sent later ({len(waiting)})*"
    more = len(waiting) - _LISTED
    rest = [context(f"… and {more} more, which are sent after these.")] if more > 0 else []
    rows = [block for number, one in enumerate(waiting[:_LISTED]) for block in _row(one, number)]
    return {"text": title, "blocks": [section(title), *rows, *rest]}


def _row(one: Waiting, number: int) -> list[Block]:
    who = "You send" if one.own else f"{plain(one.writer, 80)} sends"
    said = f"🕓 {when_long(one.at)}: {who} to *{_whom(one.person)}* from {plain(one.account, 80)}"
    waits = [*([doing(own=one.own)] if one.held else []), *([SINCE_COPY] if one.copied else [])]
    text = [f"“{plain(one.text, 200)}”"] if one.text is not None else []
    shown = _buttons(one.id, held=one.held) if one.own else [_cancel(one.id)]
    return [section("\n".join([said, *text, *waits])), *actions(f"later_listed|{number}", shown)]


def _buttons(about: str, *, held: bool) -> list[Block]:
    send = button("Send anyway", "later_anyway", about) if held else button("Send now", "later_now", about)
    return [button("Change…", "later_change", about), send, _cancel(about)]


def _cancel(about: str) -> Block:
    return button("Cancel", "later_cancel", about)


def _whom(person: Person) -> str:
    return plain(whom(person.label, person.handle), 200)
