"""What a person reads who works through conversations, as Slack mrkdwn."""

from __future__ import annotations

from math import ceil

from bot import errors
from bot.text import plain

TOO_OLD = "That is more than a day ago. Say `/inbox triage` again."
MEANWHILE = "⚠️ They wrote while you looked, so nothing was done. This is how it is now."
TAKEN = "⚠️ You were away for a while, and a colleague has that conversation before them now. This is the next one."
TAKEN_FIELD = (
    "You were away for a while, and a colleague has this conversation before them now. "
    "Press Skip: I send you what you wrote, and show the next one."
)
CHANGED = "⚠️ The one before changed while you looked, so nothing was done with it. This is the next one."
NOT_SHOWN = "I couldn't show you the next conversation: say `/inbox triage` again. What you did before counts."
NOT_SENT = "This is what you had written in the triage. It was not sent:"
UNTIL = {"hours": "In 3 hours", "tomorrow": "Tomorrow, 9:00", "monday": "Monday, 9:00", "week": "In a week"}


def left(count: int) -> str:
    return "The last one" if count == 1 else f"{count} left"


def empty(said: str) -> str:
    """`said` are the conditions."""
    fits = f"No open conversation fits {said}." if said else "Nobody waits whom you or nobody has."
    return f"{fits} `/inbox list` lists all that are open."


def over(done: int, others: int) -> str:
    """Nothing is left for this person; `others` are before colleagues."""
    seen = f"You have seen to {done}. " if done else ""
    if others:
        held = "One more is" if others == 1 else f"{others} more are"
        return f"🎉 {seen}{held} before colleagues just now."
    return f"🎉 {seen}Nothing is left."


def colleague(name: str) -> str:
    return f"*{plain(name, 80)}* has this conversation. Agree on who answers, or skip it."


def has_it(name: str) -> str:
    """A colleague took it since it was shown."""
    return f"⚠️ *{plain(name, 80)}* has it meanwhile, so nothing was done. Press *Take* again to take it from them."


def nothing_done(error: errors.InboxError) -> str:
    """Inbox could not be asked whether they wrote meanwhile; the conversation is still before this person."""
    if isinstance(error, errors.RateLimited):
        return f"⚠️ Inbox asks us to wait {max(1, ceil(error.retry_after))} s, so nothing was done. Press it again then."
    return "⚠️ Inbox isn't answering, so nothing was done. Press it again in a minute."
