"""Every sentence a person reads, as Slack mrkdwn, and the one place that turns an error into words.

Each says what happened and what to do. A stranger's words inside them are inert.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from math import ceil
from typing import Literal

from bot import errors
from bot.text import clean, clip, code, plain, platform_name, when, when_long

NOT_LINKED = "I can't match you to an Inbox member. Ask an admin to run `/inbox link @you name@company.com`."
HIDDEN = "New message, open in Inbox."
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
REPLIES_USAGE = (
    "Use `/inbox replies on >>` or `/inbox replies off` in the channel that it is for. In place of `>>` may stand "
    "something else without a space, of 2 to 20 characters, that ends in a sign and does not begin with `/`, `@` or "
    "`#`; or an emoji."
)
REPLIES_SHARED = (
    "This channel is shared with another organisation, so nothing goes out from its threads unless an admin says "
    "`/inbox consent` here."
)
REPLIES_OFF = "Replies no longer go out from this channel."
CHANGED_BEFORE = "You changed it before I heard of it. Write it again if it is to go out."
NO_FILES = "I can't send files, only text."
NOTHING_AFTER = "Nothing stands after the prefix."
NO_PREFIX_NOW = "It no longer begins with the prefix; delete it to take the message back."
NEVER_CONFIRMED = (
    "Inbox never confirmed that message, so I could neither edit it nor take it back. Look at the conversation to see "
    "whether it is there."
)
TOO_LATE = "The platform allows that only for a while after sending, and that time is over."
ADMINS_ONLY = "Only workspace admins and the people in BOT_ADMINS can do that."
NO_CARD = "I can't tell which Inbox conversation this message belongs to. Use the shortcut on a card or in its thread."
NO_WAY = "That account can't reach this person: they are on another platform. Choose another account."
NO_ACCOUNT = "No X or LinkedIn account is connected to Inbox. Connect one in Inbox → Settings → Accounts."
INHERITED = (
    "The assignee comes from the contact. Give the conversation to somebody else here, or change the contact's "
    "assignee in Inbox."
)
NO_HISTORY = "Inbox doesn't show the last messages right now."
WHO_IS_LISTED = (
    "Everybody with a seat in Inbox. Who gets it is told in a direct message, unless they switched that off."
)
EMPTY_TEXT_FIELD = "Write the message."
TO_HINT = "A handle, the address of an X or LinkedIn profile, or a numeric id"
CHECK_TO = "Nothing is sent yet: a name may be somebody else's handle, and one message goes to one person. Check *To*."
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
TOO_LONG = "That is too long for one message on X or LinkedIn, so nothing was sent. Send it in parts."
TOO_LONG_FOR_FORM = (
    "I can't tell whom this is for, and the form that asks takes 3,000 characters only. Begin with `@handle`, an "
    "address or an id."
)

DM_HELP = """\
*Send a direct message from your team's account*
• `/dm @sarah Hello Sarah` sends right away.
• The recipient is `@handle`, the address of an X or LinkedIn profile, or a numeric platform id. An address names its \
platform: the message goes there, or to nobody.
• A name or a word without @, and two recipients, send nothing: they open a form with what you typed.
• `/dm @sarah` or `/dm` alone opens the form.
• *Send as DM* in a message's ⋮ menu puts that message into the form.
What you send goes to the person outside Slack. You get a receipt that only you can see."""


ASSIGNMENTS_USAGE = "Use `/inbox assignments on` or `/inbox assignments off`."
REPLY_ASSIGNS_USAGE = "Use `/inbox reply-assigns on` or `/inbox reply-assigns off` in the channel that it is for."

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
    who = f"In Inbox you are *{plain(name, 100)}* ({code(email)}, {plain(role, 40)})."
    return f"{who} If that is wrong: `/inbox unlink`."


def closed(account: str) -> str:
    """All that outsiders in a shared channel read; `account` is mrkdwn."""
    return f"New message for {account}, open in Inbox."


def shared_channel(channel: str) -> str:
    """What admins read about a channel that is shared with another organisation."""
    return (
        f"<#{channel}> is shared with another organisation, so I show neither names nor texts there. If they may read "
        "along, say `/inbox consent` in it."
    )


def announced(admin: str, said: str) -> str:
    """What the other admins read about what one of them did."""
    return f"<@{admin}> in Inbox's settings: {said}"


def digest(messages: int, threads: int, oldest: datetime, *, stale: bool) -> str:
    """What a channel reads after the bot was away; `stale` when that was longer than Inbox keeps its events."""
    said = f"{messages} message{'s' if messages != 1 else ''} in {threads} conversation{'s' if threads != 1 else ''}"
    gap = " That was longer than Inbox keeps its events, so I looked at the conversations themselves." if stale else ""
    return f"{said} while I was away, oldest {when_long(oldest)}.{gap}"


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


def no_account_on(platform: str) -> str:
    name = platform_name(platform)
    return f"No {name} account is connected to Inbox. Connect one in Inbox → Settings → Accounts to write to {name}."


def nobody(recipient: str, platform: str | None = None) -> str:
    """`recipient` is a handle or an id, `platform` where they were to be."""
    where = f" on {platform_name(platform)}" if platform else ""
    return (
        f"I can't find {plain(recipient, 150)} in Inbox{where}. Check the spelling, or give the profile URL or numeric "
        "platform id. Someone your team has never talked to may have to be added as a contact in Inbox first."
    )


def ambiguous(recipient: str) -> str:
    return f"Several people match {plain(recipient, 150)}."


def archived_already(by: str | None = None) -> str:
    return f"That conversation is already archived{_by(by)}."


def open_already(by: str | None = None) -> str:
    return f"That conversation is already open{_by(by)}."


def assigned_already(assignee: str | None = None) -> str:
    return f"That conversation is already assigned to {plain(assignee, 100) if assignee else 'you'}."


def unassigned_already() -> str:
    return "That conversation is already unassigned."


def still_assigned(assignee: str) -> str:
    """Unassign did not take the assignee away, as the contact has one."""
    return (
        f"The conversation is assigned to {plain(assignee, 100)} through the contact, so Unassign can't take it away. "
        "Give it to somebody else with *Assign to…*, or change the contact's assignee in Inbox."
    )


def only_the_writer(user: str) -> str:
    """`user` is a Slack user id."""
    return f"Only <@{user}> can send that again. You can write with *Reply* on the card."


def restricted(platform: str) -> str:
    """The platform forbids sending in one conversation."""
    return f"{plain(platform, 40)} has closed this conversation, so nobody can write in it."


def cannot_send(account: str) -> str:
    return f"{plain(account, 100)} can't send messages. Check the account in Inbox → Settings → Accounts."


def replying_too(name: str, since: datetime) -> str:
    return f"⚠️ *{plain(name, 100)}* is replying too, since {when(since)}. Agree on who sends."


def room(platform: str, characters: int | None, field: int) -> str:
    """How long a message may be, as plain text; `characters` is None where Inbox does not say (API v1)."""
    if characters is None:
        return f"Up to {field:,} characters fit here; Inbox does not say how many {platform} takes."
    if characters <= field:
        return f"{platform} takes up to {characters:,} characters."
    return f"{platform} takes up to {characters:,} characters, of which {field:,} fit here; /dm takes longer ones."


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


def replies_are(channel: str, prefix: str) -> str:
    """What `/inbox replies` says of a channel; `prefix` is "" when no reply goes out."""
    if not prefix:
        return f"In <#{channel}>, replies in a card's Slack thread stay in Slack."
    return (
        f"In <#{channel}>, replies in a card's Slack thread that begin with {_code(prefix)} go out as direct messages; "
        "all others stay in Slack."
    )


def scopes_missing(scopes: Sequence[str]) -> str:
    """What an admin reads who switches on what the app may not do yet."""
    return (
        f" But Slack has not granted me {', '.join(scopes)}: until it has, nothing is sent. Add them under OAuth & "
        "Permissions → Scopes (or paste `bot manifest`), then Reinstall to Workspace."
    )


def stayed_in_slack(why: str) -> str:
    """What the writer of a reply reads that was to go out; `why` is one of our sentences."""
    return f"That reply stayed in Slack. {why}"


def edited(name: str) -> str:
    return f"{plain(name, 100)} reads the edited message now."


def unsent(name: str) -> str:
    return f"The message to {plain(name, 100)} was taken back."


def not_amended(name: str, why: str, *, deleting: bool) -> str:
    """`why` is one of our sentences."""
    done = "was deleted in Slack only" if deleting else "was edited in Slack only"
    return f"That message {done}: {plain(name, 100)} still has it as it was sent. {why}"


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


def _code(words: str) -> str:
    """Words as code, so that Slack makes nothing of them."""
    return "`" + clip(clean(words).replace("`", "'"), 100).replace("&", "&amp;").replace("<", "&lt;") + "`"


def _by(who: str | None) -> str:
    return f" (by {plain(who, 100)})" if who else ""


def _reference(reference: str) -> str:
    return f" Reference {plain(reference, 40)}." if reference else ""
