"""What admins read of Slack, Inbox and channels that are away or refuse the bot, and that this is over."""

from __future__ import annotations

from typing import Final

from bot.text import plain

UNSHOWN = (
    "A message could not be shown in Slack: read it in Inbox. `/inbox doctor` lists what failed and why, "
    "and once the cause is gone, `python -m bot retry ID` shows it. You hear of others only a week from now."
)
UNSHOWN_SUMMARY = (
    "What was written while I was away could not all be shown in Slack: read it in Inbox. `/inbox doctor` lists what "
    "failed and why, and once the cause is gone, `python -m bot retry ID` shows it. You hear of others only a week "
    "from now."
)
INBOX_REFUSES = (
    "Inbox no longer accepts my API token, so nothing is sent or changed. Make a new one in Inbox → Settings → API → "
    "New API token, set INBOX_API_TOKEN to it and restart me."
)
INBOX_TAKES_US = "Inbox accepts my API token again. What waited is being done now."
INBOX_IS_BACK = "Inbox answers again. What waited is being done now."


_ONLY_SOME: Final = "only some may post there. Add me to those, in the channel's posting permissions"
REMEDIES: Final = {
    "is_archived": "it is archived. Unarchive it",
    "is_inactive": "it is archived. Unarchive it",
    "not_in_channel": "I am not in it. Type `/invite @Inbox` there",
    "channel_not_found": "it was deleted, or it is private and I am not in it. Type `/invite @Inbox` there",
    "restricted_action": _ONLY_SOME,
    "restricted_action_read_only_channel": _ONLY_SOME,
    "posting_to_general_channel_denied": _ONLY_SOME,
    "restricted_action_thread_only_channel": "only replies are allowed there. Allow new messages",
    "restricted_action_non_threadable_channel": "no replies are allowed there. Allow threads",
    "missing_scope": "Slack has not granted me what that needs. Paste `bot manifest` again and reinstall the app",
    "not_allowed_token_type": "SLACK_BOT_TOKEN is no bot token. Set it to the one that begins with xoxb-",
    "ekm_access_denied": "your organisation has suspended its encryption key. Ask whoever administers that",
}
"""What Slack's codes ask for, of a channel that refuses something."""


def lost_channel(channel: str, code: str, *, change: bool) -> str:
    """What admins read when a channel takes no posts, or does not let them be changed; `code` is Slack's error."""
    remedy = REMEDIES.get(code, f"Slack answers {plain(code, 60)}. Check the channel's posting permissions")
    if change:
        return (
            f"I can't change what I posted in <#{channel}>: {remedy}. Until then cards there stay as they are, and I "
            "try again for a day."
        )
    return (
        f"I can't post in <#{channel}>: {remedy}, or send conversations elsewhere (`/inbox route`, NOTIFY_CHANNEL). "
        "Until then new messages wait, for a day."
    )


def channel_is_back(channel: str, *, change: bool) -> str:
    if change:
        return f"I can change what I posted in <#{channel}> again. What waited is being changed now."
    return f"I can post in <#{channel}> again. What waited is being posted now."


def consent_ended(channel: str) -> str:
    return (
        f"No other organisation reads <#{channel}> any more, so the consent to names and texts there has ended. If it "
        "is shared again and they may read along, type `/inbox consent` in it."
    )


def inbox_away(since: str) -> str:
    """`since` is a time of day with its zone."""
    return (
        f"Inbox has not answered me since {since}. Cards and changes made elsewhere wait for it; what people write is "
        "tried for 10 minutes and then handed back to them. You need do nothing; I'll tell you when it is over."
    )


def slack_was_away(since: str) -> str:
    """Admins can read it only afterwards; `since` is a time of day with its zone."""
    return (
        f"Slack didn't answer me, or refused my token, from {since} on. It does now: what waited is being posted, in "
        "order."
    )


def unknown_slack_code(code: str) -> str:
    return (
        f"Slack refuses something with {plain(code, 60)}, which I don't know. I keep trying for a day. Look it up at "
        "<https://docs.slack.dev/reference/methods|docs.slack.dev>; `/inbox doctor` says what else is wrong."
    )
