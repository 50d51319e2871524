"""What people read of a direct message until it is sent, as Slack mrkdwn; the general part is in `bot.words`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from bot.models import Member
from bot.text import plain, platform_name, when_long
from bot.words import PLAN, account_offline

ANSWERED_YES = "You already decided to send that message."
ANSWERED_NO = "You already decided not to send that message. Start again with `/dm`."
NOT_SENT = "As you asked, nothing was sent."
TOO_LATE = "That question is more than a day old, so nothing was sent. Start again with `/dm`."
LATER_ANYWAY = "I'll send it at its time, as you asked."
SENT_ANYWAY = "I'm sending it, as you asked."
NO_ACCOUNT = "No X or LinkedIn account is connected to Inbox. Connect one in Inbox → Settings → Accounts."
TWO_NAMED = "Somebody is named in To as well. Leave one of the two fields empty: a message goes to one person."
CHECK_TO = "Nothing is sent yet: a name may be somebody else's handle, and one message goes to one person. Check *To*."
FORM_CLOSED = "You closed the form before it was ready, so nothing was sent. This is what you typed:"
TOO_LONG = "That is too long for one message on X or LinkedIn, so nothing was sent. Send it in parts."
LONGER = " `/dm recipient text` takes longer ones."
TOO_LONG_FOR_FORM = (
    "I can't tell who this is for, and the form that asks takes only 3,000 characters. Begin with `@handle`, an "
    "address or an id."
)


def room(limits: Mapping[str, int | None], most: int) -> str:
    """Below the field for a message, as plain text: `limits` are the platforms' own, None where Inbox does not say.

    `most` is what the field takes at all.
    """
    tight = [f"{platform_name(one)} takes up to {n:,} characters." for one, n in limits.items() if n and n < most]
    return " ".join(tight) or f"Up to {most:,} characters fit here; /dm recipient text takes longer ones."


def too_long(platform: str, over: int, most: int) -> str:
    """Beside a field."""
    more = "1 character" if over == 1 else f"{over:,} characters"
    return f"That is {more} too long for {platform_name(platform)}, which takes {most:,}."


def too_long_to_send(platform: str, over: int, most: int) -> str:
    return f"{too_long(platform, over, most).rstrip('.')}, so nothing was sent. Send it in parts."


def no_account_on(platform: str) -> str:
    name = platform_name(platform)
    return f"No {name} account is connected to Inbox. Connect one in Inbox → Settings → Accounts to write to {name}."


def ambiguous(recipient: str) -> str:
    return f"Several people match {plain(recipient, 150)}."


def before_first(who: str, account: str) -> str:
    return f"*Before you write to {plain(who, 200)} from {plain(account, 100)}*"


def wrote_before(who: str, account: str, at: datetime) -> str:
    """`who` is mrkdwn."""
    return f"{who} wrote to them from {plain(account or 'another account', 100)}, {when_long(at)}."


def somebody(author: str) -> str:
    """Who wrote for the team where no name is known; `author` is a message's."""
    known = {"campaign": "A campaign", "api": "Another program", "platform": "Somebody, outside Inbox,"}
    return known.get(author, "A colleague")


def colleague(member: Member | None) -> str:
    return plain(member.label, 100) if member else "A colleague"


def account_closed(account: str, status: str, platform: str) -> str:
    """Why an account cannot send; `status` is Inbox's."""
    if status == "offline":
        return account_offline(account, platform)
    if status == "active":
        return f"{plain(account, 100)} can't send messages, Inbox says."
    return f"{plain(account, 100)} is {plain(status, 40)} in Inbox."


def plan_refused(at: datetime) -> str:
    return f"{PLAN} Inbox refused one {when_long(at)}."
