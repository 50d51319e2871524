"""What people read of replies in a card's Slack thread that go out, as Slack mrkdwn."""

from __future__ import annotations

from collections.abc import Sequence

from bot.text import clean, clip, plain

USAGE = (
    "Use `/inbox replies on >>` or `/inbox replies off` in the channel that it is for. Instead of `>>` you can "
    "choose anything of 2 to 20 characters without a space that ends in a sign and doesn't begin with `/`, `@` or `#`; "
    "or an emoji."
)
SHARED = (
    "This channel is shared with another organisation, so nothing goes out from its threads unless an admin types "
    "`/inbox consent` here."
)
OFF = "Replies no longer go out from this channel."
CHANGED_BEFORE = "You changed it before I heard of it. Write it again if it is to go out."
NO_FILES = "I can't send files, only text."
NOTHING_AFTER = "There is nothing after the prefix."
NO_PREFIX_NOW = "It no longer begins with the prefix; delete it to take the message back."
NEVER_CONFIRMED = (
    "Inbox never confirmed that message, so I could neither edit it nor take it back. Look at the conversation to see "
    "whether it is there."
)


def prefix_is(channel: str, prefix: str) -> str:
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


def stays_here(name: str, prefix: str, button: bool) -> str:
    """What somebody reads who wrote in a card's Slack thread for the first time in a channel."""
    press = " Press *Send this* to send it as it is." if button else " Press *Reply* on the card to answer."
    later = f" The next time press *Reply* on the card{f', or begin with {_code(prefix)}' if prefix else ''}."
    return (
        f"What you write in this thread stays in Slack: {plain(name, 100)} hasn't got it. If it was meant for your "
        f"colleagues, that's fine.{press}{later if button else ''} I say this once in this channel."
    )


ON_ITS_WAY = "I'm sending it. A mark on your message shows what becomes of it."
HELD = "I send it in a few seconds; until then you have *Undo* in a direct message. A mark shows what becomes of it."
AS_EDITED = "I send it as you edited it."


def edited(name: str) -> str:
    return f"{plain(name, 100)} reads the edited message now."


def unsent(name: str) -> str:
    return f"The message to {plain(name, 100)} was taken back."


def not_amended(name: str, why: str, *, deleting: bool) -> str:
    """`why` is one of our sentences."""
    done = "was deleted in Slack only" if deleting else "was edited in Slack only"
    return f"That message {done}: {plain(name, 100)} still has it as it was sent. {why}"


def edited_elsewhere(name: str, says: str) -> str:
    """Nothing was changed; `says` is what somebody has made of the message by other means than editing the reply."""
    return (
        "That message was edited in Slack only: somebody has changed it elsewhere, and I left it so. "
        f"{plain(name, 100)} reads: “{plain(says, 500)}”. If it is to say something else, use *This message…* on your "
        "reply, then *Edit…*."
    )


def _code(words: str) -> str:
    """Words as code, so that Slack makes nothing of them."""
    return "`" + clip(clean(words).replace("`", "'"), 100).replace("&", "&amp;").replace("<", "&lt;") + "`"
