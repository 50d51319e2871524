"""What a person reads in lists and in App Home, as Slack mrkdwn; the rest is in `bot.words`."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from bot import errors
from bot.models import Person
from bot.text import plain
from bot.words import NO_ACCESS

TOO_OLD = "That list is too old. Run the command again."
USAGE = "Use `/inbox find Sarah Chen`, `/inbox find @handle`, or the address of a profile."
COLLEAGUE = (
    "Slack took that for a colleague. Leave out the @ (`/inbox find sarah`), or give the address of the profile."
)
NO_PROFILE = "There is no link to an X or LinkedIn profile in that message. `/inbox find` looks for names and words."
NO_LISTS = "Inbox doesn't show your conversations right now. Open this tab again in a minute."
NO_CHANNEL = (
    "*No channel is set for all cards.* Invite me to one and type `/inbox route add all` there, or copy its id "
    "(channel details, at the very bottom) into `NOTIFY_CHANNEL` and restart me. Until then `/dm` works, and a message "
    "that no rule has a channel for shows in Inbox alone."
)
TOLD_OF_ASSIGNMENT = "Message me when a colleague assigns a conversation to me"
SETTINGS = "*Your settings*"
FIRST_STEPS = """\
*What to do first*
1. Take a conversation: *Assign to me*, below or on its card in the channel. It then appears here.
2. Answer: *Reply*. What you sent appears in the card's thread, with what became of it. `/dm @handle Hello` writes to \
somebody new.
3. Done? *Archive*. If they write again, it comes back."""


def title(kind: str, about: str, count: int) -> str:
    """Above a list; `about` is what the person looked for, where they did."""
    named = {
        "mine": "Your open conversations",
        "unassigned": "Unassigned conversations",
        "requests": "Message requests",
        "words": f"Conversations with “{plain(about, 150)}”",
        "person": f"Conversations with {plain(about, 400)}",
    }
    return f"*{named[kind]} ({count})*"


def listed(title: str, lines: Sequence[str]) -> str:
    """As many of the lines as fit in a section."""
    shown = [f"*{title}*"]
    for number, line in enumerate(lines):
        if sum(map(len, shown)) + len(shown) + len(line) > 2_900:
            return "\n".join([*shown, f"… and {len(lines) - number} more: `bot show` has them all."])
        shown.append(line)
    return "\n".join(shown)


def empty(kind: str, about: str) -> str:
    return {
        "mine": "No open conversation is assigned to you. `/inbox unassigned` lists those that nobody has taken.",
        "unassigned": "Every open conversation is assigned to somebody.",
        "requests": "There are no message requests.",
        "words": f"I found no conversation with “{plain(about, 150)}” in names, handles or last messages.",
    }[kind]


def looked_at(count: int) -> str:
    """Where a search did not read everything; `count` is what it read."""
    return f"I looked at the first {count} conversations; there are more in Inbox."


def first_of(count: int) -> str:
    return f"These are the {count} that come first; say more conditions to see the others."


def no_conversation(person: Person) -> str:
    who = person.handle if person.label == person.handle else f"{person.label} ({person.handle})"
    address = f"linkedin.com/in/{person.username}" if person.platform == "linkedin" else person.handle
    begin = f"`/dm {plain(address, 150)}` starts one"
    return f"{plain(who, 200)} is in Inbox, but there is no conversation yet. {begin}."


def not_listed(error: errors.InboxError, reference: str) -> str:
    """Why there is no list."""
    match error:
        case errors.RateLimited(retry_after=seconds):
            return f"Inbox asks us to wait {max(1, ceil(seconds))} s. Try again then."
        case errors.Unauthorized():
            return NO_ACCESS
        case errors.Unavailable():
            return "Inbox isn't answering, so I can't list conversations. Try again in a minute."
    return f"Inbox doesn't show me these conversations. Ask an admin what changed. Reference {plain(reference, 40)}."


def more_in_home(shown: int, command: str) -> str:
    return f"The first {shown}. `{command}` lists more."
