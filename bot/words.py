"""Every sentence a person reads, as Slack mrkdwn, and the one place that turns an error into words.

Each says what happened and what to do. A stranger's words inside them are inert.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from math import ceil
from typing import Literal

from bot import errors
from bot.text import clean, clip, plain, platform_name, when_long

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
TOO_SLOW = "Slack lets me open a form only within three seconds, and that time is over. Try once more."
UNLINKED = "You are unlinked from Inbox. `/inbox link` matches you by your e-mail address again."
UNLINKED_YOU = "You are unlinked from Inbox now. `/inbox link` matches you by your e-mail address again."
OWN_ADDRESS_ONLY = (
    "You can link yourself only to the Inbox member with your own e-mail address: `/inbox link`. "
    "For any other, ask an admin to run `/inbox link @you name@company.com`."
)
RESUMED = " I'll do now what you tried before."
TOO_LATE = "The platform allows that only for a while after sending, and that time is over."
NO_PICTURE = "There is no picture: Slack has not granted me files:write."
PICTURE = "Inbox, day by day"
SOMEONE = "a former colleague"
UNKNOWN_WRITER = "nobody in particular"
GUEST_USAGE = "Use `/inbox allow @guest` or `/inbox disallow @guest`; pick the person from Slack's list."
CONSENT_USAGE = "Use `/inbox consent` or `/inbox consent off` in the channel that it is for."
NO_LINKS = "Nobody is linked to an Inbox member yet."
NO_ACTS = "Nobody has done anything yet."
ADMINS_ONLY = "Only workspace admins and the people in BOT_ADMINS can do that."
LINK_USAGE = "Use `/inbox link @user name@company.com` or `/inbox unlink @user`; pick the person from Slack's list."
NO_CARD = "I can't tell which Inbox conversation this message belongs to. Use the shortcut on a card or in its thread."
NO_WAY = "That account can't reach this person: they are on another platform. Choose another account."
NO_CHANNEL = (
    "*No channel is set for all cards.* Invite me to one and say `/inbox route add all` there, or copy its id (channel "
    "details, at the very bottom) into `NOTIFY_CHANNEL` and restart me. Until then `/dm` works, and a message that no "
    "rule has a channel for shows in Inbox alone."
)
EMPTY_TEXT_FIELD = "Write the message."
TO_HINT = "A handle, the address of an X or LinkedIn profile, or a numeric id"
BAD_RECIPIENT = "I can't read that recipient."
_USE = "Use `@handle`, the address of an X or LinkedIn profile, or a numeric platform id: `/dm @sarah Hello Sarah`."
_UNREADABLE = {
    "colleague": "That is a colleague in Slack.",
    "email": "I can't write to an e-mail address.",
    "elsewhere": "That is an address on neither X nor LinkedIn.",
    "short": "A short link hides whose profile it is: open it, and copy the address that it leads to.",
    "no_profile": "That address is nobody's profile.",
    "company": "That is a company's page, and I write to people only.",
    "several": "Name one person; `/inbox find Sarah Chen` looks for names.",
    "long": "It is too long for one.",
}

DM_HELP = """\
*Send a direct message from your team's account*
• `/dm @sarah Hello Sarah` sends right away.
• The recipient is `@handle`, the address of an X or LinkedIn profile, or a numeric platform id. An address names its \
platform: the message goes there, or to nobody.
• A name or a word without @, and two recipients, send nothing: they open a form with what you typed.
• `/dm @sarah` or `/dm` alone opens the form.
• *Send as DM* in a message's ⋮ menu puts that message into the form.
What you send goes to the person outside Slack. You get a receipt that only you can see."""

ON_A_CARD = """\
*On a conversation's card*
• *Assign to me* and *Unassign* say who answers it; *Archive* and *Reopen* close and open it.
• *Reply* answers from the card, *Assign to…* gives the conversation to a colleague, *Open conversation* leads to it.
• The ⋮ menu of a card, and of any message in its Slack thread, has the same, and *Archive thread* and *Reopen thread*.
• The ⋮ menu of any message has *Send as DM* and *Find in Inbox*. `/dm` sends a direct message; `/dm help` explains."""


Doing = Literal["send", "change"]


def outsider(team: str) -> str:
    return f"Only members of *{plain(team, 100)}* can act on Inbox threads."


def account_offline(account: str, platform: str = "X") -> str:
    return f"{plain(account, 100)} is signed out of {platform}. Reconnect it in Inbox → Settings → Accounts."


def quota(seconds: float, doing: Doing = "send") -> str:
    """The wait is rounded up to whole seconds; the job goes on by itself then."""
    return f"Inbox asks us to wait {max(1, ceil(seconds))} s. I'll {'send' if doing == 'send' else 'do'} it then."


def slack_away(reference: str) -> str:
    return "Slack didn't answer me, so I couldn't do that. Try again in a minute." + _reference(reference)


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
    return f"Inbox answered that it doesn't exist, so {nothing}. Try again, or do it in Inbox." + _reference(reference)


def whoami(name: str, email: str, role: str) -> str:
    who = f"In Inbox you are *{plain(name, 100)}* ({_address(email)}, {plain(role, 40)})."
    return f"{who} If that is wrong: `/inbox unlink`."


def linked(user: str, name: str, others: Sequence[str] = ()) -> str:
    """`user` is a Slack user id, and so are `others`, who act as the same member."""
    also = f" So does {', '.join(f'<@{one}>' for one in others)}: if that is wrong, unlink them." if others else ""
    return f"<@{user}> now acts as *{plain(name, 100)}* in Inbox.{also}"


def linked_you(admin: str, name: str, *, resumed: bool) -> str:
    """`admin` is a Slack user id; `resumed` when what was refused before is done now."""
    return f"<@{admin}> linked you to *{plain(name, 100)}* in Inbox." + (RESUMED if resumed else "")


def link_line(user: str, name: str | None, email: str, twice: bool) -> str:
    """One line of `/inbox links`; `name` is None when the member is gone."""
    if name is None:
        return f"⚠️ <@{user}> – a member who is no longer in Inbox"  # noqa: RUF001 - a dash
    several = " ⚠️ several people act as this member" if twice else ""
    return f"<@{user}> – *{plain(name, 100)}* ({plain(email, 200)}){several}"  # noqa: RUF001 - a dash


def guest(user: str, *, allowed: bool) -> str:
    """`user` is a Slack user id."""
    if allowed:
        return f"The guest <@{user}> may act on Inbox threads now; they need a seat in Inbox as everybody does."
    return f"The guest <@{user}> may no longer act on Inbox threads."


def consent(channel: str, *, given: bool) -> str:
    """`channel` is Slack's id."""
    if given:
        return (
            f"I show names and texts in <#{channel}> from now on, also to other organisations that it is shared with."
        )
    return f"I show neither names nor texts in <#{channel}> any more while it is shared with another organisation."


def announced(admin: str, said: str) -> str:
    """What the other admins read about what one of them did."""
    return f"<@{admin}> in Inbox's settings: {said}"


def act(at: datetime, user: str, what: str, about: str, channel: str, outcome: str, reference: str) -> str:
    """One line of `/inbox log`; `user` and `channel` are Slack's ids."""
    where = f" in <#{channel}>" if channel.startswith(("C", "G")) else ""
    target = f"<@{about}>" if about.startswith(("U", "W")) and about.isalnum() and about.isupper() else plain(about, 80)
    done = " ".join(part for part in (plain(what, 40), target) if part)
    return f"{when_long(at)} <@{user}> {done}{where}: {plain(outcome, 80)} ({plain(reference, 20)})"


def listed(lines: Sequence[str], none: str) -> str:
    """The lines below each other, or `none`; what does not fit in a message is counted."""
    shown = lines[:100]
    more = [f"… and {len(lines) - len(shown)} more"] if len(lines) > len(shown) else []
    return "\n".join([*shown, *more]) or none


def unlinked(user: str) -> str:
    return f"<@{user}> is no longer linked, and no address matches them until `/inbox link`."


def no_member(email: str) -> str:
    return f"No Inbox member has the address {_address(email)}. Check it in Inbox → Settings → Members."


def unreadable(why: str) -> str:
    """`why` is `bot.recipient.Why`."""
    return " ".join(filter(None, (BAD_RECIPIENT, _UNREADABLE.get(why), _USE)))


def unreadable_field(why: str) -> str:
    """The same beside a field, where nothing is formatted."""
    return " ".join(filter(None, (_UNREADABLE.get(why, "").replace("`", ""), f"{TO_HINT}, please.")))


def platform_unknown(platform: str) -> str:
    """API v1 was asked about another platform than X."""
    name = platform_name(platform)
    return f"I can't write to anybody on {name}: the version of Inbox's API that I use (v1) knows X alone."


def nobody(recipient: str, platform: str | None = None) -> str:
    """`recipient` is a handle or an id, `platform` where they were to be."""
    where = f" on {platform_name(platform)}" if platform else ""
    return (
        f"I can't find {plain(recipient, 150)} in Inbox{where}. Check the spelling, or give the profile URL or numeric "
        "platform id. Someone your team has never talked to may have to be added as a contact in Inbox first."
    )


def inbox_help(people: Sequence[tuple[str, str]], admins: Sequence[tuple[str, str]]) -> str:
    """All words of `/inbox`, each with its line."""
    parts = [f"*{title}*\n{_word_lines(some)}" for title, some in (("Say", people), ("For admins", admins)) if some]
    return "\n\n".join([ON_A_CARD, *parts])


def _word_lines(some: Sequence[tuple[str, str]]) -> str:
    return "\n".join(f"• `/inbox {name}`: {says}" for name, says in some)


def unknown_word(word: str, near: str) -> str:
    """`near` is the word that was perhaps meant, or ""."""
    meant = f" Did you mean `{near}`?" if near else ""
    return f"I don't know `{clip(clean(word), 40).replace('`', '')}`.{meant} `/inbox help` lists all words."


def finding(what: str, level: Literal["ok", "warning", "failed"], seen: str, remedy: str) -> str:
    """One line of `/inbox doctor`, and below it what to do."""
    mark = {"ok": "✅", "warning": "⚠️", "failed": "❌"}[level]
    return f"{mark} *{what}* {plain(seen)}" + (f"\n      → {remedy}" if remedy else "")


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


def _address(email: str) -> str:
    """An e-mail address as code, so that it can be copied as it is."""
    return "`" + clip(clean(email).replace("`", "'"), 200).replace("&", "&amp;").replace("<", "&lt;") + "`"


def _reference(reference: str) -> str:
    return f" Reference {plain(reference, 40)}." if reference else ""
