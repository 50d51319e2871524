"""The form of a channel's settings, what is said of them, and what people read of their quiet hours."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import time
from typing import Final

from bot.models import Broadcast, Privacy
from bot.slack.blocks import Block, View, context, label, modal, option, section
from bot.slack.inputs import checkboxes, choices, field, text_input
from bot.text import plain
from bot.waits.views import BROADCAST

_SHORT: Final = 60  # code points of a field for a number, a time or a zone
DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_PRIVACY: Final[dict[Privacy, str]] = {
    "full": "The whole text",
    "preview": "The beginning of the text",
    "none": 'Only "new message, open in Inbox"',
}

BAD_CLOCK: Final = "Write a time of day, such as 9:00."
BAD_SPAN: Final = "Write two times of day, such as 9:00-17:30, or leave it empty."
BAD_HOURS: Final = "Write a number of hours from 1 to 168, or leave it empty for never."
NO_DAYS: Final = "Choose at least one day, or leave the working hours and the digest empty."
QUIET_USAGE: Final = (
    "Use `/inbox quiet 19:00-8:00`, with a time zone (`Europe/Berlin`) if Slack doesn't know yours, or "
    "`/inbox quiet off`."
)


def settings_modal(
    *,
    channel: str,
    privacy: Privacy,
    broadcast: Broadcast,
    own: Sequence[Block],
    targets: Sequence[Block],
    unassigned_after: float | None,
    assigned_after: float | None,
    hours: tuple[time, time] | None,
    days: Sequence[int],
    zone: str,
    digest: time | None,
    metadata: str,
) -> View:
    """The settings of a channel, filled in; `metadata` comes back with them. `own` are fields of the admin's own."""
    return modal(
        "Channel settings",
        [
            section(f"*How <#{channel}> shows conversations, and when it is reminded of them*"),
            *_shows(privacy, broadcast),
            *_reminds(unassigned_after, assigned_after),
            *_works(hours, days, zone),
            field(
                "digest",
                "Morning digest at",
                text_input(_SHORT, f"{digest:%H:%M}" if digest else "", placeholder="no digest"),
                hint="Such as 9:00, on working days: who waits for an answer. Nothing when nobody does.",
                optional=True,
            ),
            *targets,
            context("What is already posted stays as it is."),
            section("*For you alone*"),
            *own,
        ],
        callback_id="channel_settings",
        submit=label("Save"),
        private_metadata=metadata,
    )


def _shows(privacy: Privacy, broadcast: Broadcast) -> list[Block]:
    thread = "They are in the card's thread; whoever has the conversation is mentioned there."
    return [
        field("privacy", "Messages show", choices(_PRIVACY, privacy), hint="Cards change with their next message."),
        field("broadcast", "Later messages that the channel sees", choices(BROADCAST, broadcast), hint=thread),
    ]


def _reminds(unassigned_after: float | None, assigned_after: float | None) -> list[Block]:
    return [
        field(
            "unassigned_after",
            "Remind the channel after … hours",
            text_input(_SHORT, _number(unassigned_after), placeholder="never"),
            hint="Once for a message that nobody answered, while nobody has the conversation.",
            optional=True,
        ),
        field(
            "assigned_after",
            "Remind the assignee after … hours",
            text_input(_SHORT, _number(assigned_after), placeholder="never"),
            hint="In a direct message, outside their quiet hours.",
            optional=True,
        ),
    ]


def _works(hours: tuple[time, time] | None, days: Sequence[int], zone: str) -> list[Block]:
    ticks = [option(day, str(number)) for number, day in enumerate(DAYS)]
    span = f"{hours[0]:%H:%M}-{hours[1]:%H:%M}" if hours else ""
    return [
        field(
            "hours",
            "Working hours",
            text_input(_SHORT, span, placeholder="around the clock"),
            hint="Such as 9:00-17:30. Only these hours count, also for the target.",
            optional=True,
        ),
        field("days", "Working days", checkboxes(ticks, [ticks[number] for number in days]), optional=True),
        field(
            "zone", "Time zone", text_input(_SHORT, zone, placeholder="Europe/Berlin"), hint="Such as Europe/Berlin."
        ),
    ]


def no_zone(near: str) -> str:
    """Beside the field; `near` is a zone with a similar name, or ""."""
    return f"I don't know that time zone. {f'Did you mean {near}?' if near else 'Write one such as Europe/Berlin.'}"


def saved(channel: str, *, privacy: Privacy, said: Sequence[str]) -> str:
    """What an admin reads; `said` are sentences about the rest."""
    return " ".join([f"<#{channel}> shows: {_PRIVACY[privacy][0].lower()}{_PRIVACY[privacy][1:]}.", *said])


def reminds(unassigned_after: float | None, assigned_after: float | None, *, working: bool) -> str:
    """`working`: hours of work are meant."""
    after = " of working hours" if working else ""
    who = [("the channel", unassigned_after), ("the assignee", assigned_after)]
    said = " and ".join(f"{one} after {_number(left)} h" for one, left in who if left)
    return f"Reminds {said}{after}." if said else "No reminders."


def digest_at(at: time | None, days: Sequence[int], zone: str) -> str:
    """`days` are (), where the working hours say them."""
    return f"Digest at {at:%H:%M}{' on ' + _named(days) if days else ''} ({zone})." if at else "No digest."


def works(hours: tuple[time, time], days: Sequence[int], zone: str) -> str:
    return f"Working hours: {hours[0]:%H:%M}-{hours[1]:%H:%M}, {_named(days)} ({zone})."


def _named(days: Sequence[int]) -> str:
    return ", ".join(DAYS[number] for number in days)


def _number(hours: float | None) -> str:
    return "" if hours is None else f"{hours:g}"


def quiet_set(begins: time, ends: time, zone: str) -> str:
    hours = f"from {begins:%H:%M} to {ends:%H:%M} ({plain(zone, 60)})"
    return f"I send you no reminders, no mentions and nothing about assignments {hours}; they come afterwards."


QUIET_OFF: Final = "You have no quiet hours: reminders come at any time. `/inbox quiet 19:00-8:00` sets some."
