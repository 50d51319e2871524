"""What errors are in words, and every sentence that belongs to no feature, as Slack mrkdwn; others: `words.py` there.

Each says what happened and what to do. A stranger's words inside them are inert.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil
from typing import Final, Literal

from bot import errors
from bot.text import code, plain, platform_name

LINE = "⏳ I'm on it. The answer will appear here."
SENDING = "⏳ I'm sending your message. I'll tell you when Inbox has confirmed it."
NOT_LINKED = "I can't match you to an Inbox member. Ask an admin to run `/inbox link @you name@company.com`."
GONE = "That conversation was deleted in Inbox."
PLAN = "The first message to someone new needs Inbox's outbound add-on."
NOT_CONFIRMED = "Inbox couldn't confirm that this was sent. Look at the conversation before you send it again."
INBOX_DOWN = "Inbox isn't answering. I'll keep trying for 10 minutes and tell you."
GAVE_UP = (
    "Inbox didn't take it for 10 minutes, so I stopped trying and nothing was sent. Send it again when Inbox is back."
)
UNCHANGED = (
    "Inbox isn't answering, so I can't confirm that change. The card shows what is certain; try again in a minute."
)
CHANGE_NOT_CONFIRMED = (
    "Inbox couldn't confirm that change. Look at the card, and press the button again if it still shows."
)
NO_ACCESS_NOW = "Inbox doesn't accept my API token right now. I'll keep trying for 10 minutes and tell you."
NO_ACCESS = "Inbox no longer accepts my API token. Ask an admin to renew INBOX_API_TOKEN."
STORE_DOWN = "I can't note anything down right now, so nothing was done. Try again in a minute."
SENDING_ALREADY = "That message is already being sent."
UNIDENTIFIED = "Slack can't tell me who you are right now, so nothing was done. Try again in a minute."
UNIDENTIFIED_YET = "Slack can't tell me who you are right now. I'll keep trying for 10 minutes and tell you."
TOO_OLD = "That is too long ago: I no longer have the message. Start again with `/dm`."
HOME_TOO_OLD = "Your Home tab was more than an hour old, so nothing was done. It is new now: press again."
TOO_SLOW = "Slack gives me three seconds to open a form, and I was too slow. Try again."
UNLINKED = "You are unlinked from Inbox. `/inbox link` matches you by your e-mail address again."
TOO_LATE = "The platform allows that only for a while after sending, and that time is over."
ADMINS_ONLY = "Only workspace admins and the people in BOT_ADMINS can do that."
NO_CARD = "I can't tell which Inbox conversation this message belongs to. Use the shortcut on a card or in its thread."
NO_WAY = "That account can't reach this person: they are on another platform. Choose another account."
EMPTY_TEXT_FIELD = "Write a message."
TO_HINT = "A handle, the address of an X or LinkedIn profile, or a numeric id"
BAD_RECIPIENT = "I can't read that recipient."
_USE = "Use `@handle`, the address of an X or LinkedIn profile, or a numeric platform id: `/dm @sarah Hello Sarah`."
_UNREADABLE = {
    "colleague": "That is a colleague in Slack.",
    "email": "I can't write to an e-mail address.",
    "elsewhere": "That address is on neither X nor LinkedIn.",
    "short": "A short link hides whose profile it is: open it, and copy the address that it leads to.",
    "no_profile": "That address isn't a profile.",
    "company": "That is a company page, and I can only write to people.",
    "several": "Name one person; `/inbox find Sarah Chen` looks for names.",
    "long": "It is too long to be one.",
}

DM_HELP = """\
*Send a direct message from your team's account*
• `/dm @sarah Hello Sarah` sends right away.
• The recipient is `@handle`, the address of an X or LinkedIn profile, or a numeric platform id. An address names its \
platform: the message goes there, or to nobody.
• A name or a word without @, or two recipients, sends nothing: it opens a form with what you typed.
• `/dm @sarah` or `/dm` alone opens the form.
• *Send as DM* in a message's ⋮ menu puts that message into the form.
What you send leaves Slack and goes to that person. You get a receipt that only you can see."""


_CARD = "Inbox hasn't confirmed it yet; the card changes when it has."
CHANGING: Final[Mapping[str, str]] = {
    "archive": f"⏳ I'm archiving the conversation. {_CARD}",
    "reopen": f"⏳ I'm reopening the conversation. {_CARD}",
    "snooze": f"⏳ I'm snoozing the conversation. {_CARD}",
    "assign_to_me": f"⏳ I'm assigning the conversation to you. {_CARD}",
    "assign_to": f"⏳ I'm assigning the conversation. {_CARD}",
    "take_or_give_back": f"⏳ I'm changing who has the conversation. {_CARD}",
    "unassign": f"⏳ I'm unassigning the conversation. {_CARD}",
}
CHANGED: Final[Mapping[str, str]] = {
    "archive": "✅ The conversation is archived.",
    "reopen": "✅ The conversation is open again.",
    "snooze": "✅ The conversation is snoozed. `/inbox snoozed` lists it.",
    "assign_to_me": "✅ The conversation is assigned to you.",
    "assign_to": "✅ The conversation is assigned.",
    "take_or_give_back": "✅ Done: the card shows who has the conversation.",
    "unassign": "✅ The conversation is unassigned.",
}


Doing = Literal["send", "change"]


def outsider(team: str) -> str:
    return f"Only members of *{plain(team, 100)}* can act on Inbox threads."


def account_offline(account: str, platform: str = "X") -> str:
    return f"{plain(account, 100)} is signed out of {platform}. Reconnect it in Inbox → Settings → Accounts."


def sending(whom: str, text: str) -> str:
    """Said while it takes longer than a moment; `text` tells several messages apart."""
    return f"⏳ I'm sending “{plain(text[:400], 80)}” to {plain(whom, 100)}. I'll tell you when Inbox has confirmed it."


def asked(command: str) -> str:
    """The same of `/inbox` with a word."""
    return f"⏳ {code(command)} takes a moment. The answer will appear here."


def quota(seconds: float, doing: Doing = "send") -> str:
    """The wait is rounded up to whole seconds; the job goes on by itself then."""
    return f"Inbox asks us to wait {max(1, ceil(seconds))} s. I'll {'send' if doing == 'send' else 'do'} it then."


def slack_away(reference: str) -> str:
    return "Slack didn't answer me, so I couldn't do that. Try again in a minute." + _reference(reference)


def too_long(reference: str) -> str:
    """Slack or Inbox was so slow that the handler's time ran out: what it asked for last may be done."""
    return "That took too long, so I stopped. See whether it's done before you try again." + _reference(reference)


def gave_up(error: Exception) -> str:
    """Why nothing was sent, for ten minutes."""
    if isinstance(error, errors.Unauthorized):
        return NO_ACCESS
    return UNIDENTIFIED if isinstance(error, errors.Unidentified) else GAVE_UP


def patience(error: Exception, left: float) -> str:
    """Why something is not sent yet; it is tried for `left` more seconds."""
    if isinstance(error, errors.RateLimited) and error.retry_after < left:
        return quota(error.retry_after)
    if isinstance(error, errors.RateLimited):
        return (
            f"Inbox asks us to wait for {ceil(error.retry_after / 60)} minutes. I'll keep trying for 10 and tell you."
        )
    if isinstance(error, errors.Unidentified):
        return UNIDENTIFIED_YET
    return NO_ACCESS_NOW if isinstance(error, errors.Unauthorized) else INBOX_DOWN


def unexpected(reference: str) -> str:
    return "Something went wrong on my side." + _reference(reference)


def not_found(reference: str, doing: Doing = "change") -> str:
    """Inbox answered 404, but the thread is not known to be gone."""
    nothing = "nothing was sent" if doing == "send" else "nothing was changed"
    return f"Inbox says that it doesn't exist, so {nothing}. Try again, or do it in Inbox." + _reference(reference)


def whoami(name: str, email: str, role: str) -> str:
    who = f"In Inbox you are *{plain(name, 100)}* ({code(email)}, {plain(role, 40)})."
    return f"{who} If that is wrong, type `/inbox unlink`."


def announced(admin: str, said: str) -> str:
    """What the other admins read about what one of them did."""
    return f"<@{admin}> changed a setting: {said}"


def unreadable(why: str) -> str:
    """`why` is `bot.recipient.Why`."""
    return " ".join(filter(None, (BAD_RECIPIENT, _UNREADABLE.get(why), _USE)))


def unreadable_field(why: str) -> str:
    """The same beside a field, where nothing is formatted."""
    return " ".join(filter(None, (_UNREADABLE.get(why, "").replace("`", ""), f"{TO_HINT}, please.")))


def platform_unknown(platform: str) -> str:
    """API v1 was asked about another platform than X."""
    name = platform_name(platform)
    return (
        f"I can't write to anybody on {name}: the version of Inbox's API that I use (v1) knows only X. Write to them "
        "in Inbox."
    )


def nobody(recipient: str, platform: str | None = None) -> str:
    """`recipient` is a handle or an id, `platform` where they were to be."""
    where = f" on {platform_name(platform)}" if platform else ""
    return (
        f"I can't find {plain(recipient, 150)} in Inbox{where}. Check the spelling, or give the profile URL or numeric "
        "platform id. Someone your team has never talked to may have to be added as a contact in Inbox first."
    )


def explain(error: errors.BotError, *, team: str, account: str, reference: str, doing: Doing) -> str:
    """What the person who asked for `doing` reads about `error`.

    `team` is the Slack workspace's name, `account` the label of the sending account ("@acme"); `reference` also
    stands in the log and is added where an admin may need it.
    """
    match error:
        case errors.Unlinked():
            return UNLINKED
        case errors.AdminsOnly():
            return ADMINS_ONLY
        case errors.NotLinked():
            return NOT_LINKED
        case errors.Refused():
            return outsider(team)
        case errors.StoreUnavailable():
            return STORE_DOWN
        case errors.PlanRequired():
            return PLAN
        case errors.Gone(code=""):
            return not_found(reference, doing)  # no word of Inbox's: perhaps nobody answers at that address
        case errors.Gone():
            return GONE
        case errors.AccountOffline():
            return account_offline(account)
        case errors.SendInProgress():
            return SENDING_ALREADY
        case errors.WindowClosed():
            return TOO_LATE
        case errors.PlatformUnknown(platform=platform):
            return platform_unknown(platform)
        case errors.RateLimited(retry_after=seconds):
            return quota(seconds, doing)
        case errors.Unconfirmed():
            return NOT_CONFIRMED if doing == "send" else CHANGE_NOT_CONFIRMED
        case errors.Unavailable() if doing == "send":
            return INBOX_DOWN
        case errors.InboxError() if sentence := _refusal(error, doing):
            return sentence + _reference(reference)
    return unexpected(reference)


def _refusal(error: errors.InboxError, doing: Doing) -> str:
    """Inbox's no in words; "" for an error of no known class."""
    nothing = "nothing was sent" if doing == "send" else "nothing was changed"
    why = f" Inbox says: {plain(error.detail, 500).rstrip('.')}." if error.detail else ""
    match error:
        case errors.Unavailable():
            return UNCHANGED
        case errors.Unauthorized():
            return NO_ACCESS
        case errors.Forbidden():
            return f"Inbox doesn't allow this, so {nothing}.{why} Ask an admin to check the team's Inbox workspace."
        case errors.Conflict():
            return f"The conversation has changed in the meantime, so {nothing}.{why} Look at it and try again."
        case errors.Rejected():
            return f"Inbox didn't accept this, so {nothing}.{why}" + ("" if why else " Check it and try again.")
    return ""


def _reference(reference: str) -> str:
    return f" Reference {plain(reference, 40)}." if reference else ""
